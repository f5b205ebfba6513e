//! What came of a request about platforms.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{PlanView, Problem, Receipt};

/// An update that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldView {
    /// Its version.
    pub version: String,
    /// Its digest.
    pub digest: String,
    /// Where it came from.
    pub reference: String,
    /// What it asks for that the installed version does not.
    pub wider: Vec<String>,
    /// RFC 3339.
    pub since: String,
}

/// What came of an update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateReport {
    /// What was asked for, and what is installed.
    pub receipt: Receipt,
    /// The version that serves what is new.
    pub serving: String,
    /// What waits for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldView>,
}

/// A resource that another version made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovedResource {
    /// Its identity in the application.
    pub uid: String,
    /// The version that made it.
    pub from: String,
}

/// One application of a migration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovedApplication {
    /// The application.
    pub application: String,
    /// Its environment.
    pub environment: String,
    /// What other versions made.
    pub resources: Vec<MovedResource>,
    /// What will be done, or is being done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanView>,
    /// The run that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Why it cannot be moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// The answer of `POST /v1/platforms/{name}/migrate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MigrationReport {
    /// The platform.
    pub platform: String,
    /// Where everything goes.
    pub to: String,
    /// Whether nothing was done.
    pub dry_run: bool,
    /// By environment and name. Empty where nothing is left to move.
    pub applications: Vec<MovedApplication>,
}
