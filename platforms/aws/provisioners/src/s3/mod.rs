//! `s3` and `storage`: a bucket, and a user of IAM whose key reads and writes it and nothing else.
//!
//! Every call begins with looking: the bucket's tags say whether it is there and whose it is, its parts (`aspect`)
//! are compared with what is wished for, and only what differs is written. So a second provision writes nothing, an
//! update writes what changed, and a call that was cut short is simply made again.

mod aspect;
mod bucket;
mod empty;
mod lifecycle;
mod params;
mod policy;
mod protection;
mod status;
mod user;
mod work;

use innominatus_guest::Hint;
use innominatus_guest::prelude::*;

use crate::settings::{Service, Settings};
use crate::tags::Tags;
use aspect::Wish;
use bucket::Found;
use work::{Handle, Work};

pub use params::BucketParams;

/// A bucket, under one of its names.
#[derive(Debug, Clone, Copy)]
pub struct Bucket(pub &'static Kind);

/// What a Score file calls a bucket.
#[derive(Debug)]
pub struct Kind {
    kind: &'static str,
    /// None means any.
    classes: &'static [&'static str],
}

/// `type: s3`
pub static S3: Kind = Kind { kind: "s3", classes: &[] };
/// `type: storage`, of class `s3` or without a class.
pub static STORAGE: Kind = Kind { kind: "storage", classes: &["default", "s3"] };

impl Work<'_> {
    fn wish(&self) -> Wish<'_> {
        let settings = &self.aws.settings;
        Wish {
            bucket: &self.handle.bucket,
            params: &self.target.params,
            adopted: self.handle.adopted,
            partition: settings.partition(),
            is_encrypted: settings.is_encrypted(),
        }
    }

    /// The tags that the bucket and the user are to have.
    fn tags(&self) -> Tags {
        let own = self.target.params.tags.iter();
        own.fold(self.identity.tags().clone(), |mut tags, (key, value)| {
            tags.set(key, value);
            tags
        })
    }

    /// Makes what is missing, and changes what is otherwise.
    fn make(&mut self) -> Result<State, Failure> {
        let found = self.own_bucket()?;
        self.tag_bucket(found)?;
        for aspect in aspect::ASPECTS {
            self.settle(aspect)?;
        }
        self.make_user()?;
        let key = self.make_key()?;
        self.done(key)
    }
}

impl Provisioner for Bucket {
    type Params = BucketParams;

    fn offer(&self) -> Offer {
        let offer = Offer::new(self.0.kind)
            .verb("update")
            .verb("adopt")
            .verb("settle")
            .output(OutputSpec::text("endpoint"))
            .output(OutputSpec::text("region"))
            .output(OutputSpec::text("bucket"))
            .output(OutputSpec::text("access_key_id"))
            .output(OutputSpec::secret("secret_key"))
            .output(OutputSpec::text("aws_access_key_id"))
            .output(OutputSpec::secret("aws_secret_key"));
        self.0.classes.iter().fold(offer, |offer, class| offer.class(*class))
    }

    fn validate_config(&self, host: &Host<'_>, target: &Target<BucketParams>) -> Vec<Violation> {
        // Settings that cannot be read are the operator's matter, and said by the first call that needs them.
        let Ok(settings) = Settings::of(host) else { return Vec::new() };
        params::violations(&target.params, &settings, target.handle().as_ref())
    }

    fn provision(&self, host: &Host<'_>, target: &Target<BucketParams>) -> Result<Progress, Failure> {
        let mut work = Work::of(host, target)?.checked()?;
        work.make().map(Into::into).map_err(|failure| work.failed(failure))
    }

    fn adopt(
        &self,
        host: &Host<'_>,
        target: &Target<BucketParams>,
        reference: &str,
    ) -> Result<Progress, Failure> {
        let mut work = Work::of(host, target)?.checked()?;
        let named = target.params.bucket.as_ref().or(work.is_known.then_some(&work.handle.bucket));
        if let Some(named) = named.filter(|named| *named != reference) {
            let message = format!("the resource's bucket is `{named}`, so `{reference}` cannot become it");
            return Err(Failure::conflict("bucket-differs", message));
        }
        if let Found::Missing = work.find_bucket(reference)? {
            let message = format!("there is no bucket `{reference}` in `{}`", work.handle.region);
            return Err(Failure::permanent("bucket-missing", message));
        }
        let handle = Handle { bucket: reference.to_owned(), adopted: true, ..work.handle.clone() };
        work.handle = handle;
        work.make().map(Into::into).map_err(|failure| work.failed(failure))
    }

    fn deprovision(&self, host: &Host<'_>, target: &Target<BucketParams>) -> Result<Removal, Failure> {
        let work = Work::of(host, target)?;
        work.remove().map_err(|failure| work.failed(failure))
    }

    fn get_status(&self, host: &Host<'_>, target: &Target<BucketParams>) -> Result<Status, Failure> {
        if target.prior.is_none() {
            return Ok(Status::new(Health::Missing, "NotProvisioned", "has not been made yet"));
        }
        Work::of(host, target)?.status()
    }

    fn get_hints(&self, host: &Host<'_>, target: &Target<BucketParams>) -> Result<Vec<Hint>, Failure> {
        let Some(Handle { bucket, region, .. }) = target.handle() else { return Ok(Vec::new()) };
        let settings = Settings::of(host)?;
        let mut hints = Vec::new();
        if settings.has_console() {
            let page = format!("https://{region}.console.aws.amazon.com/s3/buckets/{bucket}?region={region}");
            hints.push(Hint::url("Bucket in the console of AWS", page));
        }
        let elsewhere = format!(" --endpoint-url {}", settings.url(Service::S3));
        let elsewhere = if settings.has_console() { "" } else { elsewhere.as_str() };
        let list = format!("aws s3 ls s3://{bucket} --region {region}{elsewhere}");
        hints.push(Hint::command("List the bucket", list));
        Ok(hints)
    }
}
