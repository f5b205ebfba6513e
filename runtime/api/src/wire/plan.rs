//! Plans, as people see them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a plan does to one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlanAction {
    /// Make it.
    Create,
    /// Change it.
    Update,
    /// Go on with something begun earlier.
    Resume,
    /// Leave it.
    Unchanged,
    /// Remove it.
    Delete,
}

impl PlanAction {
    /// The word as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Resume => "resume",
            Self::Unchanged => "unchanged",
            Self::Delete => "delete",
        }
    }
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub struct PlanSummary {
    pub create: usize,
    pub update: usize,
    pub resume: usize,
    pub unchanged: usize,
    pub delete: usize,
}

impl PlanSummary {
    /// Whether anything would be done to a resource.
    pub fn has_changes(&self) -> bool {
        self.create + self.update + self.resume + self.delete > 0
    }
}

/// One resource in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedResource {
    /// Its id: handed out already, also in a plan that is only shown.
    pub resource: String,
    /// `type.class#id`.
    pub uid: String,
    /// The name for people.
    pub name: String,
    /// What is done.
    pub action: PlanAction,
    /// Why.
    pub reason: String,
    /// `<platform>/<entry>`.
    pub provisioner: String,
    /// The platform's version.
    pub platform_version: String,
    /// The component that does it.
    pub component: String,
    /// Uids that come first.
    pub depends_on: Vec<String>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanView {
    /// `plan_…`.
    pub id: String,
    /// The plan it was made against; none for a new application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The application.
    pub application: String,
    /// The environment.
    pub environment: String,
    /// `<platform>/<golden path>`.
    pub golden_path: String,
    /// The application's generation once accepted.
    pub generation: u64,
    /// Counts.
    pub summary: PlanSummary,
    /// In the order of execution; removals last, in reverse order of dependence.
    pub resources: Vec<PlannedResource>,
    /// What the golden path gets: the parameters that hold, defaults filled in.
    #[serde(default)]
    pub parameters: Value,
    /// Whether the run artifacts are rendered anew.
    pub renders: bool,
    /// Files that are to be expected when it is carried out: what was rendered last for this application, or for
    /// a new one what its golden path rendered last for another, as far as the names do not speak of that. A
    /// guess: what is rendered is known afterwards.
    #[serde(default)]
    pub expected_files: Vec<String>,
    /// Equal plans (ids aside) have equal digests.
    pub digest: String,
}
