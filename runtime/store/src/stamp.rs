//! The revisions of one key, and the one place that decides compares. Shared by the backends.

use bytes::Bytes;

use crate::{Compare, Error, Key, Revision, Versioned};

/// Everything of a [`Versioned`] but its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) created: Revision,
    pub(crate) modified: Revision,
    pub(crate) version: u64,
}

impl Stamp {
    /// The stamp of a put at `revision` over what was there.
    pub(crate) fn put(previous: Option<Self>, revision: Revision) -> Self {
        match previous {
            None => Self { created: revision, modified: revision, version: 1 },
            Some(old) => Self { created: old.created, modified: revision, version: old.version + 1 },
        }
    }

    /// With key and value again.
    pub(crate) fn with(self, key: Key, value: Bytes) -> Versioned {
        Versioned {
            key,
            value,
            create_revision: self.created,
            mod_revision: self.modified,
            version: self.version,
        }
    }
}

impl From<&Versioned> for Stamp {
    fn from(from: &Versioned) -> Self {
        Self { created: from.create_revision, modified: from.mod_revision, version: from.version }
    }
}

/// Whether a compare holds for the key's present stamp. The value is read only where it decides.
pub(crate) fn holds(
    compare: &Compare,
    current: Option<Stamp>,
    value: impl FnOnce() -> Result<Bytes, Error>,
) -> Result<bool, Error> {
    Ok(match (compare, current) {
        (Compare::Absent(_), current) => current.is_none(),
        (Compare::Present(_), current) => current.is_some(),
        (Compare::ModRevision(_, wanted), current) => {
            current.map_or(Revision::ZERO, |c| c.modified) == *wanted
        }
        (Compare::Version(_, wanted), current) => current.map_or(0, |c| c.version) == *wanted,
        (Compare::Value(..), None) => false,
        (Compare::Value(_, wanted), Some(_)) => value()? == *wanted,
    })
}
