//! Applications.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EventView, NextStep, ResourceDetail, RunDetail};

/// A line in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSummary {
    /// The name.
    pub name: String,
    /// `app_…`.
    pub id: String,
    /// The environment.
    pub environment: String,
    /// The workloads applied under this name.
    pub workloads: Vec<String>,
    /// `<platform>/<golden path>`.
    pub golden_path: String,
    /// `ready`, `progressing`, `interrupted`, `failed`, `degraded`, `deleting`.
    pub phase: String,
    /// Counts accepted changes.
    pub generation: u64,
    /// Resources that are ready for their generation.
    pub ready: usize,
    /// All resources.
    pub resources: usize,
    /// RFC 3339.
    pub updated_at: String,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationList {
    /// By name.
    pub items: Vec<ApplicationSummary>,
    /// Other environments that hold applications.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_environments: Vec<String>,
}

/// Everything about one application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationDetail {
    /// As in the list.
    #[serde(flatten)]
    pub summary: ApplicationSummary,
    /// The golden path's parameters that hold, defaults filled in.
    #[serde(default)]
    pub parameters: Value,
    /// Names of the files that were rendered last.
    #[serde(default)]
    pub files: Vec<String>,
    /// Its resources, dependencies first.
    pub resources_detail: Vec<ResourceDetail>,
    /// The newest run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run: Option<RunDetail>,
    /// The run whose files are the application's: the last that rendered, though it may have rendered none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rendered: Option<String>,
    /// The last events, oldest first.
    pub events: Vec<EventView>,
    /// What a person may want to do next.
    pub next: Vec<NextStep>,
}
