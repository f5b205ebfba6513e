//! Building events.

use innominatus_model::{Event, EventId, EventKind, Json, Name, ResourceId, RunId, Scope, Severity, Subject};

use crate::clock::now_ms;

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
