//! Events.

use innominatus_model::{Event, EventId, EventKind, Json, Name, ResourceId, RunId, Scope, Severity, Subject};
use serde::{Deserialize, Serialize};

use crate::record::{Text, TextOption, Word};

#[derive(Serialize, Deserialize)]
pub(crate) struct EventRecord {
    #[serde(with = "Text")]
    id: EventId,
    #[serde(with = "Text")]
    tenant: Name,
    #[serde(with = "Text")]
    environment: Name,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    severity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "TextOption")]
    application: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "TextOption")]
    resource: Option<ResourceId>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "TextOption")]
    run: Option<RunId>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "TextOption")]
    platform: Option<Name>,
    message: String,
    details: Json,
    at_ms: u64,
}

impl From<&Event> for EventRecord {
    fn from(event: &Event) -> Self {
        let Event { id, scope, kind, severity, subject, message, details, at_ms } = event.clone();
        Self {
            id,
            tenant: scope.tenant,
            environment: scope.environment,
            kind: kind.as_str().into(),
            severity: severity.map(|severity| severity.as_str().into()),
            application: subject.application,
            resource: subject.resource,
            run: subject.run,
            platform: subject.platform,
            message,
            details,
            at_ms,
        }
    }
}

impl TryFrom<EventRecord> for Event {
    type Error = Word;
    fn try_from(record: EventRecord) -> Result<Self, Word> {
        let severity = record
            .severity
            .map(|word| {
                Word::parse("severity", &word, |word| {
                    [Severity::Error, Severity::Warning]
                        .into_iter()
                        .find(|severity| severity.as_str() == word)
                })
            })
            .transpose()?;
        Ok(Self {
            id: record.id,
            scope: Scope { tenant: record.tenant, environment: record.environment },
            kind: Word::parse("event", &record.kind, EventKind::parse)?,
            severity,
            subject: Subject {
                application: record.application,
                resource: record.resource,
                run: record.run,
                platform: record.platform,
            },
            message: record.message,
            details: record.details,
            at_ms: record.at_ms,
        })
    }
}
