//! Reading: one key, a page, a piece of history. Every record is checked.

use std::sync::Arc;

use async_trait::async_trait;

use super::error;
use super::layout::{ENTRIES_END, Place, entry_key, parse_entry_key};
use super::record::{Broken, Entry, Record};
use super::shared::{Shared, blocking};
use crate::feed::{Slice, Source};
use crate::range::PageBuilder;
use crate::{Batch, ChangeKind, Error, Page, Range, Revision, Versioned};

/// Whole revisions read from the log at once, and the bytes that end a piece early.
const PIECE: (usize, usize) = (256, 2 * 1024 * 1024);

impl Shared {
    /// The present value of a key, durable or not.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Error> {
        self.with(|database| {
            let mut entry = self.entry(database, key)?;
            while let Some(found) = entry {
                if let Some(item) = self.value(database, key, &found)? {
                    return Ok(Some(item));
                }
                // Superseded and compacted between the two looks, or damage.
                entry = self.entry(database, key)?;
                if entry == Some(found) {
                    return Err(self.lost(key));
                }
            }
            Ok(None)
        })
    }

    /// What is known of a key.
    pub(super) fn entry(&self, database: &::sled::Db, key: &[u8]) -> Result<Option<Entry>, Error> {
        let physical = entry_key(key);
        match database.get(&physical).map_err(|e| error::sled(&self.path, e))? {
            None => Ok(None),
            Some(bytes) => Entry::decode(&physical, &bytes).map(Some).map_err(|e| self.broken(key, e)),
        }
    }

    /// The value an entry points to; None if it is not there.
    pub(super) fn value(
        &self,
        database: &::sled::Db,
        key: &[u8],
        entry: &Entry,
    ) -> Result<Option<Versioned>, Error> {
        let place = entry.place();
        let Some(bytes) = database.get(place.key()).map_err(|e| error::sled(&self.path, e))? else {
            return Ok(None);
        };
        let record = Record::decode(place, &bytes).map_err(|e| self.broken(key, e))?;
        match record.change.kind {
            ChangeKind::Put(item) if item.key == key => Ok(Some(item)),
            _ => Err(self.broken(key, Broken("its place holds something else"))),
        }
    }

    /// A page, as of one revision that may not be durable yet.
    pub(super) fn page(&self, range: &Range) -> Result<Page, Error> {
        self.with(|database| {
            let _whole = self.whole();
            let mut page = PageBuilder::new(range, self.applied());
            if range.is_empty() {
                return Ok(page.finish());
            }
            let end = if range.end.is_empty() { ENTRIES_END.to_vec() } else { entry_key(&range.end) };
            let entries = database.range(entry_key(&range.start)..end);
            let entries: Box<dyn Iterator<Item = _>> =
                if range.reverse { Box::new(entries.rev()) } else { Box::new(entries) };
            for found in entries {
                if page.is_full() {
                    break;
                }
                let (physical, bytes) = found.map_err(|e| error::sled(&self.path, e))?;
                let key = parse_entry_key(&physical);
                let entry = Entry::decode(&physical, &bytes).map_err(|e| self.broken(key, e))?;
                page.push(self.value(database, key, &entry)?.ok_or_else(|| self.lost(key))?);
            }
            Ok(page.finish())
        })
    }

    /// Durable history from the log.
    fn history(&self, from: Revision) -> Result<Slice, Error> {
        self.with(|database| {
            let _whole = self.whole();
            let oldest = self.oldest();
            if from < oldest {
                return Ok(Slice::Compacted { oldest });
            }
            let end = self.progress.durable()?.next();
            let mut batches: Vec<Arc<Batch>> = Vec::new();
            let mut batch = Batch { revision: from, changes: Vec::new() };
            let mut bytes_read = 0;
            for found in database.range(Place::first_of(from).key()..Place::first_of(end).key()) {
                let (physical, bytes) = found.map_err(|e| error::sled(&self.path, e))?;
                let place = Place { revision: batch.revision, number: batch.changes.len() as u16 };
                if Place::parse(&physical) != Some(place) {
                    return Err(self.gap(batch.revision));
                }
                let record = Record::decode(place, &bytes)
                    .map_err(|Broken(why)| self.gap_because(batch.revision, why))?;
                batch.changes.push(record.change);
                bytes_read += bytes.len();
                if batch.changes.len() < usize::from(record.of) {
                    continue;
                }
                let revision = batch.revision.next();
                batches
                    .push(Arc::new(std::mem::replace(&mut batch, Batch { revision, changes: Vec::new() })));
                if batches.len() == PIECE.0 || bytes_read >= PIECE.1 {
                    break;
                }
            }
            // The revision asked for is durable, so an empty answer or half a revision is a hole.
            if batches.is_empty() || !batch.changes.is_empty() {
                return Err(self.gap(batch.revision));
            }
            Ok(Slice::Batches(batches))
        })
    }

    fn broken(&self, key: &[u8], Broken(why): Broken) -> Error {
        error::damaged(
            &self.path,
            format!("the record of key `{}` cannot be used: {why}", key.escape_ascii()),
        )
    }

    pub(super) fn lost(&self, key: &[u8]) -> Error {
        self.broken(key, Broken("its value is missing"))
    }

    fn gap(&self, revision: Revision) -> Error {
        self.gap_because(revision, "a change is missing")
    }

    fn gap_because(&self, revision: Revision, why: &str) -> Error {
        error::damaged(&self.path, format!("the history of revision {revision} cannot be read: {why}"))
    }
}

#[async_trait]
impl Source for Arc<Shared> {
    async fn wait_for(&self, revision: Revision) -> Result<(), Error> {
        self.progress.wait_for(revision).await
    }

    async fn read(&self, from: Revision) -> Result<Slice, Error> {
        let oldest = self.oldest();
        if from < oldest {
            return Ok(Slice::Compacted { oldest });
        }
        let recent = self.recent().since(from, PIECE.0);
        if !recent.is_empty() {
            return Ok(Slice::Batches(recent));
        }
        let shared = Arc::clone(self);
        blocking(move || shared.history(from)).await
    }
}
