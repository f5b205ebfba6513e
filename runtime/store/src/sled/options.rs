//! How the embedded store is run.

use std::sync::Arc;
use std::time::Duration;

use super::{Disk, RealDisk};

/// Options of [`SledStore::open`](super::SledStore::open). The defaults are meant to be used.
#[derive(Clone)]
#[non_exhaustive]
pub struct SledOptions {
    /// sled's cache in bytes.
    pub cache_bytes: u64,
    /// How long opening may take, the check included.
    pub open_timeout: Duration,
    /// So many revisions of history are kept for watches, at least 1. The history of a revision costs the space of
    /// its values, and is read when the store is opened.
    pub keep_revisions: u64,
    /// So many bytes of history are kept for watches, where that is less than [`Self::keep_revisions`]; the last
    /// transactions always. Values that are present are kept beside it, however large.
    pub keep_bytes: u64,
    /// What makes data durable.
    pub disk: Arc<dyn Disk>,
}

impl Default for SledOptions {
    /// 64 MiB of cache, 120 seconds, 20,000 revisions or 256 MiB of history, the real disk.
    fn default() -> Self {
        Self {
            cache_bytes: 64 * 1024 * 1024,
            open_timeout: Duration::from_secs(120),
            keep_revisions: 20_000,
            keep_bytes: 256 * 1024 * 1024,
            disk: Arc::new(RealDisk),
        }
    }
}

impl SledOptions {
    /// With another cache size in bytes.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// With another time limit for opening.
    #[must_use]
    pub fn open_timeout(mut self, limit: Duration) -> Self {
        self.open_timeout = limit;
        self
    }

    /// With another length of history.
    #[must_use]
    pub fn keep_revisions(mut self, revisions: u64) -> Self {
        self.keep_revisions = revisions;
        self
    }

    /// With another size of history.
    #[must_use]
    pub fn keep_bytes(mut self, bytes: u64) -> Self {
        self.keep_bytes = bytes;
        self
    }

    /// On another disk.
    #[must_use]
    pub fn disk(mut self, disk: Arc<dyn Disk>) -> Self {
        self.disk = disk;
        self
    }
}
