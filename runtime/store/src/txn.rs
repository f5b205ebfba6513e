//! Transactions: compares, and what to do if all of them hold.

use bytes::Bytes;

use crate::{Key, Revision, Versioned};

/// A condition on one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compare {
    /// The key does not exist.
    Absent(Key),
    /// The key exists.
    Present(Key),
    /// The key was last put by this revision; [`Revision::ZERO`]: it does not exist.
    ModRevision(Key, Revision),
    /// The key was put so often since its creation; 0: it does not exist.
    Version(Key, u64),
    /// The key exists and has exactly this value.
    Value(Key, Vec<u8>),
}

impl Compare {
    /// The key the condition is on.
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Absent(key)
            | Self::Present(key)
            | Self::ModRevision(key, _)
            | Self::Version(key, _)
            | Self::Value(key, _) => key,
        }
    }
}

/// A change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Create or replace.
    Put {
        /// The key.
        key: Key,
        /// The new value.
        value: Bytes,
    },
    /// Delete; without effect if the key does not exist.
    Delete {
        /// The key.
        key: Key,
    },
}

impl Op {
    /// The key that changes.
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }
}

/// Changes that happen together, if all compares hold.
///
/// ```
/// # use innominatus_store::{Revision, Txn};
/// let seen = Revision(7);
/// let txn = Txn::new().when_unchanged("run/1", seen).put("run/1", "done").delete("lease/1");
/// assert_eq!(txn.then.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Txn {
    /// What must hold, each on the state before the transaction.
    pub compares: Vec<Compare>,
    /// What is done then. No key may occur twice.
    pub then: Vec<Op>,
}

impl Txn {
    /// An empty transaction. It changes nothing and takes no revision.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only if `compare` holds.
    #[must_use]
    pub fn when(mut self, compare: Compare) -> Self {
        self.compares.push(compare);
        self
    }

    /// Only if the key does not exist.
    #[must_use]
    pub fn when_absent(self, key: impl Into<Key>) -> Self {
        self.when(Compare::Absent(key.into()))
    }

    /// Only if the key was last put by `revision`; [`Revision::ZERO`]: only if it does not exist.
    #[must_use]
    pub fn when_unchanged(self, key: impl Into<Key>, revision: Revision) -> Self {
        self.when(Compare::ModRevision(key.into(), revision))
    }

    /// Put a value.
    #[must_use]
    pub fn put(mut self, key: impl Into<Key>, value: impl Into<Bytes>) -> Self {
        self.then.push(Op::Put { key: key.into(), value: value.into() });
        self
    }

    /// Delete a key.
    #[must_use]
    pub fn delete(mut self, key: impl Into<Key>) -> Self {
        self.then.push(Op::Delete { key: key.into() });
        self
    }

    /// Bytes of all keys and values, the measure of [`MAX_REQUEST`](crate::limits::MAX_REQUEST).
    pub fn size(&self) -> usize {
        let compares = self.compares.iter().map(|compare| {
            compare.key().len() + if let Compare::Value(_, value) = compare { value.len() } else { 0 }
        });
        let ops = self
            .then
            .iter()
            .map(|op| op.key().len() + if let Op::Put { value, .. } = op { value.len() } else { 0 });
        compares.chain(ops).sum()
    }
}

/// How a transaction ended. Both are answers, and both are durable facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// All compares held. The revision is the transaction's own, or, if it changed nothing (no operation, or only
    /// deletes of keys that do not exist), the store's present one.
    Applied(Revision),
    /// A compare did not hold; nothing was done.
    Refused {
        /// Which one: the first that failed, as its index in [`Txn::compares`].
        failed: usize,
        /// What its key holds instead.
        current: Option<Versioned>,
    },
}

impl Committed {
    /// The revision, if it was applied.
    pub fn applied(&self) -> Option<Revision> {
        match self {
            Self::Applied(revision) => Some(*revision),
            Self::Refused { .. } => None,
        }
    }
}
