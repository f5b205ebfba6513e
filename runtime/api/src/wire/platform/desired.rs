//! `platforms.yaml` as desired state.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{GrantsFile, Problem};
use super::TrustTerms;

/// What a registry is shown; secrets are named, never written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistryLogin {
    /// `bearer`, `basic`, `github-token`, `docker`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The operator's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<String>,
    /// For `basic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

/// One platform that is to be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DesiredPlatform {
    /// What the file calls it.
    pub name: String,
    /// Where it comes from, without a version; a folder is absolute.
    pub repository: String,
    /// A version, or a requirement: `2.3.1`, `^2.3`.
    pub version: String,
    /// Whether it is to serve.
    pub enabled: bool,
    /// What its registry is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<RegistryLogin>,
    /// Without credentials its registry is not asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// What it is granted; without it, what an installed version has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<GrantsFile>,
    /// Which bytes will do; its digest is the one of the file, or of the lock.
    #[serde(default)]
    pub trust: TrustTerms,
    /// Exactly this version, from a lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked: Option<String>,
    /// The highest version that the lock knows of: a lower one has to be meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest: Option<String>,
}

/// `POST /v1/platforms/apply`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyPlatformsRequest {
    /// In the order of the file.
    pub platforms: Vec<DesiredPlatform>,
    /// Only say what would be done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppliedPlatform {
    /// What the file calls it.
    pub name: String,
    /// `unchanged`, `installed`, `held`, `disabled`, `failed`; `planned` where nothing was done.
    pub outcome: String,
    /// What it calls itself, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The version that serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Of what serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// In words.
    pub message: String,
    /// Why it is not as it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// The answer of `POST /v1/platforms/apply`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppliedPlatforms {
    /// Whether nothing was done.
    pub dry_run: bool,
    /// In the order of the file.
    pub items: Vec<AppliedPlatform>,
    /// Installed platforms that the file does not name.
    pub others: Vec<String>,
    /// `platforms.lock` of what serves now; empty where nothing was done.
    pub lock: String,
}
