//! What a watch reads from: how far the store is durable, and its history. Shared by the backends.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{Batch, ChangeKind, Error, Revision};

/// A piece of history, or that it is gone.
pub(crate) enum Slice {
    /// Whole transactions, without gap, beginning at the revision asked for; at least one.
    Batches(Vec<Arc<Batch>>),
    /// The revision asked for is older than what is kept.
    Compacted { oldest: Revision },
}

/// A backend as its watches see it.
#[async_trait]
pub(crate) trait Source: Send + Sync + 'static {
    /// Comes back when `revision` is durable.
    async fn wait_for(&self, revision: Revision) -> Result<(), Error>;

    /// History from `from`, which is durable.
    async fn read(&self, from: Revision) -> Result<Slice, Error>;
}

/// How far the store is durable, and whether it is at its end. Many wait for it, one moves it.
pub(crate) struct Progress(watch::Sender<State>);

#[derive(Default)]
struct State {
    durable: Revision,
    end: Option<Error>,
}

impl Progress {
    pub(crate) fn new(durable: Revision) -> Self {
        Self(watch::Sender::new(State { durable, end: None }))
    }

    /// The last durable revision, unless the store is at its end.
    pub(crate) fn durable(&self) -> Result<Revision, Error> {
        let state = self.0.borrow();
        match &state.end {
            Some(end) => Err(end.clone()),
            None => Ok(state.durable),
        }
    }

    pub(crate) async fn wait_for(&self, revision: Revision) -> Result<(), Error> {
        let mut receiver = self.0.subscribe();
        let state = receiver.wait_for(|state| state.end.is_some() || state.durable >= revision).await;
        match state.as_deref() {
            Ok(State { end: None, .. }) => Ok(()),
            Ok(State { end: Some(end), .. }) => Err(end.clone()),
            Err(_) => Err(Error::Closed),
        }
    }

    pub(crate) fn publish(&self, durable: Revision) {
        self.0.send_modify(|state| state.durable = durable);
    }

    /// From now on every call answers with this error. The first end stays, but for a close.
    pub(crate) fn end(&self, error: Error) {
        self.0.send_modify(|state| {
            if state.end.is_none() || error == Error::Closed {
                state.end = Some(error);
            }
        });
    }
}

/// The latest history in memory: bounded by revisions and, if asked for, by bytes; without gaps.
pub(crate) struct Recent {
    batches: VecDeque<Arc<Batch>>,
    bytes: usize,
    max_revisions: u64,
    max_bytes: usize,
}

impl Recent {
    pub(crate) fn new(max_revisions: u64, max_bytes: usize) -> Self {
        Self { batches: VecDeque::new(), bytes: 0, max_revisions: max_revisions.max(1), max_bytes }
    }

    /// Appends the next revision; the oldest ones make room.
    pub(crate) fn push(&mut self, batch: Arc<Batch>) {
        self.bytes += size(&batch);
        self.batches.push_back(batch);
        while self.batches.len() as u64 > self.max_revisions
            || (self.bytes > self.max_bytes && self.batches.len() > 1)
        {
            let Some(old) = self.batches.pop_front() else { break };
            self.bytes -= size(&old);
        }
    }

    /// The oldest revision held.
    pub(crate) fn oldest(&self) -> Option<Revision> {
        self.batches.front().map(|batch| batch.revision)
    }

    /// At most `count` revisions from `from`; nothing if `from` is not held.
    pub(crate) fn since(&self, from: Revision, count: usize) -> Vec<Arc<Batch>> {
        let Some(offset) = self.oldest().and_then(|oldest| from.0.checked_sub(oldest.0)) else {
            return Vec::new();
        };
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        self.batches.iter().skip(offset).take(count).cloned().collect()
    }
}

fn size(batch: &Batch) -> usize {
    let bytes = batch.changes.iter().map(|change| match &change.kind {
        ChangeKind::Put(put) => 2 * change.key.len() + put.value.len(),
        ChangeKind::Delete => change.key.len(),
    });
    bytes.sum::<usize>() + 64
}
