//! An accepted plan's desired states become records, in batches that a crash may fall between.

use innominatus_ledger::{LedgerError, Resource};
use innominatus_model::{EventKind, Phase, RunId};
use innominatus_plan::{Action, Plan, Task};

use crate::Engine;
use crate::clock::now_ms;
use crate::events::{about_resource, event};

/// Operations of the store per transaction: a record, its index and its event for each resource.
const BATCH_OPERATIONS: usize = 90;

/// Writes what each task desires into its resource's record, and marks what is to be removed. Doing it
/// again changes nothing.
pub(super) async fn materialise(engine: &Engine, plan: &Plan, run: RunId) -> Result<(), LedgerError> {
    let ledger = engine.ledger();
    let existing = ledger.resources(&plan.scope, &plan.application).await?;
    let mut change = ledger.change();
    for task in plan.tasks.iter().filter(|task| task.action != Action::Keep && task.action != Action::Follow)
    {
        let before = existing.iter().find(|stored| stored.value.id == task.resource);
        let mut next = match before {
            Some(stored) if is_desired(&stored.value, task) => continue,
            Some(stored) => stored.value.clone(),
            None => Resource::new(
                &plan.scope,
                &plan.application,
                task.resource,
                task.uid.clone(),
                task.name.clone(),
                task.owner.clone(),
                task.provisioner.clone(),
                now_ms(),
            ),
        };
        desire(&mut next, task);
        change.put_resource(&next, before);
        let (kind, verb) = if before.is_some() {
            (EventKind::ResourceChanged, "is asked for differently")
        } else {
            (EventKind::ResourceCreated, "is asked for")
        };
        let subject = about_resource(&plan.application, task.resource, Some(run));
        change.event(&event(&plan.scope, kind, subject, format!("`{}` {verb}: {}", task.uid, task.reason)));
        if change.size() >= BATCH_OPERATIONS {
            std::mem::replace(&mut change, ledger.change()).commit().await?;
        }
    }
    for removal in &plan.removals {
        let Some(before) = existing.iter().find(|stored| stored.value.id == removal.resource) else {
            continue;
        };
        if before.value.deleting {
            continue;
        }
        let mut next = before.value.clone();
        next.deleting = true;
        next.updated_ms = now_ms();
        // A doubt stays one until a person has ended it.
        if next.status.phase != Phase::InDoubt {
            next.status.phase = Phase::Deleting;
        }
        next.status.attempts = 0;
        next.status.waiting = None;
        if next.status.phase != Phase::InDoubt {
            next.status.last_error = None;
        }
        change.put_resource(&next, Some(before));
        let subject = about_resource(&plan.application, removal.resource, Some(run));
        let message = format!("`{}` is to be removed: {}", removal.uid, removal.reason);
        change.event(&event(&plan.scope, EventKind::ResourcePhase, subject, message));
        if change.size() >= BATCH_OPERATIONS {
            std::mem::replace(&mut change, ledger.change()).commit().await?;
        }
    }
    if change.size() > 0 {
        change.commit().await?;
    }
    Ok(())
}

fn is_desired(resource: &Resource, task: &Task) -> bool {
    resource.generation >= task.generation && !resource.deleting
}

fn desire(resource: &mut Resource, task: &Task) {
    resource.workloads = task.workloads.clone();
    resource.owner = task.owner.clone();
    resource.params = task.params.clone();
    resource.annotations = task.annotations.clone();
    resource.references = task.references.clone();
    // Whoever began it is not forgotten.
    resource.status.made_by = resource.maker().cloned();
    resource.provisioner = task.provisioner.clone();
    resource.generation = task.generation;
    resource.deleting = false;
    resource.updated_ms = now_ms();
    resource.status.attempts = 0;
    resource.status.waiting = None;
    if !matches!(resource.status.phase, Phase::Pending | Phase::InDoubt) {
        resource.status.phase = Phase::Updating;
    }
}
