//! What a component handed over: state, hints, files.

use innominatus_model::{Artifact, Hint, Json, Output, Prior, State};
use serde::{Deserialize, Serialize};

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
        Self {
            name: name.clone(),
            media_type: media_type.clone(),
            content: content.clone(),
            sensitive: *sensitive,
        }
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
