//! One call of the provisioner: what is asked for, what is remembered, and where it is kept.

use innominatus_guest::prelude::*;

use super::params::{BucketParams, violations};
use super::user::Key;
use crate::api::Aws;
use crate::identity::Identity;
use crate::settings::Service;
use crate::tags;

/// How long a bucket's name may be.
const BUCKET_LIMIT: usize = 63;
/// How long a user's name may be.
const USER_LIMIT: usize = 64;

/// What is remembered of a bucket. Written down before anything is made, so that nothing made is forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Handle {
    pub(super) bucket: String,
    pub(super) region: String,
    /// The user of IAM that reads and writes the bucket.
    pub(super) user: String,
    /// Whether the bucket was there before us.
    #[serde(default)]
    pub(super) adopted: bool,
    /// The user's key, once there is one whose secret the host has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) access_key_id: Option<String>,
    /// Keys of the tags that params of before or of now brought along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<String>,
}

/// One call.
pub(super) struct Work<'a> {
    pub(super) aws: Aws<'a>,
    pub(super) host: Host<'a>,
    pub(super) target: &'a Target<BucketParams>,
    pub(super) identity: Identity,
    pub(super) handle: Handle,
    /// Whether `handle` is kept by the host.
    pub(super) is_known: bool,
}

impl<'a> Work<'a> {
    pub(super) fn of(host: &Host<'a>, target: &'a Target<BucketParams>) -> Result<Self, Failure> {
        let aws = Aws::of(host)?;
        let identity = Identity::of(target);
        let known: Option<Handle> = target.handle();
        let is_known = known.is_some();
        let settings = &aws.settings;
        let prefix = settings.name_prefix.as_deref();
        let handle = known.unwrap_or_else(|| Handle {
            bucket: target.params.bucket.clone().unwrap_or_else(|| identity.name(prefix, BUCKET_LIMIT)),
            region: settings.region.clone(),
            user: identity.name(prefix, USER_LIMIT),
            adopted: false,
            access_key_id: None,
            tags: Vec::new(),
        });
        if handle.region != settings.region {
            let message = format!(
                "the bucket `{}` was made in `{}`, and the platform is configured for `{}` now; set `region` back, or \
                 remove the resource first",
                handle.bucket, handle.region, settings.region
            );
            return Err(Failure::conflict("region-changed", message));
        }
        let handle = Handle { tags: tags::joined(&handle.tags, target.params.tags.keys()), ..handle };
        Ok(Self { aws, host: *host, target, identity, handle, is_known })
    }

    /// Refuses params that cannot be made.
    pub(super) fn checked(self) -> Result<Self, Failure> {
        let known = self.is_known.then_some(&self.handle);
        let found = violations(&self.target.params, &self.aws.settings, known);
        if found.is_empty() { Ok(self) } else { Err(Failure::invalid(found)) }
    }

    /// What is kept while the work is not done: what we know now, and what was handed over before.
    pub(super) fn kept(&self) -> Result<State, Failure> {
        let prior = self.target.prior.as_ref().map(|prior| prior.state.clone()).unwrap_or_default();
        Ok(prior.handle(serde_json::to_value(&self.handle)?))
    }

    /// Has it kept, once, before something is made or changed.
    pub(super) fn remember(&mut self) -> Result<(), Failure> {
        if !self.is_known {
            self.is_known = true;
            self.host.checkpoint(&self.kept()?);
        }
        Ok(())
    }

    /// A failure that forgets nothing of what was made.
    pub(super) fn failed(&self, failure: Failure) -> Failure {
        match self.kept() {
            Ok(state) if failure.partial.is_none() && self.is_known => failure.with_partial(state),
            _ => failure,
        }
    }

    /// What is handed over when all is done.
    pub(super) fn done(&self, key: Key) -> Result<State, Failure> {
        let Handle { bucket, region, .. } = &self.handle;
        let handle =
            Handle { tags: self.target.params.tags.keys().cloned().collect(), ..self.handle.clone() };
        Ok(State::new()
            .handle(serde_json::to_value(&handle)?)
            .output("endpoint", self.aws.settings.url(Service::S3))
            .output("region", region.as_str())
            .output("bucket", bucket.as_str())
            .output("access_key_id", key.id.as_str())
            .secret("secret_key", key.secret.clone())
            .output("aws_access_key_id", key.id)
            .secret("aws_secret_key", key.secret))
    }
}
