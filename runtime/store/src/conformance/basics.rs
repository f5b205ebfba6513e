//! Cases about single callers: transactions, reads, pages.

use super::{apply, keys};
use crate::{Committed, Compare, Error, Range, Revision, Store, Txn, Versioned, collect};

pub(super) async fn a_new_store_is_empty(store: &dyn Store) {
    assert_eq!(store.revision().await, Ok(Revision::ZERO));
    assert_eq!(store.get(b"a").await, Ok(None));
    let page = store.range(Range::all()).await.expect("a range of an empty store");
    assert_eq!((page.items, page.more, page.revision), (vec![], false, Revision::ZERO));
}

pub(super) async fn a_put_is_read_back_with_its_revisions(store: &dyn Store) {
    assert_eq!(apply(store, Txn::new().put("a", "1")).await, Revision(1));
    assert_eq!(apply(store, Txn::new().put("b", "")).await, Revision(2));
    assert_eq!(apply(store, Txn::new().put("a", "2")).await, Revision(3));
    let a = Versioned {
        key: b"a".to_vec(),
        value: "2".into(),
        create_revision: Revision(1),
        mod_revision: Revision(3),
        version: 2,
    };
    assert_eq!(store.get(b"a").await, Ok(Some(a.clone())));
    let b = store.get(b"b").await.expect("a read").expect("an empty value is a value");
    assert!(b.value.is_empty());
    let page = store.range(Range::all()).await.expect("a range");
    assert_eq!((page.items, page.revision), (vec![a, b], Revision(3)));
    assert_eq!(store.revision().await, Ok(Revision(3)));
}

pub(super) async fn every_compare_holds_and_fails_as_it_says(store: &dyn Store) {
    apply(store, Txn::new().put("there", "old")).await;
    apply(store, Txn::new().put("there", "now")).await;
    let (there, not) = (|| b"there".to_vec(), || b"not".to_vec());
    let cases = [
        (Compare::Present(there()), true),
        (Compare::Present(not()), false),
        (Compare::Absent(there()), false),
        (Compare::Absent(not()), true),
        (Compare::ModRevision(there(), Revision(2)), true),
        (Compare::ModRevision(there(), Revision(1)), false),
        (Compare::ModRevision(there(), Revision::ZERO), false),
        (Compare::ModRevision(not(), Revision::ZERO), true),
        (Compare::ModRevision(not(), Revision(2)), false),
        (Compare::Version(there(), 2), true),
        (Compare::Version(there(), 1), false),
        (Compare::Version(not(), 0), true),
        (Compare::Version(not(), 1), false),
        (Compare::Value(there(), b"now".to_vec()), true),
        (Compare::Value(there(), b"old".to_vec()), false),
        (Compare::Value(not(), b"now".to_vec()), false),
        (Compare::Value(not(), Vec::new()), false),
    ];
    for (compare, holds) in cases {
        let committed = store.txn(Txn::new().when(compare.clone())).await.expect("a check");
        assert_eq!(committed.applied().is_some(), holds, "{compare:?}");
    }
}

pub(super) async fn a_refused_transaction_changes_nothing_and_shows_what_is_there(store: &dyn Store) {
    apply(store, Txn::new().put("a", "1")).await;
    let txn = Txn::new().when(Compare::Present(b"a".to_vec())).when_absent("b").when_absent("a");
    let refused = store.txn(txn.put("a", "2").put("b", "2")).await.expect("a refusal is an answer");
    let a = store.get(b"a").await.expect("a read");
    assert_eq!(a.as_ref().map(|item| &item.value[..]), Some(&b"1"[..]));
    assert_eq!(refused, Committed::Refused { failed: 2, current: a });
    let refused = store.txn(Txn::new().when(Compare::Present(b"b".to_vec())).put("c", "2")).await;
    assert_eq!(refused, Ok(Committed::Refused { failed: 0, current: None }));
    assert_eq!(store.get(b"b").await, Ok(None));
    assert_eq!(store.get(b"c").await, Ok(None));
    assert_eq!(store.revision().await, Ok(Revision(1)));
}

