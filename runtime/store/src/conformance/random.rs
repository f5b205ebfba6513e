//! Random transactions and reads against the plainest model there is.

use std::collections::BTreeMap;

use crate::{Change, ChangeKind, Committed, Compare, Key, Op, Range, Revision, Store, Txn, Versioned};

pub(super) async fn random_transactions_do_what_the_model_does(store: &dyn Store, seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut model = Model::default();
    for step in 0..300 {
        if dice.below(3) > 0 {
            let txn = dice.txn(&model);
            let expected = model.txn(&txn);
            let found = store.txn(txn.clone()).await.expect("an answer");
            assert_eq!(found, expected, "seed {seed}, step {step}: {txn:?}");
        } else {
            let range = dice.range();
            let found = store.range(range.clone()).await.expect("a page");
            let expected = model.range(&range);
            let more = expected.len() > range.limit;
            let expected: Vec<_> = expected.into_iter().take(range.limit).collect();
            assert_eq!(found.items, expected, "seed {seed}, step {step}: {range:?}");
            assert_eq!(
                (found.more, found.revision),
                (more, model.revision),
                "seed {seed}, step {step}: {range:?}"
            );
            let key = dice.key();
            assert_eq!(store.get(&key).await, Ok(model.items.get(&key).cloned()), "seed {seed}, step {step}");
        }
    }
    // The history that is left is the model's.
    let mut from = Revision(1);
    let mut watch = store.watch(Vec::new(), from).await.expect("a watch");
    if let Err(crate::WatchError::Compacted { oldest }) = watch.next().await {
        from = oldest;
    }
    watch = store.watch(Vec::new(), from).await.expect("a watch");
    for (revision, changes) in model.history.range(from..) {
        let batch = watch.next().await.expect("a batch");
        assert_eq!((&batch.revision, &batch.changes), (revision, changes), "seed {seed}");
    }
}

#[derive(Default)]
struct Model {
    items: BTreeMap<Key, Versioned>,
    revision: Revision,
    history: BTreeMap<Revision, Vec<Change>>,
}

impl Model {
    fn txn(&mut self, txn: &Txn) -> Committed {
        for (failed, compare) in txn.compares.iter().enumerate() {
            let current = self.items.get(compare.key());
            let holds = match compare {
                Compare::Absent(_) => current.is_none(),
                Compare::Present(_) => current.is_some(),
                Compare::ModRevision(_, wanted) => current.map_or(0, |item| item.mod_revision.0) == wanted.0,
                Compare::Version(_, wanted) => current.map_or(0, |item| item.version) == *wanted,
                Compare::Value(_, wanted) => current.is_some_and(|item| item.value == *wanted),
            };
            if !holds {
                return Committed::Refused { failed, current: current.cloned() };
            }
        }
        let revision = Revision(self.revision.0 + 1);
        let mut changes = Vec::new();
        for op in &txn.then {
            match op {
                Op::Put { key, value } => {
                    let old = self.items.get(key);
                    let item = Versioned {
                        key: key.clone(),
                        value: value.clone(),
                        create_revision: old.map_or(revision, |item| item.create_revision),
                        mod_revision: revision,
                        version: old.map_or(1, |item| item.version + 1),
                    };
                    self.items.insert(key.clone(), item.clone());
                    changes.push(Change { key: key.clone(), kind: ChangeKind::Put(item) });
                }
                Op::Delete { key } => {
                    if self.items.remove(key).is_some() {
                        changes.push(Change { key: key.clone(), kind: ChangeKind::Delete });
                    }
                }
            }
        }
        if !changes.is_empty() {
            self.revision = revision;
            self.history.insert(revision, changes);
        }
        Committed::Applied(self.revision)
    }

    fn range(&self, range: &Range) -> Vec<Versioned> {
        let inside = |key: &Key| *key >= range.start && (range.end.is_empty() || *key < range.end);
        let mut items: Vec<_> = self.items.values().filter(|item| inside(&item.key)).cloned().collect();
        if range.reverse {
            items.reverse();
        }
        items
    }
}

/// Numbers that are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % bound
    }

    /// One of few keys, so that they meet.
    fn key(&mut self) -> Key {
        let folder = ["", "a/", "b/"][self.below(3) as usize];
        format!("{folder}{}", self.below(6)).into_bytes()
    }

    fn txn(&mut self, model: &Model) -> Txn {
        let mut txn = Txn::new();
        for _ in 0..self.below(3) {
            let key = self.key();
            let item = model.items.get(&key);
            // Mostly true, or nothing would ever be applied.
            let off = u64::from(self.below(8) == 0);
            txn = txn.when(match (self.below(4), item) {
                (0, None) => Compare::Absent(key),
                (0, Some(_)) if off == 0 => Compare::Present(key),
                (0, Some(_)) => Compare::Absent(key),
                (1, item) => {
                    Compare::ModRevision(key, Revision(item.map_or(0, |item| item.mod_revision.0) + off))
                }
                (2, item) => Compare::Version(key, item.map_or(0, |item| item.version) + off),
                (_, Some(item)) => Compare::Value(key, item.value.to_vec()),
                (_, None) => Compare::Value(key, b"nothing".to_vec()),
            });
        }
        let mut changed = Vec::new();
        for _ in 0..self.below(5) {
            let key = self.key();
            if changed.contains(&key) {
                continue;
            }
            changed.push(key.clone());
            let length = if self.below(20) == 0 { 20_000 } else { self.below(40) };
            let value = vec![self.below(256) as u8; length as usize];
            txn = if self.below(3) == 0 { txn.delete(key) } else { txn.put(key, value) };
        }
        txn
    }

    fn range(&mut self) -> Range {
        let mut range = match self.below(4) {
            0 => Range::all(),
            1 => Range::prefix(["a/", "b/", "c"][self.below(3) as usize]),
            2 => Range::new(self.key(), Key::new()),
            _ => Range::new(self.key(), self.key()),
        };
        if self.below(2) == 0 {
            range = range.reverse();
        }
        range.limit(1 + self.below(8) as usize)
    }
}
