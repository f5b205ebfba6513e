//! What is done with a resource that exists.

use std::collections::BTreeMap;

use innominatus_model::ResourceId;

use crate::Existing;
use crate::plan::{Action, Task};

/// Sets action, reason and generation. `actions`: of everything that the task may refer to.
pub(crate) fn judge(task: &mut Task, known: &Existing, actions: &BTreeMap<ResourceId, Action>) {
    let differs = differences(task, known);
    task.generation = known.generation;
    if !differs.is_empty() {
        task.action = Action::Update;
        task.generation += 1;
        task.reason = differs.join(", ");
    } else if !known.settled {
        task.action = Action::Resume;
        task.reason = "it was begun and is not ready yet".into();
    } else if task
        .references
        .iter()
        .any(|(_, id)| actions.get(id).is_some_and(|action| *action != Action::Keep))
    {
        task.action = Action::Follow;
        task.reason = "made again only if the outputs it refers to change".into();
    } else {
        task.action = Action::Keep;
        task.reason = "it is as asked for".into();
    }
}

fn differences(task: &Task, known: &Existing) -> Vec<String> {
    let mut differs = Vec::new();
    if task.params != known.params || task.references != known.references || task.owner != known.owner {
        differs.push("its params changed".to_owned());
    }
    if task.annotations != known.annotations {
        differs.push("its annotations changed".to_owned());
    }
    if task.provisioner != known.provisioner {
        let (by, was) = (&task.provisioner, &known.provisioner);
        let same = by.label() == was.label() && by.version == was.version;
        let words = if same { "another build is installed of" } else { "it is now made by" };
        differs.push(format!("{words} {} {}", by.label(), by.version));
    }
    if task.workloads != known.workloads {
        differs.push("the workloads that claim it changed".to_owned());
    }
    if known.deleting {
        differs.push("it was being removed".to_owned());
    }
    differs
}
