//! What is kept: a key, its value, and the revisions that made it.

use std::fmt;

use bytes::Bytes;

/// A key: 1 to [`MAX_KEY`](crate::limits::MAX_KEY) bytes, ordered bytewise.
pub type Key = Vec<u8>;

/// A point in the history of the whole store. The first transaction that changes something makes revision 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

impl Revision {
    /// Before the first transaction; as a key's modification revision: the key is absent.
    pub const ZERO: Self = Self(0);

    /// The revision after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A value and how it came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The key.
    pub key: Key,
    /// The value, as it was put.
    pub value: Bytes,
    /// The transaction that created the key (again, if it had been deleted).
    pub create_revision: Revision,
    /// The transaction that put this value.
    pub mod_revision: Revision,
    /// How often the key was put since it was created; the first time is 1.
    pub version: u64,
}
