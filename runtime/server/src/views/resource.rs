//! Resources.

use innominatus_api::wire::{
    ConditionView, HintView, OutputList, OutputView, ResourceDetail, ResourceSummary,
};
use innominatus_ledger::Resource;
use innominatus_ledger::seal::Scrubber;
use innominatus_model::{Event, EventId, EventKind, Json, Output, Severity, Subject};

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

pub(crate) async fn resource_detail(app: &App, record: &Resource) -> Result<ResourceDetail, ApiError> {
    let status = &record.status;
    // Hints hold tokens where secrets belong; people see neither.
    let scrub = Scrubber::new([]);
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
        conditions: status
            .conditions
            .iter()
            .map(|condition| ConditionView {
                kind: condition.kind.as_str().into(),
                status: condition.status.as_str().into(),
                reason: condition.reason.clone(),
                message: condition.message.clone(),
                last_transition_time: time(condition.since_ms),
                observed_generation: condition.observed_generation,
            })
            .collect(),
        outputs: record.outputs().iter().map(redacted).collect(),
        hints: status
            .hints
            .iter()
            .map(|hint| {
                let value = scrub.scrub(&hint.value).into_owned();
                HintView {
                    kind: hint.kind.clone(),
                    label: hint.label.clone(),
                    sensitive: hint.sensitive || value != hint.value,
                    value,
                    icon: hint.icon.clone(),
                }
            })
            .collect(),
        attempts: status.attempts,
        next_attempt_at: status.waiting.as_ref().map(|waiting| time(waiting.until_ms)),
        last_error: status.last_error.as_ref().map(error),
        handle: status.prior.as_ref().map_or(Json::Null, |prior| prior.state.handle.clone()),
    })
}

fn redacted(output: &Output) -> OutputView {
    OutputView {
        name: output.name.clone(),
        value: if output.sensitive { Json::Null } else { output.value.clone() },
        sensitive: output.sensitive,
        redacted: output.sensitive,
    }
}

/// Outputs; in clear only when asked for, and then an event tells of it.
pub(crate) async fn outputs(app: &App, record: &Resource, reveal: bool) -> Result<OutputList, ApiError> {
    let ledger = app.engine.ledger();
    let mut outputs = Vec::new();
    for output in record.outputs() {
        if !(reveal && output.sensitive) {
            outputs.push(redacted(output));
            continue;
        }
        let clear = ledger.reveal_output(&record.scope(), record.id, &output.name).await?;
        let value = match &output.value {
            Json::String(_) => Json::String(clear.expose().to_owned()),
            _ => serde_json::from_str(clear.expose())
                .unwrap_or_else(|_| Json::String(clear.expose().to_owned())),
        };
        outputs.push(OutputView { name: output.name.clone(), value, sensitive: true, redacted: false });
    }
    let revealed: Vec<_> = outputs.iter().filter(|output| output.sensitive && !output.redacted).collect();
    if !revealed.is_empty() {
        let names: Vec<_> = revealed.iter().map(|output| output.name.as_str()).collect();
        let mut change = ledger.change();
        change.event(&Event {
            id: EventId::generate(),
            scope: record.scope(),
            kind: EventKind::SecretRevealed,
            severity: Some(Severity::Warning),
            subject: Subject {
                application: Some(record.application.clone()),
                resource: Some(record.id),
                ..Subject::default()
            },
            message: format!("sensitive outputs of `{}` were shown: {}", record.uid, names.join(", ")),
            details: serde_json::json!({"outputs": names}),
            at_ms: now_ms(),
        });
        change.commit().await?;
    }
    Ok(OutputList { resource: record.id.to_string(), uid: record.uid.to_string(), outputs })
}

fn now_ms() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default()
}
