//! Resources.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A line in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceSummary {
    /// `res_…`.
    pub id: String,
    /// `type.class#id`.
    pub uid: String,
    /// The name for people.
    pub name: String,
    /// Score `type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Score `class`.
    pub class: String,
    /// The application.
    pub application: String,
    /// The environment.
    pub environment: String,
    /// Who claims it.
    pub workloads: Vec<String>,
    /// `pending`, `provisioning`, `ready`, `degraded`, `updating`, `deleting`, `deleted`, `failed`, `in-doubt`.
    pub phase: String,
    /// Counts changes of what is desired.
    pub generation: u64,
    /// What the phase was said of. Ready means equal to `generation`.
    pub observed_generation: u64,
    /// `<platform>/<entry>`.
    pub provisioner: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub updated_at: String,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceList {
    /// By application and uid.
    pub items: Vec<ResourceSummary>,
}

/// Everything about one resource; sensitive values redacted, unless asked for with `reveal`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceDetail {
    /// As in the list.
    #[serde(flatten)]
    pub summary: ResourceSummary,
    /// Params as desired, placeholders as written.
    pub params: Value,
    /// Uids it refers to.
    pub depends_on: Vec<String>,
    /// The platform version that made (or will make) it.
    pub platform_version: String,
    /// The component digest that made (or will make) it.
    pub component: String,
    /// Kubernetes shape.
    pub conditions: Vec<ConditionView>,
    /// What others may refer to.
    pub outputs: Vec<OutputView>,
    /// Useful to a person.
    pub hints: Vec<HintView>,
    /// Tries of this generation.
    pub attempts: u32,
    /// When the next try is due, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<String>,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<ErrorView>,
    /// The component's own note to itself.
    pub handle: Value,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConditionView {
    /// `Provisioned`, `Ready`, `Degraded`, `Stalled`, `Deleting`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False`, `Unknown`.
    pub status: String,
    /// CamelCase.
    pub reason: String,
    /// For people.
    pub message: String,
    /// RFC 3339.
    pub last_transition_time: String,
    /// The generation this was said of.
    pub observed_generation: u64,
}

/// One output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputView {
    /// The name that placeholders use.
    pub name: String,
    /// The value; `null` when redacted.
    pub value: Value,
    /// Whether it is secret.
    pub sensitive: bool,
    /// Whether the value was withheld; ask with `reveal`.
    pub redacted: bool,
}

/// Outputs of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputList {
    /// `res_…`.
    pub resource: String,
    /// `type.class#id`.
    pub uid: String,
    /// As the provisioner gave them.
    pub outputs: Vec<OutputView>,
}

/// A hint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HintView {
    /// `url`, `connection_string`, `command`, `dashboard`, `docs`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is.
    pub label: String,
    /// The thing itself. What was withheld of it, which may be all, is replaced by `[redacted]`.
    pub value: String,
    /// A name of an icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Whether it is secret, or secrets stand in it.
    pub sensitive: bool,
    /// Whether something was withheld; ask with `reveal`.
    pub redacted: bool,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorView {
    /// Stable code: `provision-failed`, `guest-trap`, …
    pub code: String,
    /// The guest's own code, if it was the guest who said no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For people.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// RFC 3339.
    pub at: String,
}
