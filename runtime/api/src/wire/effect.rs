//! What was done to the world: recordings, replays, and a person's word about a write in doubt.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST /v1/resources/{id}/resolve`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveRequest {
    /// `not-happened`, `happened` or `start-over`.
    pub resolution: String,
    /// For `happened`: what the other side answered, or would have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerBody>,
}

/// An answer to an HTTP request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerBody {
    /// The status.
    pub status: u16,
    /// Headers, name and value.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body, base64.
    #[serde(default)]
    pub body: String,
}

/// `POST /v1/replay`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplayRequest {
    /// A document of kind `Recording`, as `GET /v1/resources/{id}/journal` gives it.
    pub recording: Value,
}

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayAnswer {
    /// The component, `<platform>/<entry>`.
    pub component: String,
    /// Which export.
    pub export: String,
    /// Calls that the component made.
    pub calls: u32,
    /// Calls that were recorded.
    pub recorded: usize,
    /// `ready`, `pending`, `gone`, `failed: …`, `fault: …`.
    pub answer: String,
    /// How the recorded execution ended, in a word; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}
