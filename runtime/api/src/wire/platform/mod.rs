//! Platforms: as they are installed, what is asked for about them, and what came of it.

mod desired;
mod look;
mod outcome;
mod request;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CapabilityView, GrantView};

pub use desired::{AppliedPlatform, AppliedPlatforms, ApplyPlatformsRequest, DesiredPlatform, RegistryLogin};
pub use look::{
    CompatMatrix, CompatRow, DiffProfile, DiffRequest, DiffSide, DiscoverRequest, Discovery, EntryDifference,
    OfferDifference, OfferedPlatform, OutdatedList, OutdatedPlatform, PlatformDiff, SchemaDifference,
    TypeDifference, Unasked, Verification, VerifyRequest,
};
pub use outcome::{HeldView, MigrationReport, MovedApplication, MovedResource, UpdateReport};
pub use request::{
    ApproveRequest, InstallRequest, MigrateRequest, RollbackRequest, ServingRequest, TrustTerms, TrustedKey,
    UpdateRequest,
};

/// A line in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlatformSummary {
    /// The name.
    pub name: String,
    /// SemVer.
    pub version: String,
    /// Digest of the whole package.
    pub digest: String,
    /// Types of resources it makes.
    pub types: Vec<String>,
    /// Its golden paths.
    pub golden_paths: Vec<String>,
    /// RFC 3339.
    pub installed_at: String,
    /// Whether what is new gets this version: one of each platform does, unless it is switched off.
    #[serde(default)]
    pub serving: bool,
    /// Whether the platform serves at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Where it came from: a folder or a reference; empty where nobody knows.
    #[serde(default)]
    pub reference: String,
    /// Who signed it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// An update of the platform that waits for a person; at the version that serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldView>,
}

fn yes() -> bool {
    true
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlatformList {
    /// By name and version.
    pub items: Vec<PlatformSummary>,
}

/// Everything about one platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlatformDetail {
    /// As in the list.
    #[serde(flatten)]
    pub summary: PlatformSummary,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The release of something else that it was made for: where that is announced, and which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// Core versions it works with: `>=1.0.0, <2.0.0`.
    pub compatibility: String,
    /// What it makes.
    pub provisioners: Vec<ProvisionerView>,
    /// Its golden paths.
    pub golden_path_details: Vec<GoldenPathView>,
    /// Live resources that it made.
    pub resources: usize,
}

/// One provisioner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProvisionerView {
    /// The entry's name.
    pub name: String,
    /// Score `type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Score classes; empty means any.
    pub classes: Vec<String>,
    /// SemVer of the entry.
    pub version: String,
    /// Component digest.
    pub component: String,
    /// Contract version it was built for.
    pub contract: String,
    /// What it asks for.
    pub capabilities: Vec<CapabilityView>,
    /// What it may do.
    #[serde(default)]
    pub grant: GrantView,
    /// Names of the outputs, secret ones marked `*`.
    pub outputs: Vec<String>,
    /// JSON Schema of the params; where classes differ in it, of the first: `schemas` has all.
    pub schema: Value,
    /// What its params must be: one for each class, or one for any.
    #[serde(default)]
    pub schemas: Vec<SchemaView>,
}

/// What params must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaView {
    /// The Score class that it is for; absent for a provisioner of any class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// JSON Schema, draft 2020-12.
    pub schema: Value,
}

/// One golden path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GoldenPathView {
    /// The name.
    pub name: String,
    /// SemVer of the entry.
    pub version: String,
    /// Component digest.
    pub component: String,
    /// Contract version it was built for.
    pub contract: String,
    /// JSON Schema of the parameters.
    pub schema: Value,
}
