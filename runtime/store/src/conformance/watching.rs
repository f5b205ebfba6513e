//! Cases about watches: no gap, no duplicate, or a clear word that history is gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use futures::future::{FutureExt, join_all};

use super::apply;
use crate::{Batch, ChangeKind, Error, Range, Revision, Store, Txn, WatchError};

pub(super) async fn a_watch_shows_the_past_and_goes_on(store: &dyn Store) {
    apply(store, Txn::new().put("a", "1").put("b", "1")).await;
    apply(store, Txn::new().put("a", "2")).await;
    let mut watch = store.watch(Vec::new(), Revision::ZERO).await.expect("a watch");
    let first = watch.next().await.expect("the past");
    assert_eq!(shown(&first), "1: a=1 b=1");
    let ChangeKind::Put(a) = &first.changes[0].kind else { panic!("a put: {first:?}") };
    assert_eq!((a.create_revision, a.mod_revision, a.version), (Revision(1), Revision(1), 1));
    assert_eq!(shown(&watch.next().await.expect("the past")), "2: a=2");
    assert!(watch.next().now_or_never().is_none(), "nothing more has happened");
    apply(store, Txn::new().delete("a").put("b", "2")).await;
    assert_eq!(shown(&watch.next().await.expect("the present")), "3: a- b=2");
    let late = store.watch(Vec::new(), Revision(2)).await.expect("a watch");
    let rest: Vec<_> =
        late.into_stream().take(2).map(|batch| shown(&batch.expect("a batch"))).collect().await;
    assert_eq!(rest, ["2: a=2", "3: a- b=2"]);
}

pub(super) async fn a_watch_sees_its_prefix_only(store: &dyn Store) {
    let mut watch = store.watch(b"b/".to_vec(), Revision(1)).await.expect("a watch");
    apply(store, Txn::new().put("a", "1")).await;
    apply(store, Txn::new().put("b", "1").put("b/1", "1").put("b0", "1")).await;
    apply(store, Txn::new().put("c", "1")).await;
    apply(store, Txn::new().delete("b/1").delete("c")).await;
    assert_eq!(shown(&watch.next().await.expect("a batch")), "2: b/1=1");
    assert_eq!(shown(&watch.next().await.expect("a batch")), "4: b/1-");
}

pub(super) async fn a_watch_may_begin_in_the_future(store: &dyn Store) {
    let mut watch = store.watch(Vec::new(), Revision(3)).await.expect("a watch");
    for n in 1..=3 {
        assert!(watch.next().now_or_never().is_none());
        apply(store, Txn::new().put("a", n.to_string())).await;
    }
    assert_eq!(shown(&watch.next().await.expect("a batch")), "3: a=3");
}

pub(super) async fn a_watch_dropped_while_waiting_loses_nothing(store: &dyn Store) {
    let mut watch = store.watch(Vec::new(), Revision(1)).await.expect("a watch");
    for n in 1..=20u64 {
        assert!(watch.next().now_or_never().is_none());
        apply(store, Txn::new().put("a", n.to_string())).await;
        // Polled once and dropped: it may have begun to read.
        let mut batch = watch.next().now_or_never();
        while batch.is_none() {
            tokio::task::yield_now().await;
            batch = watch.next().now_or_never();
        }
        assert_eq!(batch.map(|b| b.expect("a batch").revision), Some(Revision(n)));
    }
}

pub(super) async fn a_watch_ends_when_the_store_is_closed(store: &dyn Store) {
    let mut watch = store.watch(Vec::new(), Revision(1)).await.expect("a watch");
    let (ended, closed) = futures::join!(watch.next(), store.close());
    assert_eq!((ended, closed), (Err(WatchError::Store(Error::Closed)), Ok(())));
}

