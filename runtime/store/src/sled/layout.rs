//! Which keys the store uses in sled's one tree.
//!
//! | key | value |
//! |---|---|
//! | `k` + key | where the key's present value is: [`Entry`](super::record::Entry) |
//! | `\0log/` + revision + number | every change, with its value: [`Record`](super::record::Record) |
//! | `\0m/head`, `\0m/format`, `\0m/id` | the sums, the version of all this, the store's id |
//!
//! A value is written once, in the log, which is both the history for watches and where values live; compaction
//! removes from the log what is old and superseded. Keeping values with the keys and copies in a log instead was
//! measured: it halves the throughput.

use crate::Revision;

/// The version of layout and records.
pub(super) const FORMAT: u32 = 1;

pub(super) const META_FORMAT: &[u8] = b"\0m/format";
pub(super) const META_ID: &[u8] = b"\0m/id";
pub(super) const META_HEAD: &[u8] = b"\0m/head";
const LOG: &[u8; 5] = b"\0log/";

/// A place in the log: the revision, and the number of the change within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) revision: Revision,
    pub(super) number: u16,
}

impl Place {
    pub(super) fn first_of(revision: Revision) -> Self {
        Self { revision, number: 0 }
    }

    /// The key in sled.
    pub(super) fn key(self) -> [u8; 15] {
        let mut key = [0; 15];
        key[..5].copy_from_slice(LOG);
        key[5..13].copy_from_slice(&self.revision.0.to_be_bytes());
        key[13..].copy_from_slice(&self.number.to_be_bytes());
        key
    }

    pub(super) fn parse(key: &[u8]) -> Option<Self> {
        let (revision, number) = key.strip_prefix(LOG)?.split_first_chunk::<8>()?;
        Some(Self {
            revision: Revision(u64::from_be_bytes(*revision)),
            number: u16::from_be_bytes(number.try_into().ok()?),
        })
    }
}

/// The key in sled of a key's entry.
pub(super) fn entry_key(key: &[u8]) -> Vec<u8> {
    let mut physical = Vec::with_capacity(key.len() + 1);
    physical.push(b'k');
    physical.extend_from_slice(key);
    physical
}

/// The key of an entry from its key in sled.
pub(super) fn parse_entry_key(physical: &[u8]) -> &[u8] {
    physical.strip_prefix(b"k").unwrap_or(physical)
}

/// Behind all entries.
pub(super) const ENTRIES_END: &[u8] = b"l";
/// Before all entries.
pub(super) const ENTRIES_START: &[u8] = b"k";
