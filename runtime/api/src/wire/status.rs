//! The server about itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /v1/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerStatus {
    /// Core version.
    pub version: String,
    /// Contract versions it accepts.
    pub contracts: Vec<String>,
    /// `sled` or another backend.
    pub store: String,
    /// The store's newest durable revision.
    pub revision: u64,
    /// Applications, all environments.
    pub applications: usize,
    /// Live resources.
    pub resources: usize,
    /// Resources that are not ready for their generation.
    pub unready: usize,
    /// Runs at work.
    pub runs: usize,
    /// Runs that were interrupted and not taken up again.
    #[serde(default)]
    pub interrupted: usize,
    /// Installed platforms.
    pub platforms: usize,
    /// The process that serves.
    pub pid: u32,
    /// RFC 3339.
    pub started_at: String,
}
