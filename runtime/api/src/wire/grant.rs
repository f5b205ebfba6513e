//! What entries of platforms ask for, and what they may do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DiagnosticView, TrustTerms};

/// A grants file, as its owner has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantsFile {
    /// What the person calls it; only for messages.
    pub name: String,
    /// The bytes of the file, base64.
    pub text: String,
}

/// One line about where requests go: `host` with `scheme` and `port`, or a `setting` that holds a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpRuleView {
    /// `https` or `http`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// A host, or `*.suffix`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The setting of the platform that says where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// Request methods.
    pub methods: Vec<String>,
    /// What paths begin with, in whole segments.
    pub path: String,
    /// Whether the component's own secrets may be sent there.
    pub secrets: bool,
}

/// One line of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpGrantView {
    /// Where requests may go.
    #[serde(flatten)]
    pub rule: HttpRuleView,
    /// `<method> <path>` of requests that only look, whatever their method says.
    pub reads: Vec<String>,
    /// Networks that are not public and may be reached.
    pub addresses: Vec<String>,
    /// Bytes of a request's body.
    pub request_bytes: u64,
    /// Bytes of an answer's body.
    pub response_bytes: u64,
    /// Requests at the same time.
    pub concurrency: u32,
    /// Milliseconds for one request.
    pub timeout_ms: u32,
    /// A file with authorities that are trusted instead of the public ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// A proxy that requests go through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
}

/// A credential that the host puts into requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialView {
    /// `bearer`, `basic`, `header`, `aws-sigv4`.
    pub kind: String,
    /// Names of the operator's secrets that it is made of; never their values.
    pub secrets: Vec<String>,
}

/// A secret of the operator that a component may refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceView {
    /// The operator's name of the secret.
    pub secret: String,
    /// Hosts that it may be sent to.
    pub hosts: Vec<String>,
}

/// What an entry may do beyond what every entry may.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantView {
    /// Where requests may go.
    pub http: Vec<HttpGrantView>,
    /// Credentials, by the component's name for them.
    pub credentials: BTreeMap<String, CredentialView>,
    /// Whether it may make secrets of its own.
    pub generate: bool,
    /// Secrets of the operator, by the component's name for them.
    pub references: BTreeMap<String, ReferenceView>,
    /// All of it in words, a line for each thing.
    pub words: Vec<String>,
}

/// One capability of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityView {
    /// As in the contract.
    pub name: String,
    /// Why it is asked for.
    pub reason: String,
    /// Whether it was granted, at least in part.
    pub granted: bool,
    /// What it comes to, in words that complete "it wants to …".
    #[serde(default)]
    pub asks: Vec<String>,
    /// Where requests are to go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpRuleView>,
    /// Kinds of credentials that requests use, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credentials: BTreeMap<String, String>,
    /// Names by which it refers to secrets of the operator.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// What of it is not granted, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// `POST /v1/examine`: what would this folder or reference install, and what does it ask for?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExamineRequest {
    /// An absolute folder on the server's machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Where its artifact is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Which bytes will do.
    #[serde(default)]
    pub trust: TrustTerms,
}

/// One capability that needs an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AskView {
    /// `<platform>/<entry>`.
    pub entry: String,
    /// Score `type` of what it makes.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it asks for.
    pub capability: CapabilityView,
}

/// The answer of `POST /v1/examine`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Examination {
    /// The platform's name.
    pub name: String,
    /// SemVer.
    pub version: String,
    /// Digest of the whole package.
    pub digest: String,
    /// Whether these very bytes are installed.
    pub installed: bool,
    /// What needs an answer, in the order of the manifest.
    pub asks: Vec<AskView>,
    /// The choices that grant each of them as asked for.
    pub choices: Vec<String>,
    /// Whether choices are not enough: credentials and references name secrets of the operator.
    pub names_secrets: bool,
    /// A grants file that grants all of it, to begin with; names of secrets in it are examples.
    pub sample: String,
    /// Warnings about the manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<DiagnosticView>,
}

/// One entry's grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryGrants {
    /// `<platform>/<entry>`.
    pub entry: String,
    /// Version of the platform.
    pub version: String,
    /// What it may do.
    pub grant: GrantView,
}

/// `GET /v1/grants`: what every installed entry may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantsView {
    /// Entries that may do more than every entry may, by name and version.
    pub items: Vec<EntryGrants>,
    /// The same as a grants file; of a platform with several versions the one that serves.
    pub file: String,
}