pub(super) async fn all_changes_of_a_transaction_share_one_revision(store: &dyn Store) {
    apply(store, Txn::new().put("gone", "1")).await;
    let revision = apply(store, Txn::new().put("a", "1").delete("gone").put("b", "1")).await;
    let page = store.range(Range::all()).await.expect("a range");
    assert_eq!(keys(&page), ["a", "b"]);
    assert!(page.items.iter().all(|item| item.mod_revision == revision && revision == Revision(2)));
}

pub(super) async fn a_transaction_that_changes_nothing_takes_no_revision(store: &dyn Store) {
    assert_eq!(apply(store, Txn::new()).await, Revision::ZERO);
    apply(store, Txn::new().put("a", "1")).await;
    assert_eq!(apply(store, Txn::new().delete("not there")).await, Revision(1));
    assert_eq!(apply(store, Txn::new().when(Compare::Present(b"a".to_vec()))).await, Revision(1));
    assert_eq!(apply(store, Txn::new().put("a", "1")).await, Revision(2), "the same value is a change");
}

pub(super) async fn a_deleted_key_begins_anew(store: &dyn Store) {
    apply(store, Txn::new().put("a", "1")).await;
    apply(store, Txn::new().put("a", "2")).await;
    apply(store, Txn::new().delete("a")).await;
    assert_eq!(store.get(b"a").await, Ok(None));
    apply(store, Txn::new().put("a", "3")).await;
    let a = store.get(b"a").await.expect("a read").expect("a value");
    assert_eq!((a.create_revision, a.mod_revision, a.version), (Revision(4), Revision(4), 1));
}

pub(super) async fn pages_walk_a_range_both_ways(store: &dyn Store) {
    for key in ["a", "b/1", "b/2", "b/3", "b/4", "b0", "c"] {
        apply(store, Txn::new().put(key, key)).await;
    }
    let range = Range::prefix("b/").limit(3);
    let first = store.range(range.clone()).await.expect("a page");
    assert_eq!((keys(&first), first.more), (vec!["b/1".into(), "b/2".into(), "b/3".into()], true));
    let second = store.range(range.after("b/3")).await.expect("a page");
    assert_eq!((keys(&second), second.more), (vec!["b/4".into()], false));
    let range = Range::prefix("b/").reverse().limit(2);
    let first = store.range(range.clone()).await.expect("a page");
    assert_eq!((keys(&first), first.more), (vec!["b/4".into(), "b/3".into()], true));
    let second = store.range(range.after("b/3")).await.expect("a page");
    assert_eq!((keys(&second), second.more), (vec!["b/2".into(), "b/1".into()], false));
    let bounded = store.range(Range::new("b", "b/3")).await.expect("a page");
    assert_eq!(keys(&bounded), ["b/1", "b/2"], "the end is not part of it");
    for empty in [Range::new("c", "b"), Range::new("b", "b"), Range::prefix("d")] {
        assert_eq!(keys(&store.range(empty).await.expect("an empty page")), [""; 0]);
    }
    let (all, _) = collect(store, Range::all().limit(2)).await.expect("all pages");
    assert_eq!(all.len(), 7);
}

pub(super) async fn any_bytes_are_a_key(store: &dyn Store) {
    let all: [&[u8]; 7] = [b"\0", b"\0log/", b"\0m/head", b"k", b"k\xff", b"\xff", b"\xff\xff"];
    for key in all {
        apply(store, Txn::new().put(key, key.to_vec())).await;
    }
    let page = store.range(Range::all()).await.expect("a range");
    let found: Vec<&[u8]> = page.items.iter().map(|item| &item.key[..]).collect();
    assert_eq!(found, all);
    assert!(page.items.iter().all(|item| item.key == item.value));
    assert_eq!(store.range(Range::prefix([0xff])).await.expect("a range").items.len(), 2);
}

pub(super) async fn a_closed_store_says_so(store: &dyn Store) {
    apply(store, Txn::new().put("a", "1")).await;
    assert_eq!(store.close().await, Ok(()));
    assert_eq!(store.close().await, Ok(()), "closing twice is nothing");
    assert_eq!(store.get(b"a").await, Err(Error::Closed));
    assert_eq!(store.range(Range::all()).await, Err(Error::Closed));
    assert_eq!(store.txn(Txn::new().put("a", "2")).await, Err(Error::Closed));
    assert_eq!(store.watch(Vec::new(), Revision(1)).await.err(), Some(Error::Closed));
    assert_eq!(store.revision().await, Err(Error::Closed));
}
