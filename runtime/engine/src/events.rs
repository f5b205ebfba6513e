//! Building events.

use std::time::Duration;

use innominatus_effect::{Access, HttpError, HttpRequest, HttpResponse};
use innominatus_model::{
    Event, EventId, EventKind, HttpDestination, Json, Name, ResourceId, RunId, Scope, Severity, Subject,
};
use serde_json::json;

use crate::clock::{millis, now_ms};

/// An event about something.
pub(crate) fn event(scope: &Scope, kind: EventKind, subject: Subject, message: impl Into<String>) -> Event {
    Event {
        id: EventId::generate(),
        scope: scope.clone(),
        kind,
        severity: severity(kind),
        subject,
        message: message.into(),
        details: Json::Object(serde_json::Map::new()),
        at_ms: now_ms(),
    }
}

fn severity(kind: EventKind) -> Option<Severity> {
    match kind {
        EventKind::RunFailed
        | EventKind::ProvisionFailed
        | EventKind::DeprovisionFailed
        | EventKind::GuestFault
        | EventKind::ResourceInDoubt => Some(Severity::Error),
        EventKind::RetryScheduled
        | EventKind::SecretRevealed
        | EventKind::EffectUnknown
        | EventKind::PlanRefused
        | EventKind::PlatformRefused => Some(Severity::Warning),
        _ => None,
    }
}

/// About a run of an application.
pub(crate) fn about_run(application: &Name, run: RunId) -> Subject {
    Subject { application: Some(application.clone()), run: Some(run), ..Subject::default() }
}

/// About a resource, within a run.
pub(crate) fn about_resource(application: &Name, resource: ResourceId, run: Option<RunId>) -> Subject {
    Subject { application: Some(application.clone()), resource: Some(resource), run, platform: None }
}

/// What people see of a request: what it was for, where it went, what came of it; no path, no body.
pub(crate) fn effect(
    request: &HttpRequest,
    to: &HttpDestination,
    access: Access,
    answer: &Result<HttpResponse, HttpError>,
    took: Duration,
) -> (EventKind, String, Json) {
    let (kind, outcome) = match answer {
        Ok(response) => (EventKind::EffectPerformed, response.status.to_string()),
        Err(HttpError::Denied(_)) => (EventKind::EffectPerformed, "denied".to_owned()),
        Err(HttpError::NotSent(_)) => (EventKind::EffectPerformed, "not sent".to_owned()),
        Err(HttpError::TooLarge(_)) if access == Access::Write => {
            (EventKind::EffectUnknown, "answer too large".to_owned())
        }
        Err(HttpError::TooLarge(_)) => (EventKind::EffectPerformed, "answer too large".to_owned()),
        Err(HttpError::OutcomeUnknown(_)) => (EventKind::EffectUnknown, "outcome unknown".to_owned()),
    };
    let (method, host, took_ms) = (request.method.as_str(), &to.host, millis(took));
    let message = format!("{}: {method} {host}: {outcome} ({took_ms} ms)", request.purpose);
    let details = json!({"purpose": request.purpose, "method": method, "host": host, "port": to.port,
        "outcome": outcome, "tookMs": took_ms});
    (kind, message, details)
}
