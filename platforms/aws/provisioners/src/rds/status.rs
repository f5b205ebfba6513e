//! How a database is, against what is asked for. Only looks.

use innominatus_guest::prelude::*;

use super::instance::Stage;
use super::work::Work;
use crate::identity::Owner;

impl Work<'_> {
    pub(super) fn status(&self) -> Result<Status, Failure> {
        let id = &self.handle.instance;
        let Some(instance) = self.find()? else {
            return Ok(Status::new(
                Health::Missing,
                "DatabaseMissing",
                format!("there is no database `{id}`"),
            ));
        };
        let tags = instance.tags();
        if let Owner::Other(whose) = self.identity.owner(&tags) {
            let message = format!("the database `{id}` is tagged as that of {whose}");
            return Ok(Status::new(Health::Degraded, "DatabaseTaken", message));
        }
        let said = format!("the database `{id}` is {}", instance.status);
        let mut status = match instance.stage() {
            Stage::Available => Status::new(Health::Ready, "Available", said),
            Stage::Busy => Status::new(Health::Progressing, "Busy", said),
            Stage::Deleting => Status::new(Health::Missing, "Deleting", said),
            Stage::Stopped => Status::new(Health::Degraded, "Stopped", said),
            Stage::Full => Status::new(Health::Degraded, "StorageFull", said),
            Stage::Broken => Status::new(Health::Degraded, "Broken", said),
        };
        for tag in tags.lacking(&self.tags()).0 {
            let pointer = format!("/tags/{}", tag.key.replace('~', "~0").replace('/', "~1"));
            status =
                status.drift(pointer, tag.value, tags.get(&tag.key).map_or(Json::Null, |found| json!(found)));
        }
        // While AWS works on it, what was asked for and is not so yet is no drift.
        for change in self.changes(&instance.settled()) {
            status = status.drift(change.pointer, change.desired, change.observed);
        }
        if status.health == Health::Ready && !status.drift.is_empty() {
            let places: Vec<&str> =
                status.drift.iter().map(|difference| difference.pointer.as_str()).collect();
            let message = format!("the database `{id}` is not as asked for: {}", places.join(", "));
            return Ok(Status { health: Health::Degraded, reason: "Drifted".to_owned(), message, ..status });
        }
        Ok(status)
    }
}