pub(super) async fn a_watch_from_a_page_continues_it<S: Store>(store: Arc<S>) {
    let writer = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for n in 0..200u32 {
                let txn = Txn::new().put(format!("k{}", n % 7), n.to_string());
                apply(&*store, if n % 5 == 4 { txn.delete(format!("k{}", (n + 3) % 7)) } else { txn }).await;
            }
        }
    });
    let mut mirrors = Vec::new();
    while !writer.is_finished() {
        let page = store.range(Range::all()).await.expect("a page");
        mirrors.push(page);
        tokio::task::yield_now().await;
    }
    writer.await.expect("the writer");
    let last = store.revision().await.expect("a revision");
    let truth = store.range(Range::all()).await.expect("a page").items;
    for page in mirrors {
        let mut mirror: BTreeMap<_, _> =
            page.items.into_iter().map(|item| (item.key.clone(), item)).collect();
        let mut at = page.revision;
        let mut watch = store.watch(Vec::new(), at.next()).await.expect("a watch");
        while at < last {
            let batch = watch.next().await.expect("a batch");
            at = batch.revision;
            for change in batch.changes {
                match change.kind {
                    ChangeKind::Put(item) => mirror.insert(change.key, item),
                    ChangeKind::Delete => mirror.remove(&change.key),
                };
            }
        }
        assert_eq!(mirror.into_values().collect::<Vec<_>>(), truth, "from the page of {}", page.revision);
    }
}

pub(super) async fn watches_under_load_have_no_gap_and_no_duplicate<S: Store>(store: Arc<S>) {
    const WRITERS: u64 = 8;
    const EACH: u64 = 60;
    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for n in 0..EACH {
                apply(&*store, Txn::new().put(format!("w{writer}/{n}"), n.to_string())).await;
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let watches = (0..4).map(|nth| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            // Begun at different times, from the beginning or from where the store is.
            for _ in 0..nth * 20 {
                tokio::task::yield_now().await;
            }
            let from =
                if nth % 2 == 0 { Revision(1) } else { store.revision().await.expect("a revision").next() };
            let mut watch = store.watch(Vec::new(), from).await.expect("a watch");
            let mut expected = from;
            while expected <= Revision(WRITERS * EACH) {
                assert_eq!(watch.next().await.expect("a batch").revision, expected);
                expected = expected.next();
            }
        })
    });
    let watches: Vec<_> = watches.collect();
    for task in join_all(writers.into_iter().chain(watches)).await {
        task.expect("a task");
    }
}

pub(super) async fn compacted_history_is_reported(store: &dyn Store) {
    for n in 1..=40u32 {
        apply(store, Txn::new().put("a", n.to_string())).await;
    }
    let mut watch = store.watch(Vec::new(), Revision(1)).await.expect("a watch");
    let oldest = match watch.next().await {
        Err(WatchError::Compacted { oldest }) => oldest,
        other => panic!("history should be gone: {other:?}"),
    };
    assert!(oldest <= Revision(31), "ten revisions are kept, {oldest} is too late");
    assert_eq!(watch.next().await, Err(WatchError::Compacted { oldest }), "and again");
    let mut watch = store.watch(Vec::new(), oldest).await.expect("a watch");
    for n in oldest.0..=40 {
        assert_eq!(shown(&watch.next().await.expect("a batch")), format!("{n}: a={n}"));
    }
}

pub(super) async fn values_outlive_their_history(store: &dyn Store) {
    apply(store, Txn::new().put("old/kept", "1").put("old/replaced", "1").put("old/deleted", "1")).await;
    for n in 0..40u32 {
        apply(store, Txn::new().put("a", n.to_string())).await;
    }
    apply(store, Txn::new().put("old/replaced", "2").delete("old/deleted")).await;
    for n in 0..40u32 {
        apply(store, Txn::new().put("a", n.to_string())).await;
    }
    let page = store.range(Range::prefix("old/")).await.expect("a page");
    let values: Vec<_> =
        page.items.iter().map(|item| (&item.key[..], &item.value[..], item.version)).collect();
    assert_eq!(values, [(&b"old/kept"[..], &b"1"[..], 1), (&b"old/replaced"[..], &b"2"[..], 2)]);
}

/// `revision: key=value key-`
fn shown(batch: &Batch) -> String {
    let changes = batch.changes.iter().map(|change| {
        let key = change.key.escape_ascii();
        match &change.kind {
            ChangeKind::Put(item) => format!(" {key}={}", item.value.escape_ascii()),
            ChangeKind::Delete => format!(" {key}-"),
        }
    });
    format!("{}:{}", batch.revision, changes.collect::<String>())
}
