//! The check at every start: is all there that was ever acknowledged, and does it fit together?
//!
//! sled opens a database whose end is lost at an earlier state, and one damaged in the middle sometimes with a hole.
//! So: the revision is not behind the witness; the history has every change of every revision it should have, each
//! as written; the keys are as many and the same as the sums say; each key's entry is what the history says last;
//! and each value older than the history is in its place.

use std::collections::HashMap;
use std::path::Path;

use super::error::{self, damaged};
use super::layout::{
    ENTRIES_END, ENTRIES_START, FORMAT, META_FORMAT, META_HEAD, META_ID, Place, parse_entry_key,
};
use super::record::{Broken, Entry, Head, Record, sum};
use super::weights::Weights;
use crate::{ChangeKind, Error, Key, Revision};
use uuid::Uuid;

/// Checks an opened database against marker and witness. Gives its head, and how much its history weighs.
pub(super) fn check(
    path: &Path,
    database: &::sled::Db,
    id: Uuid,
    acknowledged: Revision,
) -> Result<(Head, Weights), Error> {
    let check = Check { path, database };
    check.identity(id)?;
    let head = check.head()?;
    if head.revision < acknowledged {
        let (found, lost) = (head.revision, acknowledged);
        return Err(damaged(
            path,
            format!("the database ends at revision {found}, but revision {lost} was acknowledged"),
        ));
    }
    let (last, weights) = check.history(&head)?;
    check.entries(&head, &last)?;
    Ok((head, weights))
}

struct Check<'a> {
    path: &'a Path,
    database: &'a ::sled::Db,
}

/// Where the history last put a key; None: it deleted it.
type Last = HashMap<Key, Option<Place>>;

/// Counts places and sums them up, in any order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    keys: u64,
    sum: u64,
}

impl Tally {
    fn add(&mut self, key: &[u8], place: Place) {
        self.keys += 1;
        self.sum = self.sum.wrapping_add(sum(key, place));
    }
}

impl Check<'_> {
    fn identity(&self, id: Uuid) -> Result<(), Error> {
        let format = self.meta(META_FORMAT)?;
        let found_id = self.meta(META_ID)?;
        let (Some(format), Some(found_id)) = (format, found_id) else {
            return Err(self.damaged("the database is empty, although the folder is that of a store"));
        };
        let format = format.as_ref().try_into().map(u32::from_be_bytes);
        match format {
            Ok(FORMAT) => {}
            Ok(found) => {
                return Err(Error::Format { path: self.path.to_path_buf(), found, known: FORMAT });
            }
            Err(_) => return Err(self.damaged("the format's number cannot be read")),
        }
        match Uuid::from_slice(&found_id) {
            Ok(found) if found == id => Ok(()),
            Ok(found) => Err(self.damaged(format!(
                "the folder is marked as store {id}, but the database is that of store {found}"
            ))),
            Err(_) => Err(self.damaged("the store's id cannot be read")),
        }
    }

    fn head(&self) -> Result<Head, Error> {
        let bytes = self.meta(META_HEAD)?.ok_or_else(|| self.damaged("the head record is missing"))?;
        Head::decode(META_HEAD, &bytes)
            .map_err(|Broken(why)| self.damaged(format!("the head record cannot be used: {why}")))
    }

    /// The kept history is whole. Gives what it says last of each key it names.
    fn history(&self, head: &Head) -> Result<(Last, Weights), Error> {
        let mut last = Last::new();
        let (mut weights, mut weight) = (Weights::default(), 0);
        let mut expected = Place::first_of(head.oldest);
        for found in self.database.range(expected.key()..Place::first_of(Revision(u64::MAX)).key()) {
            let (physical, bytes) = found.map_err(|e| error::sled(self.path, e))?;
            if Place::parse(&physical) != Some(expected) {
                return Err(self.hole(expected.revision));
            }
            let record = self.record(expected, &bytes)?;
            let place = matches!(record.change.kind, ChangeKind::Put(_)).then_some(expected);
            last.insert(record.change.key, place);
            weight += (physical.len() + bytes.len()) as u64;
            expected.number += 1;
            if expected.number == record.of {
                weights.push(std::mem::take(&mut weight));
                expected = Place::first_of(expected.revision.next());
            }
        }
        if expected == Place::first_of(head.revision.next()) {
            Ok((last, weights))
        } else {
            Err(self.hole(expected.revision))
        }
    }

    /// The entries are those of the sums and agree with the history; older values are in their places.
    fn entries(&self, head: &Head, last: &Last) -> Result<(), Error> {
        let (mut all, mut old, mut confirmed) = (Tally::default(), Tally::default(), 0);
        for found in self.database.range(ENTRIES_START..ENTRIES_END) {
            let (physical, bytes) = found.map_err(|e| error::sled(self.path, e))?;
            let key = parse_entry_key(&physical);
            let shown = key.escape_ascii();
            let entry = Entry::decode(&physical, &bytes).map_err(|Broken(why)| {
                self.damaged(format!("the record of key `{shown}` cannot be used: {why}"))
            })?;
            let place = entry.place();
            all.add(key, place);
            match last.get(key) {
                Some(said) if *said == Some(place) => confirmed += 1,
                None if place.revision < head.oldest => old.add(key, place),
                _ => return Err(self.damaged(format!("key `{shown}` does not agree with the history"))),
            }
        }
        if confirmed != last.values().flatten().count() {
            return Err(self.damaged("a key that the history names is missing"));
        }
        if all != (Tally { keys: head.keys, sum: head.sum }) {
            let (found, said) = (all.keys, head.keys);
            return Err(self.damaged(format!("{found} keys are there, not the {said} that should be")));
        }
        if self.old_values(head)? == old {
            Ok(())
        } else {
            Err(self.damaged("the value of a key is missing"))
        }
    }

    /// What lies in the log before the kept history: the values of keys not changed since.
    fn old_values(&self, head: &Head) -> Result<Tally, Error> {
        let mut tally = Tally::default();
        let range = Place::first_of(Revision::ZERO).key()..Place::first_of(head.oldest).key();
        for found in self.database.range(range) {
            let (physical, bytes) = found.map_err(|e| error::sled(self.path, e))?;
            let place = Place::parse(&physical)
                .ok_or_else(|| self.damaged("the log holds a key that is not its own"))?;
            tally.add(&self.record(place, &bytes)?.change.key, place);
        }
        Ok(tally)
    }

    fn record(&self, place: Place, bytes: &[u8]) -> Result<Record, Error> {
        Record::decode(place, bytes).map_err(|Broken(why)| {
            self.damaged(format!("a record of revision {} cannot be used: {why}", place.revision))
        })
    }

    fn meta(&self, key: &[u8]) -> Result<Option<::sled::IVec>, Error> {
        self.database.get(key).map_err(|e| error::sled(self.path, e))
    }

    fn hole(&self, revision: Revision) -> Error {
        self.damaged(format!("the history of revision {revision} is not whole"))
    }

    fn damaged(&self, what: impl Into<String>) -> Error {
        damaged(self.path, what)
    }
}
