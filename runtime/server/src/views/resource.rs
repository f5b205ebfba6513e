//! Resources.

use innominatus_api::wire::{ConditionView, OutputList, ResourceDetail, ResourceSummary};
use innominatus_ledger::Resource;
use innominatus_model::{Condition, ConditionType, Json, Phase};

use super::reveal::Reveal;
use super::{error, time};
use crate::problem::ApiError;
use crate::state::App;

pub(crate) fn resource(resource: &Resource) -> ResourceSummary {
    ResourceSummary {
        id: resource.id.to_string(),
        uid: resource.uid.to_string(),
        name: resource.name.clone(),
        kind: resource.uid.kind.to_string(),
        class: resource.uid.class.to_string(),
        application: resource.application.to_string(),
        environment: resource.environment.to_string(),
        workloads: resource.workloads.iter().map(ToString::to_string).collect(),
        phase: resource.status.phase.as_str().into(),
        generation: resource.generation,
        observed_generation: resource.status.observed_generation,
        provisioner: resource.provisioner.label(),
        created_at: time(resource.created_ms),
        updated_at: time(resource.updated_ms),
    }
}

/// Everything; sensitive values in clear only when asked for.
pub(crate) async fn resource_detail(
    app: &App,
    record: &Resource,
    reveal: bool,
) -> Result<ResourceDetail, ApiError> {
    let status = &record.status;
    let mut shown = Reveal::new(app, record, reveal);
    let mut outputs = Vec::new();
    for output in record.outputs() {
        outputs.push(shown.output(output).await?);
    }
    let mut hints = Vec::new();
    for hint in &status.hints {
        hints.push(shown.hint(hint).await?);
    }
    shown.tell().await?;
    let mut depends_on = Vec::new();
    for (_, id) in &record.references {
        if let Some(other) = app.engine.ledger().resource(*id).await? {
            depends_on.push(other.value.uid.to_string());
        }
    }
    Ok(ResourceDetail {
        summary: resource(record),
        params: record.params.clone(),
        depends_on,
        platform_version: record.provisioner.version.to_string(),
        component: record.provisioner.component.to_string(),
        conditions: conditions(app, record).await?,
        outputs,
        hints,
        attempts: status.attempts,
        next_attempt_at: status.waiting.as_ref().map(|waiting| time(waiting.until_ms)),
        last_error: status.last_error.as_ref().map(error),
        handle: status.prior.as_ref().map_or(Json::Null, |prior| prior.state.handle.clone()),
    })
}

/// As they are in the record, where nobody is at work that the record speaks of.
async fn conditions(app: &App, record: &Resource) -> Result<Vec<ConditionView>, ApiError> {
    let is_at_work = matches!(record.status.phase, Phase::Provisioning | Phase::Updating | Phase::Deleting)
        && record.status.waiting.is_none();
    let is_interrupted = match record.status.run.filter(|_| is_at_work) {
        Some(run) => app.engine.run_view(run).await?.is_some_and(|view| view.is_interrupted),
        None => false,
    };
    let view = |condition: &Condition| {
        let mut view = ConditionView {
            kind: condition.kind.as_str().into(),
            status: condition.status.as_str().into(),
            reason: condition.reason.clone(),
            message: condition.message.clone(),
            last_transition_time: time(condition.since_ms),
            observed_generation: condition.observed_generation,
        };
        if is_interrupted && condition.kind == ConditionType::Ready {
            view.reason = "Interrupted".into();
            view.message = "the run that worked on it was interrupted".into();
        }
        view
    };
    Ok(record.status.conditions.iter().map(view).collect())
}

/// Outputs; in clear only when asked for.
pub(crate) async fn outputs(app: &App, record: &Resource, reveal: bool) -> Result<OutputList, ApiError> {
    let mut shown = Reveal::new(app, record, reveal);
    let mut outputs = Vec::new();
    for output in record.outputs() {
        outputs.push(shown.output(output).await?);
    }
    shown.tell().await?;
    Ok(OutputList { resource: record.id.to_string(), uid: record.uid.to_string(), outputs })
}
