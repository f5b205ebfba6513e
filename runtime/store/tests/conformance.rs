//! Every backend passes the same suite.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::sync::Mutex;

use innominatus_store::conformance::{Needs, check};
use innominatus_store::memory::MemoryStore;
use innominatus_store::sled::{SledOptions, SledStore};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_memory_store_conforms() {
    check(|needs: Needs| async move { MemoryStore::keeping(needs.keep_revisions) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_sled_store_conforms() {
    let folders = Mutex::new(Vec::new());
    check(|needs: Needs| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        folders.lock().unwrap().push(folder);
        async move {
            let options = SledOptions::default().keep_revisions(needs.keep_revisions);
            SledStore::open(&path, options).await.unwrap()
        }
    })
    .await;
}

/// One thread for everything: no call may wait for another task of the same thread.
#[tokio::test]
async fn the_sled_store_conforms_on_a_runtime_of_one_thread() {
    let folder = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    check(|needs: Needs| {
        count.set(count.get() + 1);
        let path = folder.path().join(count.get().to_string());
        async move {
            let options = SledOptions::default().keep_revisions(needs.keep_revisions);
            SledStore::open(&path, options).await.unwrap()
        }
    })
    .await;
}
