//! The store that breaks on purpose, and what it says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::process::Command;
use std::sync::Arc;

use innominatus_store::faulty::{Fault, FaultyStore, Side};
use innominatus_store::memory::MemoryStore;
use innominatus_store::{Error, Range, Revision, Store, Txn};

fn put(n: u32) -> Txn {
    Txn::new().put(format!("k{n}"), n.to_string())
}

#[tokio::test]
async fn a_cut_ends_everything_before_or_after_the_transaction() {
    for (side, kept) in [(Side::Before, 1), (Side::After, 2)] {
        let store = FaultyStore::once(Arc::new(MemoryStore::new()), 2, side, Fault::Cut);
        store.txn(put(1)).await.unwrap();
        let error = store.txn(put(2)).await.unwrap_err();
        assert!(error.maybe_applied());
        assert!(store.is_cut());
        assert!(store.txn(put(3)).await.is_err_and(|error| !error.maybe_applied()));
        assert!(store.get(b"k1").await.is_err());
        assert!(store.range(Range::all()).await.is_err());
        assert!(store.watch(Vec::new(), Revision(1)).await.is_err());
        assert_eq!(store.close().await, Ok(()));
        assert_eq!(store.writes(), 2);
        assert_eq!(store.inner().revision().await, Ok(Revision(kept)), "{side:?}");
    }
}

#[tokio::test]
async fn a_failure_meets_one_transaction_only() {
    let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let fault = Fault::Fail(Error::Full { maybe_applied: false, reason: "on purpose".into() });
    let store = FaultyStore::once(inner, 2, Side::Before, fault);
    store.txn(put(1)).await.unwrap();
    assert!(matches!(store.txn(put(2)).await, Err(Error::Full { .. })));
    store.txn(put(3)).await.unwrap();
    assert_eq!(store.revision().await, Ok(Revision(2)));
}

#[tokio::test]
async fn counting_disturbs_nothing() {
    let store = FaultyStore::counting(Arc::new(MemoryStore::new()));
    for n in 0..5 {
        store.txn(put(n)).await.unwrap();
    }
    assert_eq!((store.writes(), store.revision().await), (5, Ok(Revision(5))));
}

/// Does something only in the process that the test below starts.
#[tokio::test]
async fn victim() {
    if std::env::var_os("STORE_ABORT_TEST").is_some() {
        let store = FaultyStore::once(Arc::new(MemoryStore::new()), 1, Side::After, Fault::Abort);
        drop(store.txn(put(1)).await);
    }
}

#[test]
fn an_abort_ends_the_process() {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["victim", "--exact"])
        .env("STORE_ABORT_TEST", "1")
        .output()
        .unwrap()
        .status;
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(6), "{status}");
}
