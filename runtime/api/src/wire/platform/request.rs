//! What is asked for about platforms.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::GrantsFile;

/// A key that is trusted for this one request, as its owner has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustedKey {
    /// What the person calls it; only for messages.
    pub name: String,
    /// A public key, PEM.
    pub pem: String,
}

/// What holds for the bytes of one request, besides what the policy files say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustTerms {
    /// Only these bytes: `sha256:…` of the artifact's manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// One of these has to have signed it, where no policy says otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<TrustedKey>,
    /// Nobody has to have signed it, where no policy says otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_unsigned: bool,
    /// A version older than the highest that was ever installed will do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_downgrade: bool,
}

/// `POST /v1/platforms`. Either a folder or a reference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstallRequest {
    /// An absolute folder on the server's machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Where its artifact is: `registry.example.com/platforms/acme:1.0.0`, `oci-layout:/srv/acme.tar:1.0.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What is granted as asked for: `all`, `none`, or `<platform>/<entry>:<capability>`. Without this and `grants`,
    /// a platform that asks for more than every component may do is refused; one that is installed stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Vec<String>>,
    /// What is granted, in the operator's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<GrantsFile>,
    /// Which bytes will do.
    #[serde(default)]
    pub trust: TrustTerms,
}

/// `POST /v1/platforms/{name}/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateRequest {
    /// This version; without it the newest that works with the core and is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// From this folder instead of where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// From this reference instead of where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What is granted as asked for, besides what is granted already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Vec<String>>,
    /// What is granted, in the operator's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<GrantsFile>,
    /// Which bytes will do.
    #[serde(default)]
    pub trust: TrustTerms,
}

/// `POST /v1/platforms/{name}/approve`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproveRequest {
    /// Only if this is the version that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Only if this artifact is what waits, by the digest of its manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What is granted as asked for, besides what is granted already; without this and `grants` all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Vec<String>>,
    /// What is granted, in the operator's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<GrantsFile>,
}

/// `POST /v1/platforms/{name}/rollback`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollbackRequest {
    /// The installed version to go back to; without it the one that served before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// A version older than the highest that was ever installed will do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_downgrade: bool,
}

/// `POST /v1/platforms/{name}/serving`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServingRequest {
    /// Whether it serves what is new.
    pub enabled: bool,
}

/// `POST /v1/platforms/{name}/migrate`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MigrateRequest {
    /// The installed version that resources move to; without it the one that serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Only what is in this environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Only this application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// Only say what would be done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}
