//! What a Score file may write under `params:` of a bucket.

use std::collections::BTreeMap;

use innominatus_guest::prelude::*;

use super::policy;
use super::work::Handle;
use crate::settings::Settings;
use crate::tags;

/// Params of `s3` and `storage`. What is absent has a safe value for a bucket that was made here, and stays as it
/// is for one that was adopted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BucketParams {
    /// The bucket's name, unique among all buckets of AWS; made from the resource's name when absent.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"))]
    pub(super) bucket: Option<String>,
    /// The region, if the file says it: the one that the operator configured.
    #[schemars(regex(pattern = r"^[a-z0-9-]{1,63}$"))]
    pub(super) region: Option<String>,
    /// Whether objects keep their earlier versions. Not kept when absent.
    pub(super) versioning: Option<bool>,
    /// Whether access from outside the account is refused, whatever policies say. Refused when absent.
    pub(super) block_public_access: Option<bool>,
    /// The key of KMS that encrypts objects (its ARN or id); S3's own keys when absent.
    #[schemars(length(min = 1, max = 2048))]
    pub(super) kms_key: Option<String>,
    /// The bucket's policy, in the words of IAM; `{bucket}` in it is the bucket's name. When absent, requests that
    /// are not encrypted are refused.
    pub(super) policy: Option<serde_json::Map<String, Json>>,
    /// When objects go by themselves. Never when absent.
    pub(super) lifecycle: Option<Lifecycle>,
    /// Further tags.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 40))]
    pub(super) tags: BTreeMap<String, String>,
    /// Whether the bucket is removed with all that is in it. Otherwise one that is not empty stays.
    #[serde(default)]
    pub(super) force_destroy: bool,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "version")]
    _version: Option<Json>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "image")]
    _image: Option<Json>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "size")]
    _size: Option<Json>,
}

/// When objects go by themselves, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Lifecycle {
    /// Objects, after they were written.
    #[schemars(range(min = 1, max = 36500))]
    pub(super) expiration_days: Option<u32>,
    /// Earlier versions, after they were replaced.
    #[schemars(range(min = 1, max = 36500))]
    pub(super) noncurrent_days: Option<u32>,
    /// Parts of uploads that were never finished, after they began.
    #[schemars(range(min = 1, max = 36500))]
    pub(super) abort_multipart_days: Option<u32>,
}

impl Lifecycle {
    /// Whether anything goes at all.
    pub(super) fn is_empty(self) -> bool {
        let Self { expiration_days, noncurrent_days, abort_multipart_days } = self;
        expiration_days.or(noncurrent_days).or(abort_multipart_days).is_none()
    }
}

/// What the schema cannot say.
pub(super) fn violations(
    params: &BucketParams,
    settings: &Settings,
    handle: Option<&Handle>,
) -> Vec<Violation> {
    let mut found = tags::violations(params.tags.keys());
    let mut say = |pointer: &str, message: String, remedy: &str| {
        found.push(Violation::new(pointer, message).remedy(remedy));
    };
    if let Some(bucket) = &params.bucket {
        if let Some(problem) = name_problem(bucket) {
            say("/bucket", format!("`{bucket}` {problem}"), "choose another name, or leave it out");
        }
        if let Some(handle) = handle.filter(|handle| handle.bucket != *bucket) {
            let message = format!("a bucket keeps its name: this one is called `{}`", handle.bucket);
            say("/bucket", message, "name another resource for another bucket, and move the objects");
        }
    }
    if let Some(region) = params.region.as_ref().filter(|region| **region != settings.region) {
        let message = format!("buckets are made in `{}` here, not in `{region}`", settings.region);
        say("/region", message, "leave it out, or have the operator set another `region`");
    }
    if params.lifecycle.is_some_and(Lifecycle::is_empty) {
        let remedy = "write `expirationDays`, `noncurrentDays` or `abortMultipartDays`, or leave it out";
        say("/lifecycle", "a lifecycle without days does nothing".to_owned(), remedy);
    }
    if let Some(policy) = &params.policy
        && let Some((pointer, problem)) = policy::problem(policy)
    {
        say(&format!("/policy{pointer}"), problem.to_owned(), "write it in the words of an IAM policy");
    }
    found
}

/// Why S3 would refuse a name that fits the pattern. A fragment: "it …".
fn name_problem(name: &str) -> Option<&'static str> {
    let parts: Vec<&str> = name.split('.').collect();
    let reserved = ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix))
        || ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|end| name.ends_with(end));
    if reserved {
        Some("is a name that S3 keeps for itself")
    } else if parts.iter().any(|part| part.is_empty() || part.starts_with('-') || part.ends_with('-')) {
        Some("has a dot beside a dot or hyphen")
    } else if parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok()) {
        Some("looks like an IP address")
    } else {
        None
    }
}
