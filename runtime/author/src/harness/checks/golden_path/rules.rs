//! The rules that the steps of a golden path keep.

use std::collections::BTreeSet;

use innominatus_model::{Json, Need, Step, StepKind};

/// Which rules steps break.
pub(super) fn broken(steps: &[Step], needs: &[Need]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for step in steps {
        if !names.insert(step.name.as_str()) {
            wrong.push(format!("two steps are named `{}`", step.name));
        }
        if let StepKind::Other(kind) = &step.kind {
            wrong.push(format!("step `{}` is of kind `{kind}`, which this runtime does not run", step.name));
        }
    }
    for need in needs {
        let subject =
            |step: &&Step| step.kind == StepKind::Provisioner && step.subject.as_deref() == Some(&need.id);
        let makers: Vec<&Step> = steps.iter().filter(subject).collect();
        match makers.as_slice() {
            [] => wrong.push(format!("no step makes `{}`", need.id)),
            [one] => {
                let chosen = one.config.get("provisioner").and_then(Json::as_str).unwrap_or_default();
                if !need.candidates.iter().any(|candidate| candidate.provisioner == chosen) {
                    wrong.push(format!(
                        "step `{}` names `{chosen}`, which is no candidate for `{}`",
                        one.name, need.id
                    ));
                }
            }
            many => wrong.push(format!("{} steps make `{}`", many.len(), need.id)),
        }
    }
    for step in steps {
        if step.kind == StepKind::Provisioner {
            let known =
                step.subject.as_ref().is_some_and(|subject| needs.iter().any(|need| need.id == *subject));
            if !known {
                wrong.push(format!("step `{}` makes what nobody asked for", step.name));
            }
        }
        let unknown = step.depends_on.iter().find(|name| !names.contains(name.as_str()));
        wrong.extend(
            unknown.map(|name| format!("step `{}` depends on `{name}`, which is not a step", step.name)),
        );
    }
    wrong
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use innominatus_model::{Candidate, Class, Kind, Offer};
    use serde_json::json;

    use super::*;

    fn thing(id: &str) -> Need {
        let kind = Kind::new("thing").unwrap();
        let offer = Offer {
            kind: kind.clone(),
            classes: vec![],
            outputs: vec![],
            open_outputs: false,
            verbs: vec![],
        };
        Need {
            id: id.into(),
            name: id.into(),
            kind,
            class: Class::default(),
            workloads: vec![],
            params: json!({}),
            depends_on: vec![],
            candidates: vec![Candidate { provisioner: "a/b".into(), offer: Arc::new(offer) }],
        }
    }

    fn step(name: &str, kind: &str, subject: Option<&str>, provisioner: &str, after: &[&str]) -> Step {
        Step {
            name: name.into(),
            kind: StepKind::parse(kind),
            subject: subject.map(str::to_owned),
            config: json!({"provisioner": provisioner}),
            depends_on: after.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn each_broken_rule_is_told() {
        let make = |name| step(name, "provisioner", Some("one"), "a/b", &[]);
        let cases: Vec<(Vec<Step>, &[&str])> = vec![
            (vec![make("x")], &[]),
            (vec![], &["no step makes `one`"]),
            (vec![make("x"), make("y")], &["2 steps make `one`"]),
            (vec![make("x"), step("x", "render", None, "", &[])], &["two steps are named `x`"]),
            (vec![step("x", "provisioner", Some("one"), "c/d", &[])], &["which is no candidate"]),
            (vec![make("x"), step("y", "provisioner", Some("two"), "a/b", &[])], &["what nobody asked for"]),
            (vec![make("x"), step("y", "terraform", None, "", &[])], &["of kind `terraform`"]),
            (vec![make("x"), step("y", "render", None, "", &["z"])], &["depends on `z`"]),
        ];
        for (steps, expected) in cases {
            let found = broken(&steps, &[thing("one")]);
            assert_eq!(found.len(), expected.len(), "{found:?}");
            for (found, part) in found.iter().zip(expected) {
                assert!(found.contains(part), "{found}");
            }
        }
    }
}
