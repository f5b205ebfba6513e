//! Shapes of the vocabulary.

use std::convert::Infallible;

use innominatus_model::{
    Artifact, Class, Condition, ConditionStatus, ConditionType, Digest, Event, EventId, EventKind, Hint,
    Json, Kind, Name, Offer, Output, OutputSpec, Phase, Prior, ResourceId, ResourceUid, RunId, Scope, Severity, State,
    Subject, UidKey, Verb, Version,
};
use innominatus_plan::ComponentRef;
use serde::{Deserialize, Serialize};

use super::{Text, TextOption, TextVec, Word};


#[derive(Serialize, Deserialize)]
pub(crate) struct OutputRecord {
    name: String,
    value: Json,
    #[serde(default, skip_serializing_if = "is_false")]
    sensitive: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl From<&Output> for OutputRecord {
    fn from(output: &Output) -> Self {
        let Output { name, value, sensitive } = output;
        Self { name: name.clone(), value: value.clone(), sensitive: *sensitive }
    }
}

impl From<OutputRecord> for Output {
    fn from(record: OutputRecord) -> Self {
        let OutputRecord { name, value, sensitive } = record;
        Self { name, value, sensitive }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ArtifactRecord {
    name: String,
    media_type: String,
    content: String,
    #[serde(default, skip_serializing_if = "is_false")]
    sensitive: bool,
}

impl From<&Artifact> for ArtifactRecord {
    fn from(artifact: &Artifact) -> Self {
        let Artifact { name, media_type, content, sensitive } = artifact;
        Self { name: name.clone(), media_type: media_type.clone(), content: content.clone(), sensitive: *sensitive }
    }
}

impl From<ArtifactRecord> for Artifact {
    fn from(record: ArtifactRecord) -> Self {
        let ArtifactRecord { name, media_type, content, sensitive } = record;
        Self { name, media_type, content, sensitive }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StateRecord {
    handle: Json,
    outputs: Vec<OutputRecord>,
    artifacts: Vec<ArtifactRecord>,
}

impl From<&State> for StateRecord {
    fn from(state: &State) -> Self {
        Self {
            handle: state.handle.clone(),
            outputs: state.outputs.iter().map(Into::into).collect(),
            artifacts: state.artifacts.iter().map(Into::into).collect(),
        }
    }
}

impl From<StateRecord> for State {
    fn from(record: StateRecord) -> Self {
        Self {
            handle: record.handle,
            outputs: record.outputs.into_iter().map(Into::into).collect(),
            artifacts: record.artifacts.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PriorRecord {
    state: StateRecord,
    version: String,
    generation: u64,
    params: Json,
}

impl From<&Prior> for PriorRecord {
    fn from(prior: &Prior) -> Self {
        Self {
            state: (&prior.state).into(),
            version: prior.version.clone(),
            generation: prior.generation,
            params: prior.params.clone(),
        }
    }
}

impl From<PriorRecord> for Prior {
    fn from(record: PriorRecord) -> Self {
        let PriorRecord { state, version, generation, params } = record;
        Self { state: state.into(), version, generation, params }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct HintRecord {
    kind: String,
    label: String,
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    icon: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    sensitive: bool,
}

impl From<&Hint> for HintRecord {
    fn from(hint: &Hint) -> Self {
        let Hint { kind, label, value, icon, sensitive } = hint.clone();
        Self { kind, label, value, icon, sensitive }
    }
}

impl From<HintRecord> for Hint {
    fn from(record: HintRecord) -> Self {
        let HintRecord { kind, label, value, icon, sensitive } = record;
        Self { kind, label, value, icon, sensitive }
    }
}

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
            _ => return Err(Word { what: "resource identity", found: format!("{}.{}", record.kind, record.class) }),
        };
        Ok(Self { kind: record.kind, class: record.class, key })
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ComponentRecord {
    #[serde(with = "Text")]
    platform: Name,
    #[serde(with = "Text")]
    version: Version,
    #[serde(with = "Text")]
    entry: Name,
    #[serde(with = "Text")]
    component: Digest,
}

impl From<&ComponentRef> for ComponentRecord {
    fn from(reference: &ComponentRef) -> Self {
        let ComponentRef { platform, version, entry, component } = reference.clone();
        Self { platform, version, entry, component }
    }
}

impl TryFrom<ComponentRecord> for ComponentRef {
    type Error = Infallible;
    fn try_from(record: ComponentRecord) -> Result<Self, Infallible> {
        let ComponentRecord { platform, version, entry, component } = record;
        Ok(Self { platform, version, entry, component })
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

#[derive(Serialize, Deserialize)]
struct OutputSpecRecord {
    name: String,
    schema: Json,
    sensitive: bool,
    required: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OfferRecord {
    #[serde(rename = "type", with = "Text")]
    kind: Kind,
    #[serde(with = "TextVec")]
    classes: Vec<Class>,
    outputs: Vec<OutputSpecRecord>,
    #[serde(default)]
    open_outputs: bool,
    verbs: Vec<String>,
}

impl From<&Offer> for OfferRecord {
    fn from(offer: &Offer) -> Self {
        Self {
            kind: offer.kind.clone(),
            classes: offer.classes.clone(),
            outputs: offer
                .outputs
                .iter()
                .map(|OutputSpec { name, schema, sensitive, required }| OutputSpecRecord {
                    name: name.clone(),
                    schema: schema.clone(),
                    sensitive: *sensitive,
                    required: *required,
                })
                .collect(),
            open_outputs: offer.open_outputs,
            verbs: offer.verbs.iter().map(|verb| verb.as_str().to_owned()).collect(),
        }
    }
}

impl From<OfferRecord> for Offer {
    fn from(record: OfferRecord) -> Self {
        Self {
            kind: record.kind,
            classes: record.classes,
            outputs: record
                .outputs
                .into_iter()
                .map(|OutputSpecRecord { name, schema, sensitive, required }| OutputSpec {
                    name,
                    schema,
                    sensitive,
                    required,
                })
                .collect(),
            open_outputs: record.open_outputs,
            verbs: record.verbs.iter().map(|verb| Verb::parse(verb)).collect(),
        }
    }
}

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
                    [Severity::Error, Severity::Warning].into_iter().find(|severity| severity.as_str() == word)
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
