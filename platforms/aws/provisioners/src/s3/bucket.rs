//! The bucket itself: whether it is there, whose it is, making it, tagging it, removing it.

use innominatus_guest::prelude::*;

use super::empty::Emptied;
use super::work::Work;
use crate::api::{Absent, Access, XML, document, read};
use crate::identity::Owner;
use crate::tags::{Tag, Tags};

/// What looking for a bucket found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Missing,
    /// It is there, with these tags.
    Tagged(Tags),
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tagging {
    tag_set: TagSet,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct TagSet {
    tag: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Location<'a> {
    location_constraint: &'a str,
}

impl Work<'_> {
    /// One look says whether a bucket is there, and whose it is.
    pub(super) fn find_bucket(&self, bucket: &str) -> Result<Found, Failure> {
        let access = Access {
            bucket,
            query: &[("tagging", "")],
            purpose: &format!("look for the bucket `{bucket}`"),
            permission: "GetBucketTagging",
        };
        match self.aws.look(&access) {
            Ok(text) => Ok(Found::Tagged(Tags(read::<Tagging>(&text)?.tag_set.tag))),
            Err(trouble) if trouble.is(&["NoSuchTagSet"]) => Ok(Found::Tagged(Tags::default())),
            Err(trouble) if trouble.is(&["NoSuchBucket"]) => Ok(Found::Missing),
            Err(trouble) if trouble.has_status(301) || trouble.is(&["PermanentRedirect"]) => {
                let remedy = "a bucket of this name is in another region; give the resource another `bucket`";
                Err(trouble.conflict("bucket-elsewhere", remedy))
            }
            Err(trouble) if trouble.has_status(403) => {
                let failure = Failure::from(trouble);
                let more =
                    "unless the bucket belongs to another account: then give the resource another `bucket`";
                Err(Failure { message: format!("{}, {more}", failure.message), ..failure })
            }
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// The bucket is there and ours; made if it was missing. Gives its tags.
    pub(super) fn own_bucket(&mut self) -> Result<Tags, Failure> {
        let bucket = self.handle.bucket.clone();
        if let Found::Tagged(tags) = self.find_bucket(&bucket)? {
            let tags = self.claimed(tags)?;
            self.remember()?;
            return Ok(tags);
        }
        // What is about to be made is ours, even if nobody hears that it was.
        self.remember()?;
        match self.create_bucket(&bucket)? {
            // Somebody was faster, or the answer to an earlier try was lost: whose it is has to be seen.
            false => match self.find_bucket(&bucket)? {
                Found::Tagged(tags) => self.claimed(tags),
                Found::Missing => Err(Failure::transient(
                    "bucket-not-settled",
                    format!("S3 says of the bucket `{bucket}` that it is there and that it is not"),
                )),
            },
            true => Ok(Tags::default()),
        }
    }

    /// The tags of a bucket that is there, if it is ours to change.
    fn claimed(&self, tags: Tags) -> Result<Tags, Failure> {
        let bucket = &self.handle.bucket;
        // Nobody else has any business with a name that is made of our identity.
        let is_ours_by_name = self.target.params.bucket.is_none();
        let refused = |whose: String, remedy: &str| {
            let message = format!("the bucket `{bucket}` is there already, and {whose}; {remedy}");
            Err(Failure::conflict("bucket-taken", message))
        };
        match self.identity.owner(&tags) {
            Owner::Ours => Ok(tags),
            Owner::Nobody if self.is_known || self.handle.adopted || is_ours_by_name => Ok(tags),
            Owner::Namesake(_) if self.handle.adopted => Ok(tags),
            Owner::Nobody => {
                let remedy = "name another `bucket`, or remove that one if nobody needs it";
                refused("does not say whose it is".to_owned(), remedy)
            }
            Owner::Namesake(id) => {
                let remedy = "remove it if that resource is gone, or have the operator set a `namePrefix` of its own \
                              for each installation";
                refused(format!("belongs to a resource of the same name (`{id}`)"), remedy)
            }
            Owner::Other(whose) => {
                refused(format!("belongs to {whose}"), "name another `bucket`, or refer to that resource")
            }
        }
    }

    /// Whether it was made now. False: it was there.
    fn create_bucket(&self, bucket: &str) -> Result<bool, Failure> {
        let region = self.handle.region.as_str();
        // The oldest region is the one that must not be named.
        let body = match region {
            "us-east-1" => Vec::new(),
            _ => document("CreateBucketConfiguration", &Location { location_constraint: region })?,
        };
        let access = Access {
            bucket,
            query: &[],
            purpose: &format!("make the bucket `{bucket}`"),
            permission: "CreateBucket",
        };
        match self.aws.make(&access, body) {
            Ok(_) => Ok(true),
            Err(trouble) if trouble.is(&["BucketAlreadyOwnedByYou"]) => Ok(false),
            Err(trouble) if trouble.is(&["BucketAlreadyExists"]) => {
                let remedy = "names are shared by all accounts of AWS; give the resource another `bucket`";
                Err(trouble.conflict("bucket-taken", remedy))
            }
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// The bucket's own tags; those of others stay.
    pub(super) fn tag_bucket(&self, found: Tags) -> Result<(), Failure> {
        let wanted = self.tags();
        let dropped = found.dropped(&self.handle.tags, &wanted);
        if found.lacking(&wanted).0.is_empty() && dropped.is_empty() {
            return Ok(());
        }
        let bucket = &self.handle.bucket;
        let tagging = Tagging { tag_set: TagSet { tag: found.without(&dropped).merged(&wanted).0 } };
        let access = Access {
            bucket,
            query: &[("tagging", "")],
            purpose: &format!("tag the bucket `{bucket}`"),
            permission: "PutBucketTagging",
        };
        self.aws.put(&access, document("Tagging", &tagging)?, XML)?;
        Ok(())
    }

    /// Removes the bucket and its user, as far as they are there and ours.
    pub(super) fn remove(&self) -> Result<Removal, Failure> {
        let bucket = &self.handle.bucket;
        let tags = match self.find_bucket(bucket)? {
            Found::Tagged(tags) => tags,
            Found::Missing => return self.remove_user().map(|()| Removal::Gone),
        };
        if let Err(failure) = self.claimed(tags) {
            if self.is_known {
                return Err(failure);
            }
            // It was never made, and what is there instead is another's.
            self.host.info(format!("left alone: {}", failure.message));
            return self.remove_user().map(|()| Removal::Gone);
        }
        let access = Access {
            bucket,
            query: &[],
            purpose: &format!("remove the bucket `{bucket}`"),
            permission: "DeleteBucket",
        };
        let filled = match self.aws.remove(&access).unless(&["NoSuchBucket"]) {
            Ok(_) => return self.remove_user().map(|()| Removal::Gone),
            Err(trouble) if trouble.is(&["BucketNotEmpty"]) => trouble,
            Err(trouble) => return Err(trouble.into()),
        };
        if !self.target.params.force_destroy {
            let remedy =
                "empty it, or apply the file with `forceDestroy: true` to remove it with all that is in it";
            return Err(filled.conflict("bucket-not-empty", remedy));
        }
        // Nobody is to write any more while it is emptied.
        self.remove_user()?;
        if self.empty_bucket()? == Emptied::Wholly {
            match self.aws.remove(&access).unless(&["NoSuchBucket"]) {
                Ok(_) => return Ok(Removal::Gone),
                Err(trouble) if trouble.is(&["BucketNotEmpty"]) => {}
                Err(trouble) => return Err(trouble.into()),
            }
        }
        self.still_emptying()
    }
}
