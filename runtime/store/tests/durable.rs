//! An answer comes after the sync of the disk, and nobody sees what is not durable.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use common::{content, open};
use futures::FutureExt;
use innominatus_store::sled::{Disk, SledOptions, SledStore};
use innominatus_store::{Error, Range, Revision, Store, Txn, WatchError};

/// A disk whose sync waits at a gate and counts who passed.
#[derive(Default)]
struct Gate {
    shut: Mutex<bool>,
    moved: Condvar,
    arrived: AtomicU64,
    passed: AtomicU64,
}

impl Gate {
    fn set(&self, shut: bool) {
        *self.shut.lock().unwrap() = shut;
        self.moved.notify_all();
    }

    /// Comes back when another sync has come to the gate.
    async fn more_than(&self, arrived: u64) {
        let another = async {
            while self.arrived.load(Ordering::SeqCst) == arrived {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), another).await.expect("a sync that never comes");
    }
}

/// Opens the gate again, also when a test fails: closing the store waits for it.
struct Opened(Arc<Gate>);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Disk for Gate {
    fn sync(&self, database: &File) -> io::Result<()> {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let shut = self.shut.lock().unwrap();
        drop(self.moved.wait_while(shut, |shut| *shut).unwrap());
        database.sync_data()?;
        self.passed.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

async fn open_on(path: &Path, disk: Arc<dyn Disk>) -> SledStore {
    SledStore::open(path, SledOptions::default().disk(disk)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_answered_or_seen_before_the_sync() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Arc::new(Gate::default());
    let store = Arc::new(open_on(folder.path(), gate.clone()).await);
    store.txn(Txn::new().put("deleted", "1").put("replaced", "1").put("still", "1")).await.unwrap();
    let synced = gate.passed.load(Ordering::SeqCst);
    let arrived = gate.arrived.load(Ordering::SeqCst);
    let mut watch = store.watch(Vec::new(), Revision(2)).await.unwrap();

    let _opened = Opened(gate.clone());
    gate.set(true);
    let spawned = |call: futures::future::BoxFuture<'static, ()>| tokio::spawn(call);
    let write = spawned({
        let store = store.clone();
        async move {
            let txn = Txn::new().delete("deleted").put("replaced", "2").put("new", "2");
            assert_eq!(store.txn(txn).await.unwrap().applied(), Some(Revision(2)));
        }
        .boxed()
    });
    gate.more_than(arrived).await;
    // The change is written and flushed, but not synced. Whoever would see it, waits.
    let reads: Vec<_> = ["deleted", "replaced", "new"]
        .into_iter()
        .map(|key| {
            let store = store.clone();
            spawned(
                async move {
                    store.get(key.as_bytes()).await.unwrap();
                }
                .boxed(),
            )
        })
        .chain([spawned({
            let store = store.clone();
            async move {
                assert_eq!(store.range(Range::all()).await.unwrap().revision, Revision(2));
            }
            .boxed()
        })])
        .collect();
    // What the change does not touch is answered meanwhile; after that, the others have long been polled.
    for _ in 0..200 {
        assert!(store.get(b"still").await.unwrap().is_some());
        // Through the threads that read pages, too.
        tokio::task::spawn_blocking(|| ()).await.unwrap();
    }
    assert_eq!(store.revision().await, Ok(Revision(1)));
    assert!(watch.next().now_or_never().is_none());
    assert!(!write.is_finished());
    assert!(reads.iter().all(|read| !read.is_finished()));
    assert_eq!(gate.passed.load(Ordering::SeqCst), synced);

    gate.set(false);
    write.await.unwrap();
    for read in reads {
        read.await.unwrap();
    }
    assert_eq!(gate.passed.load(Ordering::SeqCst), synced + 1);
    assert_eq!(watch.next().await.unwrap().revision, Revision(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transactions_that_wait_together_share_one_sync() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Arc::new(Gate::default());
    let store = Arc::new(open_on(folder.path(), gate.clone()).await);
    let arrived = gate.arrived.load(Ordering::SeqCst);
    let _opened = Opened(gate.clone());
    gate.set(true);
    let put = |n: u32| {
        let store = store.clone();
        tokio::spawn(async move { store.txn(Txn::new().put(format!("k{n}"), "v")).await.unwrap().applied() })
    };
    let first = put(0);
    gate.more_than(arrived).await;
    let others: Vec<_> = (1..=50).map(put).collect();
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    gate.set(false);
    assert_eq!(first.await.unwrap(), Some(Revision(1)));
    for other in others {
        assert!(other.await.unwrap() > Some(Revision(1)));
    }
    let stats = store.stats();
    assert_eq!(stats.committed, 51);
    // One for the first; the others have queued up behind it, but for those the scheduler held back.
    assert!(stats.groups <= 10, "{stats:?}");
}

/// A disk that fails from a given sync on.
struct Failing {
    left: AtomicU64,
    kind: io::ErrorKind,
}

impl Disk for Failing {
    fn sync(&self, database: &File) -> io::Result<()> {
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
            Ok(_) => database.sync_data(),
            Err(_) => Err(self.kind.into()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_failed_sync_ends_the_store_and_is_not_tried_again() {
    for kind in [io::ErrorKind::Other, io::ErrorKind::StorageFull] {
        let folder = tempfile::tempdir().unwrap();
        // One to make the store, one for the first transaction.
        let disk = Arc::new(Failing { left: AtomicU64::new(2), kind });
        let store = open_on(folder.path(), disk.clone()).await;
        store.txn(Txn::new().put("a", "1")).await.unwrap();
        let mut watch = store.watch(Vec::new(), Revision(2)).await.unwrap();

        let error = store.txn(Txn::new().put("a", "2")).await.unwrap_err();
        assert_eq!(matches!(error, Error::Full { .. }), kind == io::ErrorKind::StorageFull, "{error}");
        assert!(error.maybe_applied() && error.retryable() && error.remedy().is_some());
        // A disk that works again changes nothing.
        disk.left.store(1000, Ordering::SeqCst);
        let later = [
            store.txn(Txn::new().put("a", "3")).await.unwrap_err(),
            store.get(b"a").await.unwrap_err(),
            store.range(Range::all()).await.unwrap_err(),
            store.revision().await.unwrap_err(),
        ];
        for later in &later {
            assert!(!later.maybe_applied() && later.to_string() == error.to_string(), "{later}");
        }
        assert_eq!(watch.next().await, Err(WatchError::Store(later[0].clone())));
        assert_eq!(disk.left.load(Ordering::SeqCst), 1000, "nothing more was synced");
        assert_eq!(store.close().await, Ok(()));

        let store = open(folder.path()).await.unwrap();
        let a = &content(&store).await.unwrap()[&b"a"[..]];
        assert!(a.value == "1" || a.value == "2", "whole or not at all: {a:?}");
    }
}

#[tokio::test]
async fn history_has_a_size_as_well_as_a_length() {
    let folder = tempfile::tempdir().unwrap();
    let open =
        async || SledStore::open(folder.path(), SledOptions::default().keep_bytes(64 * 1024)).await.unwrap();
    let store = open().await;
    for n in 0..50u32 {
        // One key that goes on changing, and one each that stays: twice 4 KiB.
        let value = |letter: u8| vec![letter; 4 * 1024];
        store.txn(Txn::new().put("again", value(b'a')).put(format!("kept/{n}"), value(b'k'))).await.unwrap();
    }
    let gone = async |store: &SledStore, from: u64| {
        let mut watch = store.watch(Vec::new(), Revision(from)).await.unwrap();
        match watch.next().await {
            Err(WatchError::Compacted { oldest, .. }) => Some(oldest),
            Ok(batch) if batch.revision == Revision(from) => None,
            other => panic!("{other:?}"),
        }
    };
    let oldest = gone(&store, 1).await.expect("fifty times 8 KiB are more than 64").0;
    assert!((43..=45).contains(&oldest), "of 8 KiB and a little each, seven fit: {oldest}");
    assert_eq!(gone(&store, oldest).await, None);
    assert!(store.stats().compacted > 40, "{:?}", store.stats());
    store.close().await.unwrap();

    // Counted anew, and the check at the start agrees; what is present is there, however old.
    let store = open().await;
    assert_eq!(gone(&store, 1).await, Some(Revision(oldest)));
    store.txn(Txn::new().put("again", vec![b'b'; 16 * 1024])).await.unwrap();
    let later = gone(&store, 1).await.unwrap().0;
    assert!((oldest + 1..=oldest + 3).contains(&later), "{later}");
    store.close().await.unwrap();
    let store = open().await;
    assert_eq!(content(&store).await.unwrap().len(), 51);
}

#[tokio::test]
async fn the_store_says_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path(), SledOptions::default().keep_revisions(5)).await.unwrap();
    for n in 0..10u32 {
        store.txn(Txn::new().put("a", n.to_string())).await.unwrap();
    }
    store.txn(Txn::new().when_absent("a").put("a", "")).await.unwrap();
    let stats = store.stats();
    assert_eq!((stats.groups, stats.committed, stats.refused, stats.compacted), (10, 10, 1, 5));
}
