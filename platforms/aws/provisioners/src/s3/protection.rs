//! What protects objects: no access from outside, encryption, earlier versions.

use innominatus_guest::prelude::*;

use super::aspect::{Aspect, Change, Wish, Write};
use crate::api::{XML, document, read};

pub(super) const PUBLIC_ACCESS: Aspect = Aspect {
    query: "publicAccessBlock",
    name: "the public access block",
    absent: "NoSuchPublicAccessBlockConfiguration",
    permissions: ["GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock", "PutBucketPublicAccessBlock"],
    compare: compare_public_access,
};

pub(super) const ENCRYPTION: Aspect = Aspect {
    query: "encryption",
    name: "the encryption",
    absent: "ServerSideEncryptionConfigurationNotFoundError",
    permissions: ["GetEncryptionConfiguration", "PutEncryptionConfiguration", "PutEncryptionConfiguration"],
    compare: compare_encryption,
};

pub(super) const VERSIONING: Aspect = Aspect {
    query: "versioning",
    name: "the versioning",
    absent: "NoSuchVersioningConfiguration",
    permissions: ["GetBucketVersioning", "PutBucketVersioning", "PutBucketVersioning"],
    compare: compare_versioning,
};

/// What a param says, else what is safe for a bucket of our own; none for an adopted one.
fn wanted<T>(said: Option<T>, safe: T, wish: &Wish<'_>) -> Option<T> {
    said.or((!wish.adopted).then_some(safe))
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct PublicAccess {
    block_public_acls: bool,
    ignore_public_acls: bool,
    block_public_policy: bool,
    restrict_public_buckets: bool,
}

fn compare_public_access(wish: &Wish<'_>, found: Option<&str>) -> Result<Option<Change>, Failure> {
    let Some(blocked) = wanted(wish.params.block_public_access, true, wish) else { return Ok(None) };
    let desired = PublicAccess {
        block_public_acls: blocked,
        ignore_public_acls: blocked,
        block_public_policy: blocked,
        restrict_public_buckets: blocked,
    };
    let observed: PublicAccess = found.map(read).transpose()?.unwrap_or_default();
    if desired == observed {
        return Ok(None);
    }
    Ok(Some(Change {
        pointer: "/blockPublicAccess",
        desired: json!(blocked),
        observed: serde_json::to_value(&observed)?,
        write: Write::Put(document("PublicAccessBlockConfiguration", &desired)?, XML),
    }))
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Encryption {
    rule: Vec<EncryptionRule>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct EncryptionRule {
    apply_server_side_encryption_by_default: Algorithm,
    /// Fewer calls of KMS, and fewer costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket_key_enabled: Option<bool>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
struct Algorithm {
    #[serde(rename = "SSEAlgorithm")]
    algorithm: String,
    #[serde(rename = "KMSMasterKeyID", skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

fn compare_encryption(wish: &Wish<'_>, found: Option<&str>) -> Result<Option<Change>, Failure> {
    let key = wish.params.kms_key.clone();
    if key.is_none() && wish.adopted {
        return Ok(None);
    }
    let algorithm = if key.is_some() { "aws:kms" } else { "AES256" };
    let desired = Algorithm { algorithm: algorithm.to_owned(), key: key.clone() };
    let observed: Encryption = found.map(read).transpose()?.unwrap_or_default();
    let observed =
        observed.rule.into_iter().next().unwrap_or_default().apply_server_side_encryption_by_default;
    if desired == observed {
        return Ok(None);
    }
    let shown = |algorithm: &Algorithm| json!(algorithm.key.as_ref().unwrap_or(&algorithm.algorithm));
    let (shown_desired, shown_observed) = (shown(&desired), shown(&observed));
    let rule = EncryptionRule {
        apply_server_side_encryption_by_default: desired,
        bucket_key_enabled: key.map(|_| true),
    };
    let body = document("ServerSideEncryptionConfiguration", &Encryption { rule: vec![rule] })?;
    Ok(Some(Change {
        pointer: "/kmsKey",
        desired: shown_desired,
        observed: shown_observed,
        write: Write::Put(body, XML),
    }))
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Versioning {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

fn compare_versioning(wish: &Wish<'_>, found: Option<&str>) -> Result<Option<Change>, Failure> {
    let Some(desired) = wanted(wish.params.versioning, false, wish) else { return Ok(None) };
    let observed: Versioning = found.map(read).transpose()?.unwrap_or_default();
    let observed = observed.status.as_deref() == Some("Enabled");
    if desired == observed {
        return Ok(None);
    }
    // Once versions are kept they can only be suspended.
    let status = if desired { "Enabled" } else { "Suspended" };
    let body = document("VersioningConfiguration", &Versioning { status: Some(status.to_owned()) })?;
    Ok(Some(Change {
        pointer: "/versioning",
        desired: json!(desired),
        observed: json!(observed),
        write: Write::Put(body, XML),
    }))
}
