//! How a bucket is, against what is wished for. Only looks.

use innominatus_guest::prelude::*;

use super::aspect::ASPECTS;
use super::bucket::Found;
use super::work::Work;
use crate::identity::Owner;

impl Work<'_> {
    pub(super) fn status(&self) -> Result<Status, Failure> {
        let bucket = &self.handle.bucket;
        let Found::Tagged(tags) = self.find_bucket(bucket)? else {
            let message = format!("there is no bucket `{bucket}`");
            return Ok(Status::new(Health::Missing, "BucketMissing", message));
        };
        if let Owner::Other(whose) = self.identity.owner(&tags) {
            let message = format!("the bucket `{bucket}` is tagged as that of {whose}");
            return Ok(Status::new(Health::Degraded, "BucketTaken", message));
        }
        let mut status =
            Status::new(Health::Ready, "AsAskedFor", format!("the bucket `{bucket}` is as asked for"));
        for tag in tags.lacking(&self.tags()).0 {
            let pointer = format!("/tags/{}", tag.key.replace('~', "~0").replace('/', "~1"));
            status =
                status.drift(pointer, tag.value, tags.get(&tag.key).map_or(Json::Null, |found| json!(found)));
        }
        for aspect in ASPECTS {
            if let Some(change) = self.compare(aspect)? {
                status = status.drift(change.pointer, change.desired, change.observed);
            }
        }
        if let Some((reason, message)) = self.user_problem()? {
            return Ok(Status { health: Health::Degraded, reason: reason.to_owned(), message, ..status });
        }
        if status.drift.is_empty() {
            return Ok(status);
        }
        let places: Vec<&str> = status.drift.iter().map(|difference| difference.pointer.as_str()).collect();
        let message = format!("the bucket `{bucket}` is not as asked for: {}", places.join(", "));
        Ok(Status { health: Health::Degraded, reason: "Drifted".to_owned(), message, ..status })
    }

    /// Why nobody can use the bucket with the key that was handed over.
    fn user_problem(&self) -> Result<Option<(&'static str, String)>, Failure> {
        let user = &self.handle.user;
        if self.find_user()?.is_none() {
            return Ok(Some(("UserMissing", format!("there is no user `{user}`; the next apply makes it"))));
        }
        if self.user_may_otherwise()?.is_some() {
            let message = format!("the user `{user}` may not do what it should; the next apply mends it");
            return Ok(Some(("UserPolicyDrifted", message)));
        }
        let known = self.known_key().map(|key| key.id);
        let keys = self.keys()?;
        Ok(match keys.iter().find(|key| Some(&key.access_key_id) == known.as_ref()) {
            Some(key) if key.status == "Inactive" => {
                let message =
                    format!("somebody deactivated the key `{}` of the user `{user}`", key.access_key_id);
                Some(("KeyInactive", message))
            }
            Some(_) => None,
            None => {
                let message =
                    format!("the key of the user `{user}` is gone; the next apply makes another one");
                Some(("KeyMissing", message))
            }
        })
    }
}
