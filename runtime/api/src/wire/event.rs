//! Events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event. `GET /v1/events` streams them as server-sent events whose `id` is `cursor`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    /// `evt_…`.
    pub id: String,
    /// Orders events and resumes a stream: pass it as `since` or `Last-Event-ID`.
    pub cursor: String,
    /// `resource.phase`, `provision.failed`, `guest.log`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// `error` or `warning`, when a person should look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// The environment.
    pub environment: String,
    /// About which application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// About which resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// About which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// About which platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// One line for people.
    pub message: String,
    /// For machines.
    pub details: Value,
    /// RFC 3339; order is by `cursor`, never by this.
    pub at: String,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventList {
    /// Oldest first.
    pub items: Vec<EventView>,
}
