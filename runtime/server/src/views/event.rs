//! Events.

use innominatus_api::wire::EventView;
use innominatus_ledger::Recorded;

use super::time;

pub(crate) fn event(recorded: &Recorded) -> EventView {
    let event = &recorded.event;
    EventView {
        id: event.id.to_string(),
        cursor: recorded.cursor.to_string(),
        kind: event.kind.as_str().into(),
        severity: event.severity.map(|severity| severity.as_str().into()),
        environment: event.scope.environment.to_string(),
        application: event.subject.application.as_ref().map(ToString::to_string),
        resource: event.subject.resource.map(|id| id.to_string()),
        run: event.subject.run.map(|id| id.to_string()),
        platform: event.subject.platform.as_ref().map(ToString::to_string),
        message: event.message.clone(),
        details: event.details.clone(),
        at: time(event.at_ms),
    }
}
