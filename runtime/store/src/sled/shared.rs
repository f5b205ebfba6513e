//! What the writing thread and the readers share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;

use super::{Stats, error};
use crate::feed::{Progress, Recent};
use crate::{Error, Revision};

pub(super) struct Shared {
    pub(super) path: PathBuf,
    pub(super) progress: Progress,
    /// None when closed.
    database: RwLock<Option<::sled::Db>>,
    /// Written while a group is applied, read while a page is: a page shows one revision, not two halves.
    whole: RwLock<()>,
    /// The last revision whose effects may be visible; durable or about to be.
    applied: AtomicU64,
    /// The first revision of the history that is kept.
    oldest: AtomicU64,
    /// The latest history, durable: most watches never read the log.
    recent: Mutex<Recent>,
    pub(super) counters: Counters,
    pub(super) closed: Closed,
}

/// Whether everything was let go of, and how that went.
pub(super) struct Closed(watch::Sender<Option<Result<(), Error>>>);

impl Closed {
    /// Only the first time counts.
    pub(super) fn close(&self, how: Result<(), Error>) {
        self.0.send_modify(|closed| *closed = closed.take().or(Some(how)));
    }

    pub(super) async fn wait(&self) -> Result<(), Error> {
        let mut receiver = self.0.subscribe();
        let closed = receiver.wait_for(Option::is_some).await.map_err(Error::unavailable)?;
        closed.clone().unwrap_or(Ok(()))
    }
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) groups: AtomicU64,
    pub(super) committed: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) compacted: AtomicU64,
}

/// The latest history held in memory, at most: revisions and bytes.
const RECENT: (u64, usize) = (1024, 8 * 1024 * 1024);

impl Shared {
    pub(super) fn new(path: PathBuf, database: ::sled::Db, revision: Revision, oldest: Revision) -> Self {
        Self {
            path,
            progress: Progress::new(revision),
            database: RwLock::new(Some(database)),
            whole: RwLock::new(()),
            applied: AtomicU64::new(revision.0),
            oldest: AtomicU64::new(oldest.0),
            recent: Mutex::new(Recent::new(RECENT.0, RECENT.1)),
            counters: Counters::default(),
            closed: Closed(watch::Sender::new(None)),
        }
    }

    /// Calls sled, unless the store is closed. A panic of sled ends the store.
    pub(super) fn with<T>(&self, call: impl FnOnce(&::sled::Db) -> Result<T, Error>) -> Result<T, Error> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let database = database.as_ref().ok_or(Error::Closed)?;
        match error::guarded(&self.path, || Ok(call(database))) {
            Ok(answer) => answer,
            Err(panic) => {
                self.progress.end(panic.clone());
                Err(panic)
            }
        }
    }

    /// Takes the database away from all readers, when the last of them is done.
    pub(super) fn take_database(&self) -> Option<::sled::Db> {
        self.database.write().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// No group is applied while this is held.
    pub(super) fn whole(&self) -> RwLockReadGuard<'_, ()> {
        self.whole.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces a group that is about to be applied: from now on its effects may be seen.
    pub(super) fn applying(&self, revision: Revision, oldest: Revision) -> RwLockWriteGuard<'_, ()> {
        let guard = self.whole.write().unwrap_or_else(PoisonError::into_inner);
        self.applied.store(revision.0, Ordering::SeqCst);
        self.oldest.store(oldest.0, Ordering::SeqCst);
        guard
    }

    pub(super) fn applied(&self) -> Revision {
        Revision(self.applied.load(Ordering::SeqCst))
    }

    pub(super) fn oldest(&self) -> Revision {
        Revision(self.oldest.load(Ordering::SeqCst))
    }

    pub(super) fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            groups: read(&self.counters.groups),
            committed: read(&self.counters.committed),
            refused: read(&self.counters.refused),
            compacted: read(&self.counters.compacted),
        }
    }
}

/// Runs what may wait for the disk, away from the tasks of the runtime.
pub(super) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(call).await.map_err(Error::unavailable)?
}
