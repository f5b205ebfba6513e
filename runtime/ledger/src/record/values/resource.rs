//! What a resource is known by, and what is observed of it.

use innominatus_model::{
    Class, Condition, ConditionStatus, ConditionType, Kind, Name, Phase, ResourceId, ResourceUid, UidKey,
};
use serde::{Deserialize, Serialize};

use crate::record::{Text, TextOption, Word};

#[derive(Serialize, Deserialize)]
pub(crate) struct ConditionRecord {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    reason: String,
    message: String,
    since_ms: u64,
    observed_generation: u64,
}

impl From<&Condition> for ConditionRecord {
    fn from(condition: &Condition) -> Self {
        Self {
            kind: condition.kind.as_str().into(),
            status: condition.status.as_str().into(),
            reason: condition.reason.clone(),
            message: condition.message.clone(),
            since_ms: condition.since_ms,
            observed_generation: condition.observed_generation,
        }
    }
}

impl TryFrom<ConditionRecord> for Condition {
    type Error = Word;
    fn try_from(record: ConditionRecord) -> Result<Self, Word> {
        let kind = Word::parse("condition", &record.kind, |word| {
            ConditionType::ALL.into_iter().find(|kind| kind.as_str() == word)
        })?;
        let status = Word::parse("condition status", &record.status, |word| {
            [ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown]
                .into_iter()
                .find(|status| status.as_str() == word)
        })?;
        Ok(Self {
            kind,
            status,
            reason: record.reason,
            message: record.message,
            since_ms: record.since_ms,
            observed_generation: record.observed_generation,
        })
    }
}

/// A phase, as its stable word.
#[derive(Serialize, Deserialize)]
pub(crate) struct PhaseWord(String);

impl From<&Phase> for PhaseWord {
    fn from(phase: &Phase) -> Self {
        Self(phase.as_str().into())
    }
}

impl TryFrom<PhaseWord> for Phase {
    type Error = Word;
    fn try_from(word: PhaseWord) -> Result<Self, Word> {
        Word::parse("phase", &word.0, Self::parse)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct UidRecord {
    #[serde(rename = "type", with = "Text")]
    kind: Kind,
    #[serde(with = "Text")]
    class: Class,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shared: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "TextOption")]
    workload: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
}

impl From<&ResourceUid> for UidRecord {
    fn from(uid: &ResourceUid) -> Self {
        let (shared, workload, resource) = match &uid.key {
            UidKey::Shared(id) => (Some(id.clone()), None, None),
            UidKey::Own { workload, resource } => (None, Some(workload.clone()), Some(resource.clone())),
        };
        Self { kind: uid.kind.clone(), class: uid.class.clone(), shared, workload, resource }
    }
}

impl TryFrom<UidRecord> for ResourceUid {
    type Error = Word;
    fn try_from(record: UidRecord) -> Result<Self, Word> {
        let key = match (record.shared, record.workload, record.resource) {
            (Some(id), None, None) => UidKey::Shared(id),
            (None, Some(workload), Some(resource)) => UidKey::Own { workload, resource },
            _ => {
                return Err(Word {
                    what: "resource identity",
                    found: format!("{}.{}", record.kind, record.class),
                });
            }
        };
        Ok(Self { kind: record.kind, class: record.class, key })
    }
}

/// What params refer to: the name in the owner's file, and the resource.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReferenceRecord {
    name: String,
    #[serde(with = "Text")]
    resource: ResourceId,
}

impl From<&(String, ResourceId)> for ReferenceRecord {
    fn from((name, resource): &(String, ResourceId)) -> Self {
        Self { name: name.clone(), resource: *resource }
    }
}

impl From<ReferenceRecord> for (String, ResourceId) {
    fn from(record: ReferenceRecord) -> Self {
        (record.name, record.resource)
    }
}
