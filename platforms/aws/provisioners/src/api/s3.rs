//! S3: buckets by path, their parts as sub-resources of the URL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use innominatus_guest::HttpCall;
use sha2::{Digest as _, Sha256};

use super::{Aws, Trouble, encoded};
use crate::settings::Service;

/// The media type of most bodies.
pub(crate) const XML: &str = "application/xml";

/// One kind of access to a bucket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access<'a> {
    /// Which.
    pub(crate) bucket: &'a str,
    /// The sub-resource and what else the URL says; none for the bucket itself.
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// What it is for, for people.
    pub(crate) purpose: &'a str,
    /// What the identity must be allowed, without the service.
    pub(crate) permission: &'a str,
}

impl<'a> Aws<'a> {
    /// Where a bucket is.
    fn bucket_url(&self, access: &Access<'_>) -> String {
        let url = format!("{}/{}", self.settings.url(Service::S3), access.bucket);
        if access.query.is_empty() { url } else { format!("{url}?{}", encoded(access.query)) }
    }

    fn sent_to_bucket(&self, call: HttpCall<'a>, access: &Access<'_>) -> Result<String, Trouble> {
        // Names of buckets are shared by all accounts: one that another account took must not be taken for ours.
        let call = match &self.settings.account {
            Some(account) => call.header("x-amz-expected-bucket-owner", account),
            None => call,
        };
        self.sent_for_bucket(call, access)
    }

    fn sent_for_bucket(&self, call: HttpCall<'a>, access: &Access<'_>) -> Result<String, Trouble> {
        let permission = format!("s3:{}", access.permission);
        Self::sent(call, Service::S3, access.purpose, &permission).map(|answer| answer.text())
    }

    /// Looks at a part of a bucket.
    pub(crate) fn look(&self, access: &Access<'_>) -> Result<String, Trouble> {
        self.sent_to_bucket(self.host.http().get(self.bucket_url(access)), access)
    }

    /// Makes a bucket. It has no owner yet.
    pub(crate) fn make(&self, access: &Access<'_>, body: Vec<u8>) -> Result<String, Trouble> {
        let call = self.host.http().put(self.bucket_url(access));
        let call = if body.is_empty() { call } else { with_body(call, body, XML) };
        self.sent_for_bucket(call, access)
    }

    /// Replaces a part of a bucket.
    pub(crate) fn put(&self, access: &Access<'_>, body: Vec<u8>, media: &str) -> Result<String, Trouble> {
        let call = with_body(self.host.http().put(self.bucket_url(access)), body, media);
        self.sent_to_bucket(call, access)
    }

    /// Has a list of things done to a bucket.
    pub(crate) fn post(&self, access: &Access<'_>, body: Vec<u8>) -> Result<String, Trouble> {
        let call = with_body(self.host.http().post(self.bucket_url(access)), body, XML);
        self.sent_to_bucket(call, access)
    }

    /// Removes a bucket or a part of it.
    pub(crate) fn remove(&self, access: &Access<'_>) -> Result<String, Trouble> {
        self.sent_to_bucket(self.host.http().delete(self.bucket_url(access)), access)
    }
}

/// S3 wants to know that nothing happened to a body on its way.
fn with_body<'a>(call: HttpCall<'a>, body: Vec<u8>, media: &str) -> HttpCall<'a> {
    let sum = STANDARD.encode(Sha256::digest(&body));
    call.header("content-type", media).header("x-amz-checksum-sha256", sum).raw(body)
}
