//! Removing a database, with a last snapshot of it.

use innominatus_guest::Pending;
use innominatus_guest::prelude::*;

use super::instance::{Instance, MISSING, Stage};
use super::work::Work;
use crate::settings::Service::Rds;

impl Work<'_> {
    /// Removes the database, if it is there and ours; pending until it is gone.
    pub(super) fn remove(&self) -> Result<Removal, Failure> {
        let id = &self.handle.instance;
        let Some(instance) = self.find()? else { return Ok(Removal::Gone) };
        if let Err(failure) = self.own(&instance) {
            if self.is_known && instance.stage() != Stage::Deleting {
                return Err(failure);
            }
            // It was never made, and what is there instead is another's.
            self.host.info(format!("left alone: {}", failure.message));
            return Ok(Removal::Gone);
        }
        if instance.stage() == Stage::Deleting {
            return self.removing(format!("the database `{id}` is being removed"));
        }
        if instance.deletion_protection {
            let message = format!(
                "the database `{id}` is protected from removal; apply the file with `deletionProtection: false` first"
            );
            return Err(Failure::conflict("database-protected", message));
        }
        let skip = self.target.params.skip_final_snapshot;
        let mut fields = vec![
            ("DBInstanceIdentifier".to_owned(), id.clone()),
            ("SkipFinalSnapshot".to_owned(), skip.to_string()),
        ];
        let reason = if skip {
            format!("the database `{id}` is being removed without a snapshot")
        } else {
            match instance.stage() {
                Stage::Available | Stage::Full | Stage::Stopped => {}
                Stage::Busy | Stage::Deleting => {
                    let status = &instance.status;
                    return self.removing(format!(
                        "the database `{id}` is {status}; its last snapshot can be taken when it is available"
                    ));
                }
                Stage::Broken => {
                    let message = format!(
                        "the database `{id}` is {}, so that no last snapshot of it can be taken; apply the file with \
                         `skipFinalSnapshot: true` to remove it without",
                        instance.status
                    );
                    return Err(Failure::conflict("snapshot-impossible", message));
                }
            }
            let snapshot = self.snapshot(&instance);
            fields.push(("FinalDBSnapshotIdentifier".to_owned(), snapshot.clone()));
            format!("the database `{id}` is being removed; the snapshot `{snapshot}` stays")
        };
        match self.aws.act(Rds, "DeleteDBInstance", fields, &format!("remove the database `{id}`"), None) {
            Err(trouble) if trouble.is(MISSING) => Ok(Removal::Gone),
            Err(trouble) if trouble.is(&["DBSnapshotAlreadyExists", "DBSnapshotAlreadyExistsFault"]) => {
                let remedy = "name another `finalSnapshot`, or remove that snapshot";
                Err(trouble.conflict("snapshot-taken", remedy))
            }
            Err(trouble) if trouble.is(&["InvalidDBInstanceState", "InvalidDBInstanceStateFault"]) => self
                .removing(format!("the database `{id}` is {}, and cannot be removed yet", instance.status)),
            Err(trouble) => Err(trouble.into()),
            Ok(_) => {
                self.host.info(reason.clone());
                self.removing(reason)
            }
        }
    }

    /// What the last snapshot is called: after the database and when it was made, so that every try says the same
    /// and a later database of the same name something else.
    fn snapshot(&self, instance: &Instance) -> String {
        let made: String =
            instance.instance_create_time.chars().take(19).filter(char::is_ascii_alphanumeric).collect();
        let default = || format!("{}-final-{}", self.handle.instance, made.to_ascii_lowercase());
        self.target.params.final_snapshot.clone().unwrap_or_else(default)
    }

    fn removing(&self, reason: String) -> Result<Removal, Failure> {
        let after = self.aws.settings.poll();
        Ok(Removal::Pending(Pending { state: self.kept()?, after, reason, percent: None }))
    }
}
