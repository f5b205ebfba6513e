//! The parts of a bucket, each with what is wished for, how it is found, and what makes it so.

use innominatus_guest::prelude::*;

use super::params::BucketParams;
use super::work::Work;
use super::{lifecycle, policy, protection};
use crate::api::{Absent, Access};

/// What a bucket is to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    pub(super) bucket: &'a str,
    pub(super) params: &'a BucketParams,
    /// What the params do not say stays as it is.
    pub(super) adopted: bool,
    pub(super) partition: &'static str,
    /// Whether requests are encrypted on their way.
    pub(super) is_encrypted: bool,
}

/// One part of a bucket: a sub-resource of its URL.
pub(super) struct Aspect {
    pub(super) query: &'static str,
    /// For people: "the bucket's …".
    pub(super) name: &'static str,
    /// What S3 says where there is none.
    pub(super) absent: &'static str,
    /// What reading, writing and removing it must be allowed by, without the service.
    pub(super) permissions: [&'static str; 3],
    /// What is to be done about what was found; none if it is as wished.
    pub(super) compare: fn(&Wish<'_>, Option<&str>) -> Result<Option<Change>, Failure>,
}

/// A part that is not as wished.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) pointer: &'static str,
    pub(super) desired: Json,
    pub(super) observed: Json,
    pub(super) write: Write,
}

/// What makes a part as wished.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Write {
    /// A body of this media type.
    Put(Vec<u8>, &'static str),
    Delete,
}

/// In the order in which they are made: first what protects.
pub(super) const ASPECTS: &[Aspect] = &[
    protection::PUBLIC_ACCESS,
    protection::ENCRYPTION,
    protection::VERSIONING,
    policy::POLICY,
    lifecycle::LIFECYCLE,
];

impl Work<'_> {
    /// What is to be done about one part.
    pub(super) fn compare(&self, aspect: &Aspect) -> Result<Option<Change>, Failure> {
        let found = self
            .aws
            .look(&Access {
                bucket: &self.handle.bucket,
                query: &[(aspect.query, "")],
                purpose: &format!("look at {} of bucket `{}`", aspect.name, self.handle.bucket),
                permission: aspect.permissions[0],
            })
            .unless(&[aspect.absent])?;
        (aspect.compare)(&self.wish(), found.as_deref())
    }

    /// Makes one part as wished.
    pub(super) fn settle(&self, aspect: &Aspect) -> Result<(), Failure> {
        let Some(change) = self.compare(aspect)? else { return Ok(()) };
        if !change.observed.is_null() && change.desired != change.observed {
            let observed = change.observed.to_string();
            let message = format!("{} of bucket `{}` was otherwise", aspect.name, self.handle.bucket);
            self.host.log(Level::Info, message, &[("observed", &observed)]);
        }
        let (verb, permission) = match change.write {
            Write::Put(..) => ("set", aspect.permissions[1]),
            Write::Delete => ("remove", aspect.permissions[2]),
        };
        let access = Access {
            bucket: &self.handle.bucket,
            query: &[(aspect.query, "")],
            purpose: &format!("{verb} {} of bucket `{}`", aspect.name, self.handle.bucket),
            permission,
        };
        match change.write {
            Write::Put(body, media) => self.aws.put(&access, body, media),
            Write::Delete => self.aws.remove(&access),
        }?;
        Ok(())
    }
}
