//! Asking for something, and what comes back at once.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DiagnosticView, PlanView};

/// One Score file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScoreFile {
    /// As the person named it; only for messages.
    pub name: String,
    /// The bytes of the file, base64.
    pub text: String,
    /// Contents (base64) of the files that `containers.*.files.*.source` names, by the path as written.
    #[serde(default)]
    pub sources: BTreeMap<String, String>,
}

/// `POST /v1/score/sources`: which local files do these Score files name?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourcesRequest {
    /// The files.
    pub files: Vec<ScoreFile>,
}

/// The paths named by one Score file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileSources {
    /// The Score file.
    pub name: String,
    /// Paths as written.
    pub paths: Vec<String>,
}

/// The answer of `POST /v1/score/sources`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourcesAnswer {
    /// One per Score file.
    pub files: Vec<FileSources>,
}

/// `POST /v1/validate`, `POST /v1/plan`, `POST /v1/apply`: make the world what these files ask for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyRequest {
    /// The application; without it, the first file's `metadata.name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The environment; `default` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The golden path; without it the application's, or the only one installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub golden_path: Option<String>,
    /// The platform whose golden path is meant: `name` or `name@version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// All parameters of the golden path, an object; without it the application's last ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// An object put over these by name, each value whole; null takes a parameter away, so that its default
    /// holds again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_parameters: Option<Value>,
    /// Images for containers that say `image: .`, by `container` or `workload/container`; `*` is for every
    /// such container that is not named.
    #[serde(default)]
    pub images: BTreeMap<String, String>,
    /// The Score files.
    pub files: Vec<ScoreFile>,
}

/// The answer of `POST /v1/validate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidateAnswer {
    /// Whether the files are accepted.
    pub valid: bool,
    /// Errors and warnings, by file and place.
    pub diagnostics: Vec<DiagnosticView>,
}

/// What a mutation answers at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// What was asked for.
    pub requested: Requested,
    /// What is there now; it may lag.
    pub observed: Observed,
    /// The run that does it. When nothing has to be done (the plan has no changes), the one that did it
    /// before, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The plan that was accepted (or found to change nothing).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanView>,
    /// Warnings about the files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<DiagnosticView>,
    /// What a person may want to do next.
    pub next: Vec<NextStep>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Requested {
    /// `apply`, `delete`, `install`, `uninstall`, `set`, `rotate`, `remove`.
    pub operation: String,
    /// `application`, `resource`, `platform`, `secret` or `key`.
    pub subject: String,
    /// Its name or id.
    pub name: String,
    /// The application's generation after this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// What it means, one line each.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// `create`, `update`, `resume`, `unchanged`, `delete`; `withhold` for what was asked for and is not granted.
    pub action: String,
    /// What it is about: `type.class#id`.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// What is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// In one word: `ready`, `progressing`, `failed`, `absent`, …
    pub phase: String,
    /// For people.
    pub message: String,
    /// When, RFC 3339.
    pub at: String,
}

/// A command to go on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextStep {
    /// What for.
    pub purpose: String,
    /// The command line, without the program's name: `events tail --run run_…`.
    pub command: String,
}
