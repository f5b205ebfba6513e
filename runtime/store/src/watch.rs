//! Following what changes: a cursor over the history that a backend keeps.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::Stream;

use crate::feed::{Slice, Source};
use crate::{Error, Key, Revision, Versioned};

/// What one transaction changed under the watched prefix, in the order of its operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The transaction's revision.
    pub revision: Revision,
    /// At least one change.
    pub changes: Vec<Change>,
}

/// A change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: Key,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// What happened to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was put; this is the value of that revision, which need not be the present one.
    Put(Versioned),
    /// It was deleted.
    Delete,
}

/// Why a watch cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// The history it would have to read is gone. List again, and watch from the revision behind the list's.
    #[error("the history before revision {oldest} is compacted")]
    Compacted {
        /// The oldest revision a watch can begin from.
        oldest: Revision,
    },
    /// The store failed or was closed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A watch: see [`Store::watch`](crate::Store::watch). Only durable changes are seen.
///
/// It holds nothing but its place, so a slow reader holds up nobody; one that is so slow that the history is
/// compacted under it is told so.
pub struct Watch {
    source: Arc<dyn Source>,
    prefix: Key,
    /// The revision to read next from the source.
    cursor: Revision,
    ready: VecDeque<Batch>,
}

impl Watch {
    pub(crate) fn new(source: Arc<dyn Source>, prefix: Key, from: Revision) -> Self {
        Self { source, prefix, cursor: from.max(Revision(1)), ready: VecDeque::new() }
    }

    /// The next transaction that changed something under the prefix. Waits for it.
    ///
    /// The future may be dropped at any time without losing a change.
    ///
    /// # Errors
    /// [`WatchError::Compacted`] again and again once the place is lost; the store's own errors.
    pub async fn next(&mut self) -> Result<Batch, WatchError> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(batch);
            }
            self.source.wait_for(self.cursor).await?;
            match self.source.read(self.cursor).await? {
                Slice::Compacted { oldest } => return Err(WatchError::Compacted { oldest }),
                Slice::Batches(batches) => {
                    for batch in batches {
                        self.cursor = batch.revision.next();
                        self.ready.extend(under(&self.prefix, &batch));
                    }
                }
            }
        }
    }

    /// As a stream that ends after its first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Batch, WatchError>> + Send + 'static {
        futures::stream::unfold(Some(self), |watch| async move {
            let mut watch = watch?;
            match watch.next().await {
                Ok(batch) => Some((Ok(batch), Some(watch))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let prefix = self.prefix.escape_ascii().to_string();
        f.debug_struct("Watch").field("prefix", &prefix).field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

/// The part of a batch under a prefix, if there is one.
fn under(prefix: &[u8], batch: &Batch) -> Option<Batch> {
    let changes: Vec<Change> =
        batch.changes.iter().filter(|change| change.key.starts_with(prefix)).cloned().collect();
    if changes.is_empty() { None } else { Some(Batch { revision: batch.revision, changes }) }
}
