//! What exists of an application, as `plan` wants to see it.

use innominatus_ledger::{Application, Ledger, LedgerError, Resource, RunState, Stored};
use innominatus_plan::{Action, Current, Existing, Plan, Snapshot, Task};

/// The plan in force and everything not yet gone. What the current plan desires but has no record yet (its
/// run has only begun, or was interrupted) counts as existing, so that it keeps its identity.
pub(super) async fn snapshot(
    ledger: &Ledger,
    application: Option<&Stored<Application>>,
) -> Result<(Snapshot, Option<Plan>), LedgerError> {
    let Some(application) = application.map(|stored| &stored.value) else {
        return Ok((Snapshot::default(), None));
    };
    let plan = ledger.current_plan(application).await?;
    let run = ledger.run(application.run).await?;
    let records = ledger.resources(&application.scope(), &application.name).await?;
    let mut resources: Vec<Existing> = records.iter().map(|stored| existing(&stored.value)).collect();
    let settled = run.as_ref().is_some_and(|run| run.value.state == RunState::Succeeded);
    if !settled {
        // The run may be anywhere between accepting the plan and writing what came of it: what the plan has it
        // remove is on its way out, and what it has it look at again may not have been looked at.
        for known in &mut resources {
            known.deleting |= plan.removals.iter().any(|removal| removal.resource == known.id);
        }
        let unseen = |task: &&Task| matches!(task.action, Action::Follow | Action::Resume);
        for task in plan.tasks.iter().filter(unseen) {
            let seen = records.iter().any(|stored| {
                stored.value.id == task.resource && stored.value.status.run == Some(application.run)
            });
            if let Some(known) = resources.iter_mut().find(|known| known.id == task.resource) {
                known.settled &= seen;
            }
        }
    }
    for task in &plan.tasks {
        match resources.iter_mut().find(|known| known.id == task.resource) {
            None => resources.push(Existing::begun(task)),
            // The record lags behind the plan: its run did not get that far.
            Some(known) if known.generation < task.generation => {
                *known = Existing { made_by: known.made_by.take(), ..Existing::begun(task) };
            }
            Some(_) => {}
        }
    }
    let snapshot = Snapshot {
        generation: application.generation,
        current: Some(Current { plan: plan.id, intent: plan.intent, settled }),
        resources,
    };
    Ok((snapshot, Some(plan)))
}

fn existing(resource: &Resource) -> Existing {
    Existing {
        id: resource.id,
        uid: resource.uid.clone(),
        name: resource.name.clone(),
        params: resource.params.clone(),
        annotations: resource.annotations.clone(),
        workloads: resource.workloads.clone(),
        owner: resource.owner.clone(),
        references: resource.references.clone(),
        provisioner: resource.provisioner.clone(),
        made_by: resource.maker().cloned(),
        generation: resource.generation,
        settled: resource.is_settled(),
        deleting: resource.deleting,
    }
}
