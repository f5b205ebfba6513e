//! A group: transactions decided one after the other against the database and each other, and written as one batch.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use super::error;
use super::layout::{META_HEAD, Place, entry_key};
use super::record::{Entry, Head, Record};
use super::shared::Shared;
use super::weights::Weights;
use crate::stamp::{Stamp, holds};
use crate::{Batch, Change, ChangeKind, Committed, Error, Key, Op, Revision, Txn, Versioned};

/// Records of history looked at for compaction with every group, at least; twice what the group adds, if that is
/// more. So compaction keeps up, and no group waits long for it.
const COMPACT: usize = 256;

/// How much history is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keep {
    pub(super) revisions: u64,
    pub(super) bytes: u64,
}

pub(super) struct Group<'a> {
    shared: &'a Shared,
    database: &'a ::sled::Db,
    /// Before the group.
    base: Head,
    /// After the transactions so far.
    pub(super) head: Head,
    /// What the group has changed: None is deleted.
    overlay: HashMap<Key, Option<(Entry, Bytes)>>,
    batch: ::sled::Batch,
    /// What watches will see.
    pub(super) history: Vec<Arc<Batch>>,
    /// Bytes of each revision's records.
    weights: Vec<u64>,
    records: usize,
}

/// A key as a transaction finds it.
type Current = Option<(Entry, Option<Bytes>)>;

impl<'a> Group<'a> {
    pub(super) fn new(shared: &'a Shared, database: &'a ::sled::Db, base: Head) -> Self {
        let (overlay, batch) = (HashMap::new(), ::sled::Batch::default());
        let (history, weights) = (Vec::new(), Vec::new());
        Self { shared, database, base, head: base, overlay, batch, history, weights, records: 0 }
    }

    /// Decides a transaction. Only if it is applied does it leave a trace in the group.
    pub(super) fn add(&mut self, txn: Txn) -> Result<Committed, Error> {
        for (failed, compare) in txn.compares.iter().enumerate() {
            let key = compare.key();
            let current = self.current(key)?;
            let stamp = current.as_ref().map(|(entry, _)| entry.stamp);
            let value = || self.item(key, &current).map(|item| item.map(|i| i.value).unwrap_or_default());
            if !holds(compare, stamp, value)? {
                let current = self.item(key, &current)?;
                return Ok(Committed::Refused { failed, current });
            }
        }
        // All reads first: what follows cannot fail half-way.
        let mut changes = Vec::with_capacity(txn.then.len());
        for op in txn.then {
            let previous = self.current(op.key())?.map(|(entry, _)| entry);
            if previous.is_some() || matches!(op, Op::Put { .. }) {
                changes.push((op, previous));
            }
        }
        if !changes.is_empty() {
            self.apply(changes);
        }
        Ok(Committed::Applied(self.head.revision))
    }

    /// The whole group as one batch, with the compaction that is due; None if nothing changed.
    /// `weights`: of the history before the group.
    pub(super) fn finish(mut self, keep: Keep, weights: &Weights) -> Result<Option<Finished>, Error> {
        if self.history.is_empty() {
            return Ok(None);
        }
        let compacted = self.compact(keep, weights)?;
        self.batch.insert(META_HEAD, self.head.encode(META_HEAD));
        let Self { batch, head, history, weights, .. } = self;
        Ok(Some(Finished { batch, head, history, weights, compacted }))
    }

    fn apply(&mut self, changes: Vec<(Op, Option<Entry>)>) {
        let revision = self.head.revision.next();
        let of = u16::try_from(changes.len()).expect("the limits keep operations below 65,536");
        let mut batch = Batch { revision, changes: Vec::with_capacity(changes.len()) };
        let mut weight = 0;
        for (number, (op, previous)) in (0..of).zip(changes) {
            let change = self.change(op, previous, Place { revision, number });
            let key = Place { revision, number }.key();
            let record = Record::encode(&change, of, &key);
            weight += (key.len() + record.len()) as u64;
            self.batch.insert(&key, record);
            batch.changes.push(change);
        }
        self.weights.push(weight);
        self.records += usize::from(of);
        self.head.revision = revision;
        self.history.push(Arc::new(batch));
    }

