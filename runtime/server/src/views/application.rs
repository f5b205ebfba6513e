//! Applications.

use innominatus_api::wire::{ApplicationDetail, ApplicationSummary, NextStep};
use innominatus_engine::RunView;
use innominatus_ledger::{Application, Kept, Resource, RunState};
use innominatus_model::{Event, Phase};

use super::receipt::environment;
use super::{event, rendered, resource_detail, run, time};
use crate::problem::ApiError;
use crate::state::App;

/// In one word, from the run and the resources.
fn phase(application: &Application, resources: &[Resource], last: Option<&RunView>) -> &'static str {
    let state = last.map(|view| view.run.state);
    if application.deleting {
        return if state == Some(RunState::Failed) { "failed" } else { "deleting" };
    }
    match state {
        Some(RunState::Running) if last.is_some_and(|view| view.is_interrupted) => "interrupted",
        Some(RunState::Running) => "progressing",
        Some(RunState::Failed) => "failed",
        _ if resources.iter().any(|known| known.status.phase == Phase::Failed) => "failed",
        _ if resources.iter().any(|known| !known.is_settled()) => "degraded",
        _ => "ready",
    }
}

fn summary(application: &Application, resources: &[Resource], last: Option<&RunView>) -> ApplicationSummary {
    ApplicationSummary {
        name: application.name.to_string(),
        id: application.id.to_string(),
        environment: application.environment.to_string(),
        workloads: application.workloads.iter().map(ToString::to_string).collect(),
        golden_path: application.golden_path.as_ref().map(|path| path.label()).unwrap_or_default(),
        phase: phase(application, resources, last).into(),
        generation: application.generation,
        ready: resources.iter().filter(|known| known.is_settled()).count(),
        resources: resources.len(),
        updated_at: time(application.updated_ms),
    }
}

async fn resources_of(app: &App, application: &Application) -> Result<Vec<Resource>, ApiError> {
    let stored = app.engine.ledger().resources(&application.scope(), &application.name).await?;
    Ok(stored.into_iter().map(|stored| stored.value).collect())
}

pub(crate) async fn application(app: &App, record: &Application) -> Result<ApplicationSummary, ApiError> {
    let resources = resources_of(app, record).await?;
    let last = app.engine.run_view(record.run).await?;
    Ok(summary(record, &resources, last.as_ref()))
}

pub(crate) async fn application_detail(
    app: &App,
    record: &Application,
    events: usize,
) -> Result<ApplicationDetail, ApiError> {
    let mut resources = resources_of(app, record).await?;
    order(&mut resources);
    let last = app.engine.run_view(record.run).await?;
    let summary = summary(record, &resources, last.as_ref());
    let mut details = Vec::new();
    for known in &resources {
        details.push(resource_detail(app, known, false).await?);
    }
    let about = |event: &Event| event.subject.application.as_ref() == Some(&record.name);
    let kept = Kept { limit: events, ..Kept::default() };
    let listed = app.engine.ledger().list_events(&record.scope(), kept, about).await?;
    Ok(ApplicationDetail {
        next: next(record, &summary, &resources, last.as_ref()),
        summary,
        parameters: record.parameters.clone(),
        files: rendered(app, record).await?,
        resources_detail: details,
        last_run: last.as_ref().map(run),
        rendered: record.rendered.map(|run| run.to_string()),
        events: listed.events.iter().map(event).collect(),
    })
}

/// Dependencies first, else by identity.
fn order(resources: &mut Vec<Resource>) {
    resources.sort_by(|a, b| a.uid.cmp(&b.uid));
    let mut ordered: Vec<Resource> = Vec::with_capacity(resources.len());
    while !resources.is_empty() {
        let ready = resources.iter().position(|known| {
            known.references.iter().all(|(_, id)| !resources.iter().any(|other| other.id == *id))
        });
        // A circle cannot be accepted; should records hold one, everything is still shown.
        ordered.push(resources.remove(ready.unwrap_or(0)));
    }
    *resources = ordered;
}

fn next(
    record: &Application,
    summary: &ApplicationSummary,
    resources: &[Resource],
    last: Option<&RunView>,
) -> Vec<NextStep> {
    let step = |purpose: &str, command: String| NextStep { purpose: purpose.into(), command };
    let failed = resources.iter().find(|known| known.status.phase == Phase::Failed);
    if last.is_some_and(|view| view.is_interrupted) {
        return vec![step("go on with it", format!("wait {}", record.run))];
    }
    match summary.phase.as_str() {
        "progressing" | "deleting" => vec![
            step("follow what happens", format!("events tail --run {}", record.run)),
            step("wait for the end", format!("wait {}", record.run)),
        ],
        "failed" => failed
            .map(|known| step("see why", format!("events tail --resource {} --no-follow", known.id)))
            .into_iter()
            .chain([step("see the run", format!("describe {}", record.run))])
            .collect(),
        _ => resources
            .iter()
            .find(|known| !known.outputs().is_empty())
            .map(|known| step("see the outputs", format!("get-outputs {}", known.id)))
            .into_iter()
            .chain([step(
                "remove everything",
                format!("delete {}{}", record.name, environment(&record.scope())),
            )])
            .collect(),
    }
}
