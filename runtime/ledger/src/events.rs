//! Events: kept in order, followed without a gap.

use std::fmt;
use std::str::FromStr;

use innominatus_model::{Event, EventId, Scope};
use innominatus_store::{ChangeKind, Range, Revision, Txn, Watch, WatchError, collect};

use crate::key::KeyBuilder;
use crate::record::{EventRecord, Via, decode};
use crate::{Ledger, LedgerError};

/// Where an event stands in the order of all events: by the store's revision, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    revision: Revision,
    id: EventId,
}

impl Cursor {
    /// When its event was written.
    pub fn revision(&self) -> Revision {
        self.revision
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.revision, self.id)
    }
}

/// A text that is not a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not an event cursor: take one from `events`", .0.chars().take(80).collect::<String>().escape_debug())]
pub struct InvalidCursor(String);

impl FromStr for Cursor {
    type Err = InvalidCursor;
    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let invalid = || InvalidCursor(text.to_owned());
        let (revision, id) = text.split_once('-').ok_or_else(invalid)?;
        Ok(Self {
            revision: Revision(revision.parse().map_err(|_| invalid())?),
            id: id.parse().map_err(|_| invalid())?,
        })
    }
}

/// An event and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The event.
    pub event: Event,
    /// Where it stands.
    pub cursor: Cursor,
}

/// Events as they come.
pub struct EventFeed {
    watch: Watch,
    after: Option<Cursor>,
    ready: std::collections::VecDeque<Recorded>,
}

#[derive(serde::Deserialize)]
struct Shape(#[serde(with = "Via::<EventRecord>")] Event);

fn recorded(value: &[u8], revision: Revision) -> Result<Recorded, LedgerError> {
    let Shape(event) = decode(value).map_err(LedgerError::record("an event"))?;
    let cursor = Cursor { revision, id: event.id };
    Ok(Recorded { event, cursor })
}

impl EventFeed {
    /// The next event. An error ends the feed; begin again from the last cursor.
    pub async fn next(&mut self) -> Result<Recorded, LedgerError> {
        loop {
            if let Some(next) = self.ready.pop_front() {
                return Ok(next);
            }
            let batch = self.watch.next().await.map_err(|error| match error {
                WatchError::Compacted { oldest } => LedgerError::EventsGone { oldest },
                WatchError::Store(source) => LedgerError::Store { doing: "follow events", source },
            })?;
            let mut events = Vec::new();
            for change in batch.changes {
                if let ChangeKind::Put(item) = change.kind {
                    events.push(recorded(&item.value, batch.revision)?);
                }
            }
            events.sort_by_key(|recorded| recorded.cursor);
            self.ready.extend(
                events.into_iter().filter(|recorded| self.after.is_none_or(|after| recorded.cursor > after)),
            );
        }
    }
}

/// Which of the kept events of one tenant and environment are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Only those after this one.
    pub since: Option<Cursor>,
    /// At most so many: the newest.
    pub limit: usize,
}

impl Default for Kept {
    fn default() -> Self {
        Self { since: None, limit: usize::MAX }
    }
}

/// Kept events, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// In order.
    pub events: Vec<Recorded>,
    /// What happened after this revision is not among them, what happened up to it is: whoever goes on from it
    /// misses nothing and sees nothing twice.
    pub revision: Revision,
}

/// Events that are read at once. As many as most lists show, with room for those that are not wanted.
const PAGE: usize = 256;

impl Ledger {
    /// The kept events of one tenant and environment after `since`, oldest first.
    pub async fn events(&self, scope: &Scope, since: Option<Cursor>) -> Result<Vec<Recorded>, LedgerError> {
        let kept = Kept { since, ..Kept::default() };
        Ok(self.list_events(scope, kept, |_| true).await?.events)
    }

    /// The kept events that are wanted. Reads backwards, page by page, and no further than it has to: with a
    /// limit, what is long past costs nothing.
    ///
    /// Backwards means by id, which begins with the time at which an event came to be, and they are written in
    /// nearly that order: only one that was written very much later than others of its time may be missing from
    /// a limited list.
    pub async fn list_events(
        &self,
        scope: &Scope,
        Kept { since, limit }: Kept,
        wanted: impl Fn(&Event) -> bool,
    ) -> Result<Listed, LedgerError> {
        let mut range = Range::prefix(KeyBuilder::scoped("evt", scope).build()).reverse().limit(PAGE);
        let mut events = Vec::new();
        let mut revision = None;
        loop {
            let page = self.store.range(range.clone()).await.map_err(LedgerError::store("list events"))?;
            // Later pages show what came after the first one was read, but not all of it: whoever goes on behind
            // the last event would miss the others.
            let revision = *revision.get_or_insert(page.revision);
            let last = page.items.last().map(|item| item.key.clone());
            for item in page.items {
                let at = item.mod_revision;
                // Most of what is not asked for is told apart without being read.
                if at > revision || since.is_some_and(|since| at < since.revision) {
                    continue;
                }
                let recorded = recorded(&item.value, at)?;
                if since.is_none_or(|since| recorded.cursor > since) && wanted(&recorded.event) {
                    events.push(recorded);
                }
            }
            match last {
                Some(last) if page.more && events.len() < limit => range = range.after(last),
                _ => {
                    events.sort_by_key(|recorded| recorded.cursor);
                    events.drain(..events.len().saturating_sub(limit));
                    return Ok(Listed { events, revision });
                }
            }
        }
    }

    /// Events that come after `since`, the kept ones first; without it, after now.
    pub async fn follow(&self, scope: &Scope, since: Option<Cursor>) -> Result<EventFeed, LedgerError> {
        let from = self.revision().await?.next();
        let watch = self
            .store
            .watch(KeyBuilder::scoped("evt", scope).build(), from)
            .await
            .map_err(LedgerError::store("follow events"))?;
        // Kept events outlive the store's history, so that is not asked for them.
        let kept = if since.is_some() { self.events(scope, since).await? } else { Vec::new() };
        let after = kept.last().map(|recorded| recorded.cursor).or(since);
        Ok(EventFeed { watch, after, ready: kept.into() })
    }

    /// Removes the oldest events of every tenant and environment beyond so many in all. Returns how many went.
    pub async fn trim_events(&self, keep: usize) -> Result<usize, LedgerError> {
        let (mut items, _) = collect(&*self.store, Range::prefix(KeyBuilder::new("evt").build()))
            .await
            .map_err(LedgerError::store("list events"))?;
        items.sort_by_key(|item| item.mod_revision);
        let excess = items.len().saturating_sub(keep);
        for batch in items[..excess].chunks(100) {
            let txn = batch.iter().fold(Txn::new(), |txn, item| txn.delete(item.key.clone()));
            self.store.txn(txn).await.map_err(LedgerError::store("trim events"))?;
        }
        Ok(excess)
    }
}
