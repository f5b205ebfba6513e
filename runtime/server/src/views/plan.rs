//! Plans.

use innominatus_api::wire::{PlanAction, PlanSummary, PlanView, PlannedResource};
use innominatus_plan::{Action, Plan};

fn action(action: Action) -> PlanAction {
    match action {
        Action::Create => PlanAction::Create,
        Action::Update => PlanAction::Update,
        Action::Resume => PlanAction::Resume,
        Action::Keep | Action::Follow => PlanAction::Unchanged,
    }
}

pub(crate) fn plan(plan: &Plan) -> PlanView {
    let counts = plan.counts();
    let made = plan.tasks.iter().map(|task| PlannedResource {
        resource: task.resource.to_string(),
        uid: task.uid.to_string(),
        name: task.name.clone(),
        action: action(task.action),
        reason: task.reason.clone(),
        provisioner: task.provisioner.label(),
        platform_version: task.provisioner.version.to_string(),
        component: task.provisioner.component.to_string(),
        depends_on: task
            .references
            .iter()
            .filter_map(|(_, id)| plan.task_of(*id))
            .map(|other| other.uid.to_string())
            .collect(),
    });
    let removed = plan.removals.iter().map(|removal| PlannedResource {
        resource: removal.resource.to_string(),
        uid: removal.uid.to_string(),
        name: removal.name.clone(),
        action: PlanAction::Delete,
        reason: removal.reason.clone(),
        provisioner: removal.provisioner.label(),
        platform_version: removal.provisioner.version.to_string(),
        component: removal.provisioner.component.to_string(),
        depends_on: Vec::new(),
    });
    PlanView {
        id: plan.id.to_string(),
        parent: plan.parent.map(|parent| parent.to_string()),
        application: plan.application.to_string(),
        environment: plan.scope.environment.to_string(),
        golden_path: plan.golden_path.as_ref().map(|path| path.label()).unwrap_or_default(),
        generation: plan.generation,
        summary: PlanSummary {
            create: counts.create,
            update: counts.update,
            resume: counts.resume,
            unchanged: counts.keep,
            delete: counts.remove,
        },
        resources: made.chain(removed).collect(),
        renders: plan.render,
        digest: plan.intent.to_string(),
    }
}
