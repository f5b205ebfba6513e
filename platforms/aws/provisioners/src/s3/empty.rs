//! Emptying a bucket before it is removed: page by page, every version of every object.

use std::time::Duration;

use innominatus_guest::Pending;
use innominatus_guest::prelude::*;
use percent_encoding::percent_decode_str;

use super::work::Work;
use crate::api::{Access, Trouble, document, read};

/// Pages of one call.
const PAGES: usize = 20;
/// Versions of a page. With names of a usual length, the answer stays within what a grant allows by itself.
const PAGE: &str = "250";
/// Where names are so long that it does not.
const SMALL_PAGE: &str = "25";
/// A page is not begun with less time than this.
const ENOUGH: Duration = Duration::from_secs(10);
/// When the host looks again.
const AGAIN: Duration = Duration::from_secs(1);

/// How far emptying came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Emptied {
    /// Nothing was left when we looked last.
    Wholly,
    /// There is more.
    Partly,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Page {
    /// `url` where keys are encoded; an emulator may not know how.
    encoding_type: String,
    version: Vec<Object>,
    delete_marker: Vec<Object>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Object {
    key: String,
    version_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Delete {
    quiet: bool,
    object: Vec<Object>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Deleted {
    error: Vec<Kept>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Kept {
    key: String,
    code: String,
    message: String,
}

impl Work<'_> {
    pub(super) fn empty_bucket(&self) -> Result<Emptied, Failure> {
        for page in 0..PAGES {
            // The first page is always done, so that every call comes nearer to the end.
            if page > 0 && self.host.remaining() < ENOUGH {
                return Ok(Emptied::Partly);
            }
            let objects = self.objects()?;
            if objects.is_empty() {
                return Ok(Emptied::Wholly);
            }
            self.delete_objects(objects)?;
        }
        Ok(Emptied::Partly)
    }

    /// The first versions that are left.
    fn objects(&self) -> Result<Vec<Object>, Failure> {
        match self.page(PAGE) {
            Err(trouble) if trouble.is_too_large() => Ok(self.page(SMALL_PAGE)?),
            page => Ok(page?),
        }
    }

    fn page(&self, size: &str) -> Result<Vec<Object>, Trouble> {
        let bucket = &self.handle.bucket;
        let text = self.aws.look(&Access {
            bucket,
            // Keys may hold letters that XML cannot.
            query: &[("versions", ""), ("encoding-type", "url"), ("max-keys", size)],
            purpose: &format!("list what is left in bucket `{bucket}`"),
            permission: "ListBucketVersions",
        })?;
        let Page { encoding_type, version, delete_marker } = read(&text)?;
        let decoded = |object: Object| {
            if encoding_type != "url" {
                return object;
            }
            // In this encoding a space is a plus sign.
            let key = object.key.replace('+', " ");
            Object { key: percent_decode_str(&key).decode_utf8_lossy().into_owned(), ..object }
        };
        Ok(version.into_iter().chain(delete_marker).map(decoded).collect())
    }

    fn delete_objects(&self, object: Vec<Object>) -> Result<(), Failure> {
        let bucket = &self.handle.bucket;
        let access = Access {
            bucket,
            query: &[("delete", "")],
            purpose: &format!("remove {} versions of objects in bucket `{bucket}`", object.len()),
            permission: "DeleteObjectVersion",
        };
        let text = self.aws.post(&access, document("Delete", &Delete { quiet: true, object })?)?;
        let Deleted { error } = read(&text)?;
        let Some(first) = error.first() else { return Ok(()) };
        let message = format!(
            "{} objects of bucket `{bucket}` cannot be removed, the first is `{}`: {} {}; a lock on objects or a \
             policy may hold them",
            error.len(),
            first.key,
            first.code,
            first.message
        );
        Err(Failure::conflict("bucket-not-empty", message))
    }

    pub(super) fn still_emptying(&self) -> Result<Removal, Failure> {
        Ok(Removal::Pending(Pending {
            state: self.kept()?,
            after: AGAIN,
            reason: format!("emptying the bucket `{}`", self.handle.bucket),
            percent: None,
        }))
    }
}
