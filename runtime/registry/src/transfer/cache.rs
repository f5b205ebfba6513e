//! What is here already: the port behind which downloaded blobs are kept.

use std::io;

use innominatus_model::Digest;

/// Bytes by their digest. What it gives is checked by whoever asked; what it is given was checked before.
pub trait Cache: Send + Sync {
    /// The bytes, if they are here.
    fn get(&self, digest: &Digest) -> Option<Vec<u8>>;

    /// Keeps bytes: whole or not at all.
    fn keep(&self, bytes: &[u8]) -> io::Result<()>;
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCache;

impl Cache for NoCache {
    fn get(&self, _digest: &Digest) -> Option<Vec<u8>> {
        None
    }

    fn keep(&self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

/// What is here and is what it should be. What is damaged counts as not here, and is fetched anew.
pub(super) fn sound(cache: &dyn Cache, digest: &Digest) -> Option<Vec<u8>> {
    cache.get(digest).filter(|bytes| Digest::of(bytes) == *digest)
}
