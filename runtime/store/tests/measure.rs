//! The measurements measure what they say; how fast it is, no test asks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::sync::Arc;

use innominatus_store::measure::{disk_groups, durable_txns};
use innominatus_store::sled::{SledOptions, SledStore};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn durable_transactions_and_disk_blocks_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store =
        Arc::new(SledStore::open(&folder.path().join("store"), SledOptions::default()).await.unwrap());
    let measured = durable_txns(store.clone(), 16, 20, 500).await.unwrap();
    assert_eq!((measured.count, store.stats().committed), (320, 320));
    assert!(measured.per_second() > 0.0 && store.stats().groups <= 320);
    let disk = disk_groups(folder.path(), 64, 3).unwrap();
    assert_eq!(disk.count, 192);
}