    /// Changes one key's entry and the sums.
    fn change(&mut self, op: Op, previous: Option<Entry>, place: Place) -> Change {
        if let Some(old) = previous {
            self.head.keys -= 1;
            self.head.sum = self.head.sum.wrapping_sub(old.sum(op.key()));
            // Older than the kept history, the value lay there only because it was the present one.
            if old.stamp.modified < self.base.oldest {
                self.batch.remove(&old.place().key());
            }
        }
        match op {
            Op::Put { key, value } => {
                let stamp = Stamp::put(previous.map(|old| old.stamp), place.revision);
                let entry = Entry { stamp, number: place.number };
                self.head.keys += 1;
                self.head.sum = self.head.sum.wrapping_add(entry.sum(&key));
                let physical = entry_key(&key);
                let encoded = entry.encode(&physical);
                self.batch.insert(physical, encoded);
                self.overlay.insert(key.clone(), Some((entry, value.clone())));
                Change { key: key.clone(), kind: ChangeKind::Put(stamp.with(key, value)) }
            }
            Op::Delete { key } => {
                self.batch.remove(entry_key(&key));
                self.overlay.insert(key.clone(), None);
                Change { key, kind: ChangeKind::Delete }
            }
        }
    }

    /// Moves the begin of the history up, as far as `keep` demands and the work allowed for one group goes.
    /// Returns how many records it removes.
    fn compact(&mut self, keep: Keep, weights: &Weights) -> Result<u64, Error> {
        let by_count = (self.head.revision.0 + 1).saturating_sub(keep.revisions.max(1));
        let by_size = self.base.oldest.0 + weights.over(keep.bytes, self.weights.iter().sum());
        // What this group adds is not in the database yet; its turn comes later.
        let wanted = by_count.max(by_size).min(self.base.revision.0 + 1);
        let (from, target) = (self.base.oldest, Revision(wanted));
        if target <= from {
            return Ok(0);
        }
        let allowed = COMPACT.max(2 * self.records);
        let (mut oldest, mut seen, mut removed) = (target, 0, 0);
        let mut dead: Vec<Place> = Vec::new();
        for found in self.database.range(Place::first_of(from).key()..Place::first_of(target).key()) {
            let (physical, bytes) = found.map_err(|e| error::sled(&self.shared.path, e))?;
            let unreadable =
                || error::damaged(&self.shared.path, "the history to be compacted cannot be read");
            let place = Place::parse(&physical).ok_or_else(unreadable)?;
            if place.number == 0 && seen >= allowed {
                oldest = place.revision;
                break;
            }
            seen += 1;
            let record = Record::decode(place, &bytes).map_err(|_| unreadable())?;
            let present = self.current(&record.change.key)?.map(|(entry, _)| entry.place());
            if present != Some(place) {
                dead.push(place);
            }
        }
        for place in dead {
            self.batch.remove(&place.key());
            removed += 1;
        }
        self.head.oldest = oldest;
        Ok(removed)
    }

    fn current(&self, key: &[u8]) -> Result<Current, Error> {
        match self.overlay.get(key) {
            Some(changed) => Ok(changed.as_ref().map(|(entry, value)| (*entry, Some(value.clone())))),
            None => Ok(self.shared.entry(self.database, key)?.map(|entry| (entry, None))),
        }
    }

    fn item(&self, key: &[u8], current: &Current) -> Result<Option<Versioned>, Error> {
        match current {
            None => Ok(None),
            Some((entry, Some(value))) => Ok(Some(entry.stamp.with(key.to_vec(), value.clone()))),
            Some((entry, None)) => {
                let found = self.shared.value(self.database, key, entry)?;
                found.map(Some).ok_or_else(|| self.shared.lost(key))
            }
        }
    }
}

/// A group ready to be written.
pub(super) struct Finished {
    pub(super) batch: ::sled::Batch,
    /// After the group.
    pub(super) head: Head,
    pub(super) history: Vec<Arc<Batch>>,
    /// Bytes of each revision of the group.
    pub(super) weights: Vec<u64>,
    pub(super) compacted: u64,
}
