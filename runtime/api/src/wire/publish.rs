//! What the author's tools print. No server answers with these; programs read them all the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactFile {
    /// Its path in the platform's folder; `config` and `manifest` for these.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Whether it was where it was to go already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<bool>,
}

/// `platform pack`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackReport {
    /// The platform.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How to name it.
    pub reference: String,
    /// Of the artifact's manifest.
    pub digest: String,
    /// By path.
    pub files: Vec<ArtifactFile>,
}

/// `platform push`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushReport {
    /// The platform.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How to name it, by each tag.
    pub references: Vec<String>,
    /// How to name exactly these bytes.
    pub pinned: String,
    /// Of the artifact's manifest.
    pub digest: String,
    /// Whether nothing was done.
    pub dry_run: bool,
    /// Config, files and manifest, and whether they were there.
    pub files: Vec<ArtifactFile>,
    /// Bytes that moved, or would.
    pub moved_bytes: u64,
    /// Bytes that were there.
    pub skipped_bytes: u64,
    /// Tags that other bytes bear: a push is refused for these, or moves them.
    pub taken: Vec<String>,
}

/// `platform sign`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignReport {
    /// What was named.
    pub reference: String,
    /// What was signed.
    pub digest: String,
    /// The digest of the key's public half.
    pub key: String,
    /// The signature, as it lies beside the artifact.
    pub signature: String,
    /// What was attested of where it was made, if anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<AttestationReport>,
}

/// An attestation of where a platform was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttestationReport {
    /// What it says.
    pub predicate_type: String,
    /// The attestation, as it lies beside the artifact.
    pub digest: String,
    /// The commit that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether the work tree held what the commit does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dirty: Option<bool>,
}

/// `platform keygen`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyReport {
    /// The file with the private half.
    pub private: String,
    /// The file with the public half.
    pub public: String,
    /// The digest of the public half.
    pub key: String,
}

/// `platform index`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IndexReport {
    /// The file, or the artifact.
    pub index: String,
    /// How often it was written.
    pub generation: u64,
    /// How many versions it lists.
    pub entries: usize,
    /// What was written into it now.
    pub written: Vec<IndexedVersion>,
}

/// A version that an index lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IndexedVersion {
    /// The platform.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How to name exactly these bytes.
    pub reference: String,
}

/// `platform save`, `platform load`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CarryReport {
    /// Of the artifact's manifest.
    pub digest: String,
    /// How to name it where it is now.
    pub reference: String,
    /// Signatures and attestations that came along.
    pub referrers: usize,
    /// Bytes that moved.
    pub moved_bytes: u64,
}
