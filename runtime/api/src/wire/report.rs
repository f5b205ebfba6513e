//! What commands print when they are done: an answer of the server, and what became of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PlatformDetail, Receipt, ResourceDetail, RunDetail};

/// A mutation and what came of it. Without waiting there is only the receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunReport {
    /// What was asked for, and what was there then.
    #[serde(flatten)]
    pub receipt: Receipt,
    /// The run as it ended; absent when nobody waited or nothing had to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RunDetail>,
    /// The application's resources afterwards.
    #[serde(default)]
    pub resources: Vec<ResourceDetail>,
    /// Run artifacts on this machine.
    #[serde(default)]
    pub files: Vec<WrittenFile>,
}

/// A run artifact on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WrittenFile {
    /// The artifact's name.
    pub name: String,
    /// Where it lies.
    pub path: String,
    /// `created`, `replaced`, `unchanged`, `removed`.
    pub state: String,
    /// Holds secrets; only its owner can read it.
    pub sensitive: bool,
}

/// An installed platform, and the receipt for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallReport {
    /// What was asked for, and what was there then.
    #[serde(flatten)]
    pub receipt: Receipt,
    /// What it makes and what it asked for.
    pub platform: PlatformDetail,
}

/// What an error code or exit code means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The stable code.
    pub code: String,
    /// In one line.
    pub summary: String,
    /// The exit code of a command that ends with it.
    pub exit_code: u8,
    /// The HTTP status of an answer with it.
    pub status: u16,
    /// Markdown: cause, example, remedy.
    pub page: String,
}

/// Every error code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplanationList {
    /// In the order of the table.
    pub items: Vec<Explanation>,
}

/// One exit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExitCodeView {
    /// The number.
    pub number: u8,
    /// In a few words.
    pub meaning: String,
}

/// The exit codes of every command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExitCodeList {
    /// By number.
    pub items: Vec<ExitCodeView>,
}

/// A kind of file that people write, and that has a JSON Schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaSummary {
    /// How the kind is called.
    pub kind: String,
    /// What such a file is usually called.
    pub file: String,
    /// What it says, in one line.
    pub summary: String,
}

/// Every kind of file that has a JSON Schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaList {
    /// In the order in which a person meets them.
    pub items: Vec<SchemaSummary>,
}

/// A server that begins to serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Serving {
    /// The Unix socket.
    pub socket: String,
    /// `http://address:port`, if it listens on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The process.
    pub pid: u32,
}
