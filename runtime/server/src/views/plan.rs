//! Plans.

use innominatus_api::wire::{PlanAction, PlanSummary, PlanView, PlannedResource};
use innominatus_ledger::Application;
use innominatus_plan::{Action, Plan};

use crate::problem::ApiError;
use crate::state::App;

fn action(action: Action) -> PlanAction {
    match action {
        Action::Create => PlanAction::Create,
        Action::Update => PlanAction::Update,
        Action::Resume => PlanAction::Resume,
        Action::Keep | Action::Follow => PlanAction::Unchanged,
    }
}

pub(crate) async fn plan(app: &App, plan: &Plan) -> Result<PlanView, ApiError> {
    let expected_files = expected(app, plan).await?;
    Ok(PlanView { expected_files, ..decided(plan) })
}

/// The files of the application's last rendering; before the first one, those of the golden path's last rendering
/// for another application.
async fn expected(app: &App, plan: &Plan) -> Result<Vec<String>, ApiError> {
    let Some(golden_path) = plan.golden_path.as_ref().filter(|_| !plan.renders.is_empty()) else {
        return Ok(Vec::new());
    };
    let ledger = app.engine.ledger();
    let by_it = |known: &Application| {
        let used = known.golden_path.as_ref();
        known.rendered.is_some() && used.is_some_and(|used| used.label() == golden_path.label())
    };
    let own = ledger.application(&plan.scope, &plan.application).await?.map(|stored| stored.value);
    if let Some(own) = own.filter(by_it) {
        return rendered(app, &own).await;
    }
    let others = ledger.applications(&plan.scope).await?.into_iter().map(|stored| stored.value);
    let Some(other) = others.filter(by_it).max_by_key(|other| other.rendered) else { return Ok(Vec::new()) };
    let mut names = rendered(app, &other).await?;
    let speaks_of_it = |name: &String| {
        let mut known = std::iter::once(&other.name).chain(&other.workloads);
        known.any(|known| name.contains(known.as_str()))
    };
    names.retain(|name| !speaks_of_it(name));
    Ok(names)
}

/// Names of the files that were rendered last for an application.
pub(crate) async fn rendered(app: &App, application: &Application) -> Result<Vec<String>, ApiError> {
    let Some(run) = application.rendered else { return Ok(Vec::new()) };
    let run = app.engine.ledger().run(run).await?;
    Ok(run.into_iter().flat_map(|stored| stored.value.files).map(|file| file.name).collect())
}

fn decided(plan: &Plan) -> PlanView {
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
        parameters: plan.request.parameters.clone(),
        renders: plan.render,
        expected_files: Vec::new(),
        digest: plan.intent.to_string(),
    }
}
