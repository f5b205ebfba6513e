//! The sled store does what the memory store does, whatever is asked of it, also across closing and opening.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::path::Path;

use innominatus_store::memory::MemoryStore;
use innominatus_store::sled::{SledOptions, SledStore};
use innominatus_store::{Compare, Range, Revision, Store, Txn, WatchError};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Debug, Clone)]
enum Step {
    Txn(Txn),
    Read(Range),
    Reopen,
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    select(&["a", "b", "b/1", "b/2", "b0", "c/x"][..]).prop_map(|key| key.as_bytes().to_vec())
}

fn compare() -> impl Strategy<Value = Compare> {
    prop_oneof![
        key().prop_map(Compare::Absent),
        key().prop_map(Compare::Present),
        (key(), 0..20u64).prop_map(|(key, revision)| Compare::ModRevision(key, Revision(revision))),
        (key(), 0..4u64).prop_map(|(key, version)| Compare::Version(key, version)),
        (key(), vec(0..2u8, 0..2)).prop_map(|(key, value)| Compare::Value(key, value)),
    ]
}

fn txn() -> impl Strategy<Value = Txn> {
    // Compares are few, and changes may name a key twice: that must be refused by both.
    let change = (key(), proptest::option::of(vec(0..2u8, 0..2)));
    (vec(compare(), 0..2), vec(change, 0..4)).prop_map(|(compares, changes)| {
        let txn = Txn { compares, then: Vec::new() };
        changes.into_iter().fold(txn, |txn, (key, value)| match value {
            Some(value) => txn.put(key, value),
            None => txn.delete(key),
        })
    })
}

fn range() -> impl Strategy<Value = Range> {
    (key(), proptest::option::of(key()), 1..4usize, any::<bool>()).prop_map(|(start, end, limit, reverse)| {
        let range = match end {
            Some(end) => Range::new(start, end),
            None => Range::prefix(start),
        };
        if reverse { range.reverse().limit(limit) } else { range.limit(limit) }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => txn().prop_map(Step::Txn),
        3 => range().prop_map(Step::Read),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn both_stores_give_the_same_answers(steps in vec(step(), 1..60), keep in 1..30u64) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(same_answers(steps, keep))?;
    }
}

async fn same_answers(steps: Vec<Step>, keep: u64) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let memory = MemoryStore::keeping(keep);
    let mut sled = open(folder.path(), keep).await;
    for step in steps {
        match step {
            Step::Txn(txn) => prop_assert_eq!(sled.txn(txn.clone()).await, memory.txn(txn).await),
            Step::Read(range) => prop_assert_eq!(sled.range(range.clone()).await, memory.range(range).await),
            Step::Reopen => {
                sled.close().await.unwrap();
                sled = open(folder.path(), keep).await;
            }
        }
    }
    prop_assert_eq!(history(&sled).await, history(&memory).await);
    Ok(())
}

async fn open(path: &Path, keep: u64) -> SledStore {
    SledStore::open(path, SledOptions::default().keep_revisions(keep)).await.unwrap()
}

/// All that a watch can still see.
async fn history(store: &dyn Store) -> Vec<innominatus_store::Batch> {
    let last = store.revision().await.unwrap();
    let mut from = Revision(1);
    let mut batches: Vec<innominatus_store::Batch> = Vec::new();
    while from <= last && batches.last().is_none_or(|batch| batch.revision < last) {
        let mut watch = store.watch(Vec::new(), from).await.unwrap();
        match watch.next().await {
            Ok(first) => {
                batches.push(first);
                while batches.last().is_some_and(|batch| batch.revision < last) {
                    batches.push(watch.next().await.unwrap());
                }
            }
            Err(WatchError::Compacted { oldest }) => from = oldest,
            Err(error) => panic!("{error}"),
        }
    }
    batches
}
