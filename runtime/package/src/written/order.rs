//! What comes before what in a golden path's file: names that lead nowhere, and circles.

use std::collections::{BTreeMap, BTreeSet};

use innominatus_model::{Code, Name};

use crate::findings::{Findings, Place, list, nearest};

/// A step as far as its order goes.
pub(super) struct Ordered {
    pub(super) name: Name,
    pub(super) renders: bool,
    pub(super) depends_on: Vec<(Name, Place)>,
}

/// Judges `dependsOn` of all steps together. `complete`: whether every step has a name that could be read.
pub(super) fn check(steps: &[Ordered], complete: bool, findings: &mut Findings) {
    let known: BTreeMap<&Name, &Ordered> = steps.iter().map(|step| (&step.name, step)).collect();
    let mut dangling = !complete;
    for step in steps {
        for (before, place) in &step.depends_on {
            let Some(other) = known.get(before) else {
                dangling = true;
                if complete {
                    is_nowhere(step, before, *place, &known, findings);
                }
                continue;
            };
            if other.renders && !step.renders {
                let message = format!(
                    "step `{}` depends on `{before}`, which renders files once everything is made",
                    step.name
                );
                findings.invalid(*place, message, "let provisioner steps depend on provisioner steps only");
            }
        }
    }
    if !dangling {
        circle(steps, &known, findings);
    }
}

fn is_nowhere(
    step: &Ordered,
    before: &Name,
    place: Place,
    known: &BTreeMap<&Name, &Ordered>,
    findings: &mut Findings,
) {
    let message = format!("step `{}` depends on `{before}`, which is not a step of this file", step.name);
    let names = || known.keys().filter(|name| ***name != step.name).map(|name| name.as_str());
    let hint = match nearest(before.as_str(), names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names().next().is_none() => "there is no other step: remove it".to_owned(),
        None => format!("name one of {}", list(names())),
    };
    findings.error(place, Code::ManifestReference, message, hint);
}

/// Takes steps away that are in no circle, from both ends, until nothing changes.
fn circle(steps: &[Ordered], known: &BTreeMap<&Name, &Ordered>, findings: &mut Findings) {
    let mut left: BTreeSet<&Name> = known.keys().copied().collect();
    loop {
        let waits = |name: &Name| known[name].depends_on.iter().any(|(before, _)| left.contains(before));
        let awaited: BTreeSet<&Name> =
            left.iter().flat_map(|name| known[*name].depends_on.iter().map(|(before, _)| before)).collect();
        let next: BTreeSet<&Name> =
            left.iter().copied().filter(|name| waits(name) && awaited.contains(*name)).collect();
        if next.len() == left.len() {
            break;
        }
        left = next;
    }
    let mut members = steps.iter().filter(|step| left.contains(&step.name));
    let Some(first) = members.next() else { return };
    let place = first.depends_on.iter().find(|(before, _)| left.contains(before));
    let names = list(std::iter::once(first).chain(members).map(|step| step.name.as_str()));
    let message = match left.len() {
        1 => format!("step {names} depends on itself"),
        _ => format!("steps depend on each other in a circle: {names}"),
    };
    let place = place.map_or(Place::FILE, |(_, place)| *place);
    findings.invalid(place, message, "take one of them out of `dependsOn` of another");
}
