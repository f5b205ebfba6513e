//! A store in memory: the port at its plainest. For tests, and as the model the other backends are checked against.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::feed::{Progress, Recent, Slice, Source};
use crate::range::PageBuilder;
use crate::stamp::{Stamp, holds};
use crate::{
    Backend, Batch, Change, ChangeKind, Committed, Error, Key, Op, Page, Range, Revision, Txn, Versioned,
    Watch,
};

/// A store that forgets everything when it is dropped.
pub struct MemoryStore {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    progress: Progress,
}

struct State {
    items: BTreeMap<Key, Versioned>,
    revision: Revision,
    history: Recent,
}

impl MemoryStore {
    /// An empty store that keeps its whole history.
    pub fn new() -> Self {
        Self::keeping(u64::MAX)
    }

    /// An empty store that keeps the history of its last `revisions` revisions.
    pub fn keeping(revisions: u64) -> Self {
        let state = State {
            items: BTreeMap::new(),
            revision: Revision::ZERO,
            history: Recent::new(revisions, usize::MAX),
        };
        Self {
            shared: Arc::new(Shared { state: Mutex::new(state), progress: Progress::new(Revision::ZERO) }),
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.shared.progress.end(Error::Closed);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Backend for MemoryStore {
    async fn read(&self, key: &[u8]) -> Result<Option<Versioned>, Error> {
        self.shared.progress.durable()?;
        Ok(self.shared.state().items.get(key).cloned())
    }

    async fn scan(&self, range: Range) -> Result<Page, Error> {
        self.shared.progress.durable()?;
        Ok(self.shared.state().scan(&range))
    }

    async fn commit(&self, txn: Txn) -> Result<Committed, Error> {
        self.shared.progress.durable()?;
        let mut state = self.shared.state();
        let committed = state.commit(txn)?;
        self.shared.progress.publish(state.revision);
        Ok(committed)
    }

    async fn follow(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, Error> {
        self.shared.progress.durable()?;
        let source: Arc<dyn Source> = self.shared.clone();
        Ok(Watch::new(source, prefix, from))
    }

    async fn head(&self) -> Result<Revision, Error> {
        self.shared.progress.durable()
    }

    async fn shut(&self) -> Result<(), Error> {
        self.shared.progress.end(Error::Closed);
        Ok(())
    }
}

impl State {
    fn scan(&self, range: &Range) -> Page {
        let mut page = PageBuilder::new(range, self.revision);
        if range.is_empty() {
            return page.finish();
        }
        let start = Bound::Included(range.start.clone());
        let end = if range.end.is_empty() { Bound::Unbounded } else { Bound::Excluded(range.end.clone()) };
        let items = self.items.range((start, end)).map(|(_, item)| item);
        let items: Box<dyn Iterator<Item = _>> =
            if range.reverse { Box::new(items.rev()) } else { Box::new(items) };
        for item in items {
            if page.is_full() {
                break;
            }
            page.push(item.clone());
        }
        page.finish()
    }

    fn commit(&mut self, txn: Txn) -> Result<Committed, Error> {
        for (failed, compare) in txn.compares.iter().enumerate() {
            let current = self.items.get(compare.key());
            let value = || Ok(current.map(|item| item.value.clone()).unwrap_or_default());
            if !holds(compare, current.map(Stamp::from), value)? {
                return Ok(Committed::Refused { failed, current: current.cloned() });
            }
        }
        let revision = self.revision.next();
        let changes: Vec<Change> = txn.then.into_iter().filter_map(|op| self.change(op, revision)).collect();
        if !changes.is_empty() {
            self.revision = revision;
            self.history.push(Arc::new(Batch { revision, changes }));
        }
        Ok(Committed::Applied(self.revision))
    }

    fn change(&mut self, op: Op, revision: Revision) -> Option<Change> {
        match op {
            Op::Put { key, value } => {
                let item =
                    Stamp::put(self.items.get(&key).map(Stamp::from), revision).with(key.clone(), value);
                self.items.insert(key.clone(), item.clone());
                Some(Change { key, kind: ChangeKind::Put(item) })
            }
            Op::Delete { key } => {
                self.items.remove(&key)?;
                Some(Change { key, kind: ChangeKind::Delete })
            }
        }
    }
}

#[async_trait]
impl Source for Shared {
    async fn wait_for(&self, revision: Revision) -> Result<(), Error> {
        self.progress.wait_for(revision).await
    }

    async fn read(&self, from: Revision) -> Result<Slice, Error> {
        let state = self.state();
        match state.history.oldest() {
            Some(oldest) if from < oldest => Ok(Slice::Compacted { oldest }),
            _ => Ok(Slice::Batches(state.history.since(from, 256))),
        }
    }
}
