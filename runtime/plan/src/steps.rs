//! Whether a golden path's steps keep the contract, and in which order they go.

use std::collections::{BTreeMap, BTreeSet};

use innominatus_model::{Json, Need, Step, StepKind};
use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

/// What every render step waits for is written out in the plan, so their number has a bound.
const MAX_RENDERS: usize = 64;

/// The steps, checked: every name once, every need exactly one provisioner step, no circle.
pub(crate) struct Checked<'a> {
    /// Dependencies first; deterministic.
    pub(crate) order: Vec<&'a Step>,
    /// Everything that comes before a step, directly (with the edges of the needs added).
    pub(crate) after: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl Checked<'_> {
    /// Everything that comes before a step, directly or not.
    pub(crate) fn ancestors(&self, step: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&str> = self.after.get(step).into_iter().flatten().copied().collect();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(self.after.get(next).into_iter().flatten());
            }
        }
        seen
    }
}

/// The provisioner that a step names.
pub(crate) fn chosen(step: &Step) -> Option<&str> {
    step.config.get("provisioner").and_then(Json::as_str)
}

/// The params that a step brings itself; without them the need's own are used.
pub(crate) fn own_params(step: &Step) -> Option<&Json> {
    step.config.get("params").filter(|params| !params.is_null())
}

/// The error is a fragment for "broke the contract: {error}".
pub(crate) fn check<'a>(steps: &'a [Step], needs: &'a [Need]) -> Result<Checked<'a>, String> {
    let known: BTreeMap<&str, &Need> = needs.iter().map(|need| (need.id.as_str(), need)).collect();
    let mut by_name: BTreeMap<&str, &Step> = BTreeMap::new();
    let mut by_need: BTreeMap<&str, &str> = BTreeMap::new();
    let mut renders = 0;
    for step in steps {
        if by_name.insert(&step.name, step).is_some() {
            return Err(format!("two steps are named `{}`", step.name));
        }
        match &step.kind {
            StepKind::Provisioner => {
                let need = subject(step, &known)?;
                if let Some(first) = by_need.insert(&need.id, &step.name) {
                    return Err(format!("steps `{first}` and `{}` both make `{}`", step.name, need.id));
                }
            }
            StepKind::Render => renders += 1,
            StepKind::Other(kind) => {
                return Err(format!(
                    "step `{}` is of kind `{kind}`, which this runtime does not run (it runs `provisioner` and `render`)",
                    step.name
                ));
            }
        }
    }
    if renders > MAX_RENDERS {
        return Err(format!("it has {renders} render steps, more than {MAX_RENDERS}"));
    }
    if let Some(need) = needs.iter().find(|need| !by_need.contains_key(need.id.as_str())) {
        return Err(format!("no step makes `{}`", need.id));
    }
    let after = edges(steps, needs, &by_name, &by_need)?;
    let order = order(steps, &after)?;
    Ok(Checked { order, after })
}

fn subject<'a>(step: &Step, needs: &BTreeMap<&str, &'a Need>) -> Result<&'a Need, String> {
    let name = &step.name;
    let subject =
        step.subject.as_deref().ok_or_else(|| format!("provisioner step `{name}` has no subject"))?;
    let need = needs
        .get(subject)
        .ok_or_else(|| format!("step `{name}` has the subject `{subject}`, which nobody asked for"))?;
    let listed =
        || need.candidates.iter().map(|c| format!("`{}`", c.provisioner)).collect::<Vec<_>>().join(", ");
    let chosen = chosen(step)
        .ok_or_else(|| format!("step `{name}` names no provisioner; candidates are {}", listed()))?;
    if !need.candidates.iter().any(|candidate| candidate.provisioner == chosen) {
        return Err(format!(
            "step `{name}` names `{chosen}`, which is not a candidate; candidates are {}",
            listed()
        ));
    }
    if own_params(step).is_some_and(|params| !params.is_object()) {
        return Err(format!("the params of step `{name}` are not an object"));
    }
    Ok(need)
}

fn edges<'a>(
    steps: &'a [Step],
    needs: &'a [Need],
    by_name: &BTreeMap<&'a str, &'a Step>,
    by_need: &BTreeMap<&'a str, &'a str>,
) -> Result<BTreeMap<&'a str, BTreeSet<&'a str>>, String> {
    let mut after: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for step in steps {
        let before = after.entry(&step.name).or_default();
        for name in &step.depends_on {
            match by_name.get_key_value(name.as_str()) {
                Some((&known, _)) => before.insert(known),
                None => return Err(format!("step `{}` depends on `{name}`, which is not a step", step.name)),
            };
        }
    }
    // What params refer to comes first, whether the golden path said so or not.
    for need in needs {
        let step = by_need[need.id.as_str()];
        for depended in need.depends_on.iter().filter_map(|id| by_need.get(id.as_str())) {
            after.entry(step).or_default().insert(depended);
        }
    }
    Ok(after)
}

/// Kahn's algorithm. Of the steps that are ready, the one that the golden path named first goes first, so the
/// result is the same every time.
fn order<'a>(
    steps: &'a [Step],
    after: &BTreeMap<&'a str, BTreeSet<&'a str>>,
) -> Result<Vec<&'a Step>, String> {
    let index: BTreeMap<&str, usize> =
        steps.iter().enumerate().map(|(at, step)| (step.name.as_str(), at)).collect();
    let mut waiting: Vec<usize> = steps.iter().map(|step| after[step.name.as_str()].len()).collect();
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (step, before) in after {
        for name in before {
            followers[index[name]].push(index[step]);
        }
    }
    let mut ready: BTreeSet<usize> = (0..steps.len()).filter(|&at| waiting[at] == 0).collect();
    let mut order = Vec::with_capacity(steps.len());
    while let Some(next) = ready.pop_first() {
        order.push(&steps[next]);
        for &follower in &followers[next] {
            waiting[follower] -= 1;
            if waiting[follower] == 0 {
                ready.insert(follower);
            }
        }
    }
    if order.len() < steps.len() {
        let done: BTreeSet<&str> = order.iter().map(|step| step.name.as_str()).collect();
        return Err(format!("steps wait for each other: {}", circle(after, &done)));
    }
    Ok(order)
}

fn circle(after: &BTreeMap<&str, BTreeSet<&str>>, done: &BTreeSet<&str>) -> String {
    // A person follows no longer circle; a message has an end.
    const SHOWN: usize = 30;
    let mut graph = DiGraphMap::<&str, ()>::new();
    for (step, before) in after.iter().filter(|(step, _)| !done.contains(*step)) {
        for other in before {
            graph.add_edge(step, other, ());
        }
    }
    // Not the one that recurses: a guest decides how long the chains are.
    let circles = kosaraju_scc(&graph).into_iter().map(|mut members| {
        members.sort_unstable();
        members
    });
    let members = circles
        .filter(|members| members.len() > 1 || members.iter().any(|&only| graph.contains_edge(only, only)))
        .min()
        .unwrap_or_default();
    let mut shown: Vec<String> = members.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if members.len() > SHOWN {
        shown.push(format!("{} more", members.len() - SHOWN));
    }
    shown.join(", ")
}
