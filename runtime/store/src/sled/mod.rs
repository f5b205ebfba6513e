//! The embedded store: sled 0.34.7, used so that an acknowledged write is durable and damage is not silent.
//!
//! What sled does not do and this module does:
//!
//! * its `flush` does not sync the file: after it, the file is synced through a handle of our own ([`Disk`]);
//! * a start that was killed leaves a file that makes every later start fail: it is removed (`open`);
//! * it opens an emptied or shortened database as if nothing were missing: a marker file, a witness of the last
//!   acknowledged revision, and a check of the whole at every start say no (`marker`, `witness`, `check`);
//! * what it finds damaged it zeroes before it says so: it opens files of which there is a copy (`before`);
//! * its subscriptions fire before a write is durable and cannot resume: the history is our own (`reader`).
//!
//! All writes go through one thread (`writer`), which commits many transactions with one batch and one sync.
//! How records lie in sled is in `layout` and `record`. The reasons are in `docs/decisions`.

mod before;
mod check;
mod disk;
mod error;
mod group;
mod layout;
mod lock;
mod marker;
mod open;
mod options;
mod reader;
mod record;
mod shared;
mod weights;
mod witness;
mod writer;

pub use disk::{Disk, RealDisk};
pub use open::OPENING_THREAD;
pub use options::SledOptions;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use crate::feed::Source;
use crate::{Backend, Committed, Error, Page, Range, Revision, Txn, Versioned, Watch};
use shared::Shared;
use writer::Request;

/// A store in a folder, for one process at a time.
///
/// Dropping it closes it, which waits for the disk; better call [`close`](crate::Store::close) before.
pub struct SledStore {
    shared: Arc<Shared>,
    /// None once dropped: an ended channel ends the writer.
    requests: Option<mpsc::Sender<Request>>,
    writer: Option<JoinHandle<()>>,
}

/// What a store has done since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Groups made durable, each with one sync of the disk.
    pub groups: u64,
    /// Transactions applied, those included that changed nothing.
    pub committed: u64,
    /// Transactions refused because a compare did not hold.
    pub refused: u64,
    /// Records of superseded history removed.
    pub compacted: u64,
}

impl SledStore {
    /// Opens the store in the folder `path`, or makes a new one if there is no such folder or it is empty.
    ///
    /// The whole store is checked first, which reads it once: about a second for 100,000 keys.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::Damaged`] (also for a folder that is not empty and not a store),
    /// [`Error::Format`], [`Error::Full`]; [`Error::Unavailable`] if the system fails or it takes longer than
    /// [`SledOptions::open_timeout`].
    pub async fn open(path: &Path, options: SledOptions) -> Result<Self, Error> {
        let opened = open::open_in_time(path.to_path_buf(), options.clone()).await?;
        let (shared, requests, writer) = writer::start(opened, &options)?;
        Ok(Self { shared, requests: Some(requests), writer: Some(writer) })
    }

    /// What was done since it was opened.
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    async fn send(&self, request: Request) -> Result<(), Error> {
        let requests = self.requests.as_ref().ok_or(Error::Closed)?;
        let sent = requests.send(request).await;
        sent.map_err(|_| self.shared.progress.durable().err().unwrap_or(Error::Closed))
    }
}

#[async_trait]
impl Backend for SledStore {
    async fn read(&self, key: &[u8]) -> Result<Option<Versioned>, Error> {
        let durable = self.shared.progress.durable()?;
        let found = self.shared.get(key)?;
        // What is not durable yet must not be seen yet. An absent key may be a delete on its way.
        let seen = match &found {
            Some(item) => item.mod_revision,
            None => self.shared.applied(),
        };
        if seen > durable {
            self.shared.progress.wait_for(seen).await?;
        }
        Ok(found)
    }

    async fn scan(&self, range: Range) -> Result<Page, Error> {
        self.shared.progress.durable()?;
        let shared = Arc::clone(&self.shared);
        let page = shared::blocking(move || shared.page(&range)).await?;
        self.shared.progress.wait_for(page.revision).await?;
        Ok(page)
    }

    async fn commit(&self, txn: Txn) -> Result<Committed, Error> {
        self.shared.progress.durable()?;
        let (answer, answered) = oneshot::channel();
        self.send(Request::Txn { txn, answer }).await?;
        // The writer answers everything it takes; if it is gone, so is the store.
        answered.await.unwrap_or_else(|_| {
            let reason = "the writing thread ended without an answer".into();
            Err(Error::Unavailable { maybe_applied: true, reason })
        })
    }

    async fn follow(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, Error> {
        self.shared.progress.durable()?;
        let source: Arc<dyn Source> = Arc::new(Arc::clone(&self.shared));
        Ok(Watch::new(source, prefix, from))
    }

    async fn head(&self) -> Result<Revision, Error> {
        self.shared.progress.durable()
    }

    async fn shut(&self) -> Result<(), Error> {
        // If it cannot be asked any more, it is closing already.
        drop(self.send(Request::Close).await);
        self.shared.closed.wait().await
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the writing thread of the store panicked");
        }
    }
}
