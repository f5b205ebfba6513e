//! Making a database, and changing one that is there.

use innominatus_guest::prelude::*;

use super::change::Change;
use super::instance::{Instance, Stage, changed};
use super::work::{Asked, Work};
use crate::identity::Owner;
use crate::settings::Service::Rds;
use crate::tags::key_fields;

/// How often the same change is asked for before we give up on it.
const TIMES: u32 = 3;

impl Work<'_> {
    /// Looks first; makes the database only where there is none.
    pub(super) fn make(&mut self) -> Result<Progress, Failure> {
        if let Some(instance) = self.find()? {
            return self.go_on(instance);
        }
        // What is about to be made is ours, even if nobody hears that it was.
        self.remember()?;
        let id = self.handle.instance.clone();
        let fields = self.create_fields()?;
        match self.aws.act(Rds, "CreateDBInstance", fields, &format!("make the database `{id}`"), None) {
            Ok(text) => self.go_on(changed(&text)?),
            // Made since we looked: whose it is has to be seen.
            Err(trouble) if trouble.is(&["DBInstanceAlreadyExists", "DBInstanceAlreadyExistsFault"]) => {
                match self.find()? {
                    Some(instance) => self.go_on(instance),
                    None => Err(trouble.into()),
                }
            }
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// From what is there to what is asked for.
    fn go_on(&mut self, instance: Instance) -> Result<Progress, Failure> {
        let id = self.handle.instance.clone();
        // One that goes is nobody's any more; its name is free when it is gone.
        if instance.stage() == Stage::Deleting {
            return self.pending(format!("an earlier database `{id}` is still being removed"));
        }
        self.own(&instance)?;
        self.remember()?;
        self.handle.storage = Some(instance.allocated_storage);
        self.handle.version = Some(instance.engine_version.clone());
        match instance.stage() {
            Stage::Available | Stage::Full => {}
            Stage::Busy | Stage::Deleting => {
                return self.pending(format!("the database `{id}` is {}", instance.status));
            }
            Stage::Stopped => {
                let message = format!("the database `{id}` is stopped; start it, then apply again");
                return Err(Failure::permanent("database-stopped", message));
            }
            Stage::Broken => return Err(self.broken(&instance)),
        }
        let impossible = self.impossible(&instance);
        if !impossible.is_empty() {
            return Err(Failure::invalid(impossible));
        }
        self.tag(&instance)?;
        let changes = self.changes(&instance.settled());
        let instance = if changes.is_empty() { instance } else { self.modify(&changes)? };
        self.judge(&instance)
    }

    /// Whether all is done.
    fn judge(&mut self, instance: &Instance) -> Result<Progress, Failure> {
        let id = self.handle.instance.clone();
        let left = self.changes(instance);
        if instance.stage() == Stage::Full && left.is_empty() {
            let message = format!("the disk of the database `{id}` is full; write a larger `storage`");
            return Err(Failure::permanent("database-full", message));
        }
        if instance.stage() != Stage::Available || !left.is_empty() {
            let what: Vec<&str> = left.iter().map(|change| change.pointer).collect();
            let what = if what.is_empty() {
                instance.status.clone()
            } else {
                format!("changing {}", what.join(", "))
            };
            return self.pending(format!("the database `{id}` is {what}"));
        }
        self.handle.asked = None;
        self.handle.storage = Some(instance.allocated_storage);
        self.handle.version = Some(instance.engine_version.clone());
        match self.done(instance)? {
            Some(state) => Ok(state.into()),
            None => self.pending(format!("the database `{id}` has no address yet")),
        }
    }

    /// Has all changes made at once, now.
    fn modify(&mut self, changes: &[Change]) -> Result<Instance, Failure> {
        let id = self.handle.instance.clone();
        let mut fields = vec![
            ("DBInstanceIdentifier".to_owned(), id.clone()),
            ("ApplyImmediately".to_owned(), "true".to_owned()),
        ];
        fields.extend(changes.iter().flat_map(|change| change.fields.clone()));
        let change: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let change = change.join(" ");
        let times =
            self.handle.asked.take().filter(|asked| asked.change == change).map_or(0, |asked| asked.times);
        if times >= TIMES {
            let pointers: Vec<&str> = changes.iter().map(|change| change.pointer).collect();
            let message = format!(
                "AWS was asked {times} times to change {} of the database `{id}` and did not; its events say why",
                pointers.join(", ")
            );
            return Err(Failure::permanent("change-not-taken", message));
        }
        self.handle.asked = Some(Asked { change, times: times + 1 });
        let text =
            self.aws.act(Rds, "ModifyDBInstance", fields, &format!("change the database `{id}`"), None)?;
        changed(&text)
    }

    /// Its own tags, without those of before; those of others stay.
    fn tag(&self, instance: &Instance) -> Result<(), Failure> {
        let (found, wanted) = (instance.tags(), self.tags());
        let (lacking, dropped) = (found.lacking(&wanted), found.dropped(&self.handle.tags, &wanted));
        let id = &self.handle.instance;
        let with = |more: Vec<(String, String)>| {
            let of = ("ResourceName".to_owned(), instance.arn.clone());
            [of].into_iter().chain(more).collect()
        };
        if !lacking.0.is_empty() {
            let fields = with(lacking.fields("Tags.Tag"));
            self.aws.act(Rds, "AddTagsToResource", fields, &format!("tag the database `{id}`"), None)?;
        }
        if !dropped.is_empty() {
            let (fields, purpose) =
                (with(key_fields(&dropped)), format!("take tags from the database `{id}`"));
            self.aws.act(Rds, "RemoveTagsFromResource", fields, &purpose, None)?;
        }
        Ok(())
    }

    /// Fails if the database is another's.
    pub(super) fn own(&self, instance: &Instance) -> Result<(), Failure> {
        let whose = match self.identity.owner(&instance.tags()) {
            Owner::Ours => return Ok(()),
            // Somebody took the tags away; its name is made of our identity.
            Owner::Nobody if self.is_known => return Ok(()),
            Owner::Nobody => "does not say whose it is".to_owned(),
            Owner::Namesake(id) => format!("belongs to a resource of the same name (`{id}`)"),
            Owner::Other(whose) => format!("belongs to {whose}"),
        };
        let message = format!(
            "the database `{}` is there already, and {whose}; have the operator set a `namePrefix` of its own for \
             each installation, or remove that database if nobody needs it",
            self.handle.instance
        );
        Err(Failure::conflict("database-taken", message))
    }

    fn broken(&self, instance: &Instance) -> Failure {
        let message = format!(
            "the database `{}` is {}, which does not mend itself; its events in the console say why",
            self.handle.instance, instance.status
        );
        Failure::permanent("database-broken", message)
    }

    fn pending(&self, reason: String) -> Result<Progress, Failure> {
        Ok(Progress::pending(self.kept()?, self.aws.settings.poll(), reason))
    }
}
