//! Runs and what they render.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ErrorView;

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// At work, or waiting for a retry.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// A newer plan took over.
    Superseded,
    /// It was stopped in the middle, and nobody is at it: the next server goes on with it.
    Interrupted,
}

impl RunState {
    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Running | Self::Interrupted)
    }

    /// The word as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// The step's name.
    pub name: String,
    /// `provisioner`, `render`, `deprovision`.
    pub kind: String,
    /// `waiting`, `running`, `pending`, `retrying`, `succeeded`, `unchanged`, `failed`, `skipped`.
    pub state: String,
    /// The resource, for provisioner and deprovision steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// `type.class#id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunDetail {
    /// `run_…`.
    pub id: String,
    /// The application.
    pub application: String,
    /// The environment.
    pub environment: String,
    /// The plan it carries out.
    pub plan: String,
    /// Where it is.
    pub state: RunState,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// In plan order.
    pub steps: Vec<StepView>,
    /// What was rendered.
    pub artifacts: Vec<ArtifactView>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
}

/// Runs, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunList {
    /// Newest first.
    pub items: Vec<RunDetail>,
}

/// A rendered file, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactView {
    /// A relative path.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// Holds secrets: written with mode 0600.
    pub sensitive: bool,
    /// In bytes, before secrets are written in.
    pub size: u64,
}

/// A rendered file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactContent {
    /// As in the run.
    #[serde(flatten)]
    pub artifact: ArtifactView,
    /// The bytes to write, base64. Secrets are written in.
    pub content: String,
}

/// `GET /v1/runs/{id}/artifacts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactList {
    /// By name.
    pub items: Vec<ArtifactContent>,
}
