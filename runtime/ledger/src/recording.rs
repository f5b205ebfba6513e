//! A recording: one execution with its journal, as a file that can be replayed elsewhere. It holds tokens, never
//! secrets, because a journal does.

use innominatus_effect::{Export, Note, Past};
use innominatus_model::{Json, Target};
use innominatus_plan::ComponentRef;
use serde::{Deserialize, Serialize};

use crate::Execution;
use crate::journal::notes_of;
use crate::record::{ComponentRecord, NoteRecord, TargetRecord, Via};

const API_VERSION: &str = "innominatus.io/v1";
const KIND: &str = "Recording";

/// What was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// By which bytes.
    pub component: ComponentRef,
    /// Which export.
    pub export: Export,
    /// What the component was told.
    pub target: Target,
    /// How it ended, in a word.
    pub ended: Option<String>,
    /// Every call and its outcome, by position.
    pub past: Vec<Past>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    api_version: String,
    kind: String,
    #[serde(with = "Via::<ComponentRecord>")]
    component: ComponentRef,
    export: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    target: TargetRecord,
    calls: Vec<NoteRecord>,
}

/// Why a file is not a recording. A fragment: "it …".
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// Another kind of document.
    #[error("is not a recording of {API_VERSION}")]
    Kind,
    /// Not what it should be.
    #[error("cannot be read: {0}")]
    Shape(String),
}

impl Recording {
    /// Of an execution and its journal.
    pub fn of(execution: &Execution, past: Vec<Past>) -> Self {
        Self {
            component: execution.component.clone(),
            export: execution.export,
            target: execution.target.clone(),
            ended: execution.ended.clone(),
            past,
        }
    }

    /// As a document.
    pub fn to_json(&self) -> Result<Json, RecordingError> {
        let document = Document {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            component: self.component.clone(),
            export: self.export.as_str().to_owned(),
            ended: self.ended.clone(),
            target: (&self.target).into(),
            calls: notes_of(&self.past).iter().map(Into::into).collect(),
        };
        serde_json::to_value(document).map_err(|error| RecordingError::Shape(error.to_string()))
    }

    /// From a document.
    pub fn from_json(document: Json) -> Result<Self, RecordingError> {
        let said = |name: &str| document.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        if (said("apiVersion").as_str(), said("kind").as_str()) != (API_VERSION, KIND) {
            return Err(RecordingError::Kind);
        }
        let shape = |error: &dyn std::fmt::Display| RecordingError::Shape(error.to_string());
        let document: Document = serde_json::from_value(document).map_err(|error| shape(&error))?;
        let notes: Vec<Note> = document
            .calls
            .into_iter()
            .map(|record| record.try_into().map_err(|error: crate::record::BadEffect| shape(&error)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            component: document.component,
            export: Export::parse(&document.export)
                .ok_or_else(|| shape(&format!("there is no export `{}`", document.export.escape_debug())))?,
            target: document.target.into(),
            ended: document.ended,
            past: innominatus_effect::past(notes).map_err(|error| shape(&error))?,
        })
    }
}
