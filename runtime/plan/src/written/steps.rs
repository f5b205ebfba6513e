//! From the steps of a file to the steps for a request: one for each need, and one for each rendering.

use std::collections::BTreeMap;

use innominatus_model::{
    Json, JsonLimits, Name, Need, PathRequest, Provision, Step, StepKind, WrittenPath, WrittenStep,
    WrittenWork, json_bytes,
};
use innominatus_score::{Demand, Demanded};
use serde_json::json;

use super::WrittenError;
use super::fill::Filling;
use crate::Catalogue;
use crate::defaults::merged;

/// Bytes of the params of all steps together, as of one answer of a component.
const MOST: usize = 16 << 20;

/// The steps for a request, as a component's `generate-steps` would answer them. `demand` holds the needs as the files
/// have them; `own` is the golden path's platform. Each need is made by the narrowest step that covers it; a step that
/// covers none is left out, and what depends on it depends on what comes before it.
pub fn steps(
    path: &WrittenPath,
    own: &Name,
    request: &PathRequest,
    demand: &Demand,
    catalogue: &Catalogue,
) -> Result<Vec<Step>, WrittenError> {
    let mut making = Making {
        path,
        own,
        request,
        catalogue,
        asked: demand.needs.iter().map(|need| (need.uid.to_string(), need)).collect(),
        made: BTreeMap::new(),
        room: MOST,
    };
    let mut covered: BTreeMap<&Name, Vec<&Need>> = BTreeMap::new();
    for need in &request.needs {
        covered.entry(&covering(path, need)?.name).or_default().push(need);
    }
    let name_of = |step: &WrittenStep, need: &Need| format!("{}:{}", step.name, need.name);
    for step in &path.steps {
        let names = match &step.work {
            WrittenWork::Render(_) => vec![step.name.to_string()],
            WrittenWork::Provision(_) => {
                let needs = covered.get(&step.name).into_iter().flatten();
                needs.map(|need| name_of(step, need)).collect()
            }
        };
        making.made.insert(&step.name, names);
    }
    let mut steps = Vec::new();
    for step in &path.steps {
        let depends_on = making.before(step);
        match &step.work {
            WrittenWork::Render(_) => steps.push(Step {
                name: step.name.to_string(),
                kind: StepKind::Render,
                subject: None,
                config: json!({}),
                depends_on,
            }),
            WrittenWork::Provision(provision) => {
                for need in covered.get(&step.name).into_iter().flatten() {
                    steps.push(Step {
                        name: name_of(step, need),
                        kind: StepKind::Provisioner,
                        subject: Some(need.id.clone()),
                        config: making.config(step, provision, need)?,
                        depends_on: depends_on.clone(),
                    });
                }
            }
        }
    }
    Ok(steps)
}

fn covering<'p>(path: &'p WrittenPath, need: &Need) -> Result<&'p WrittenStep, WrittenError> {
    let covers = |step: &&WrittenStep| match &step.work {
        WrittenWork::Provision(provision) => provision.resource.covers(&need.kind, &need.class),
        WrittenWork::Render(_) => false,
    };
    let rank = |step: &&WrittenStep| match &step.work {
        WrittenWork::Provision(provision) => provision.resource.rank(),
        WrittenWork::Render(_) => u8::MAX,
    };
    path.steps.iter().filter(covers).min_by_key(rank).ok_or_else(|| WrittenError::Uncovered {
        need: need.id.clone(),
        kind: need.kind.clone(),
        class: need.class.clone(),
    })
}

struct Making<'a> {
    path: &'a WrittenPath,
    own: &'a Name,
    request: &'a PathRequest,
    catalogue: &'a Catalogue,
    asked: BTreeMap<String, &'a Demanded>,
    /// The steps that each step of the file becomes.
    made: BTreeMap<&'a Name, Vec<String>>,
    room: usize,
}

impl Making<'_> {
    /// What comes before a step. One that became none stands for what comes before it.
    fn before(&self, step: &WrittenStep) -> Vec<String> {
        let provisions = |step: &&WrittenStep| matches!(step.work, WrittenWork::Provision(_));
        let mut open: Vec<&Name> = match (&step.depends_on, &step.work) {
            (Some(names), _) => names.iter().rev().collect(),
            (None, WrittenWork::Provision(_)) => Vec::new(),
            (None, WrittenWork::Render(_)) => {
                self.path.steps.iter().rev().filter(provisions).map(|step| &step.name).collect()
            }
        };
        let (mut before, mut seen): (Vec<String>, Vec<&Name>) = (Vec::new(), Vec::new());
        while let Some(name) = open.pop() {
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            match self.made.get(name).filter(|made| !made.is_empty()) {
                Some(made) => before.extend(made.iter().cloned()),
                None => {
                    let step = self.path.steps.iter().find(|step| step.name == *name);
                    open.extend(
                        step.and_then(|step| step.depends_on.as_deref()).unwrap_or_default().iter().rev(),
                    );
                }
            }
        }
        before
    }

    fn config(
        &mut self,
        step: &WrittenStep,
        provision: &Provision,
        need: &Need,
    ) -> Result<Json, WrittenError> {
        let label = match &provision.provisioner {
            Some((platform, entry)) => format!("{}/{entry}", platform.as_ref().unwrap_or(self.own)),
            // Of its own platform if that makes it, and there the one that `resources:` binds.
            None => need.candidates.first().map(|first| first.provisioner.clone()).unwrap_or_default(),
        };
        if !need.candidates.iter().any(|candidate| candidate.provisioner == label) {
            let listed = need.candidates.iter().map(|candidate| format!("`{}`", candidate.provisioner));
            return Err(WrittenError::Candidate {
                step: step.name.to_string(),
                provisioner: label,
                need: need.id.clone(),
                candidates: listed.collect::<Vec<_>>().join(", "),
            });
        }
        let Some(written) = &provision.params else { return Ok(json!({"provisioner": label})) };
        // The request tells the definition of the first candidate; this may be another one.
        let said = self.asked.get(&need.id).map_or(&need.params, |asked| &asked.params);
        let base = match self.catalogue.find(&label, &need.kind, &need.class) {
            Some(offered) => offered.beneath(&need.class, said),
            None => said.clone(),
        };
        let place = format!("the params of step `{}` for `{}`", step.name, need.id);
        let filled = Filling::new(self.request, Some((need, &base)), place.clone()).json(written)?;
        let params = merged(&base, &filled);
        let limit = JsonLimits::CONTRACT.bytes;
        let bytes = json_bytes(&params);
        if bytes > limit {
            return Err(WrittenError::TooLarge { place, limit });
        }
        let left = self.room.checked_sub(bytes);
        self.room = left.ok_or(WrittenError::TooLarge { place, limit: MOST })?;
        Ok(json!({"provisioner": label, "params": params}))
    }
}
