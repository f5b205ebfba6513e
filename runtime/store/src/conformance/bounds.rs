//! Cases about the limits: each at the limit, and one over.

use super::apply;
use crate::limits::{MAX_COMPARES, MAX_KEY, MAX_OPS, MAX_PAGE_ITEMS, MAX_REQUEST, MAX_VALUE};
use crate::{Compare, Error, Part, Range, Revision, Store, Txn};

pub(super) async fn what_is_at_the_limit_is_taken_and_one_more_is_not(store: &dyn Store) {
    // Stored data was written within these numbers; they are part of the port.
    assert_eq!((MAX_KEY, MAX_VALUE, MAX_COMPARES, MAX_OPS, MAX_REQUEST), (1024, 32_768, 128, 128, 1_048_576));
    let puts = |count: usize, value: usize| {
        (0..count).fold(Txn::new(), |txn, n| txn.put(format!("k{n:05}"), vec![7; value]))
    };
    let compares = |count: usize| (0..count).fold(Txn::new(), |txn, n| txn.when_absent(format!("no{n}")));
    // Keys of 6 bytes; the last value fills the request.
    let request = |size: usize| puts(31, MAX_VALUE).put("last-1", vec![7; size - 31 * (MAX_VALUE + 6) - 6]);
    let cases: [(Part, usize, Txn, Txn); 6] = [
        (Part::Key, MAX_KEY, Txn::new().put([7; MAX_KEY], "v"), Txn::new().put([7; MAX_KEY + 1], "v")),
        (Part::Value, MAX_VALUE, puts(1, MAX_VALUE), puts(1, MAX_VALUE + 1)),
        (Part::Operations, MAX_OPS, puts(MAX_OPS, 1), puts(MAX_OPS + 1, 1)),
        (Part::Compares, MAX_COMPARES, compares(MAX_COMPARES), compares(MAX_COMPARES + 1)),
        (Part::Request, MAX_REQUEST, request(MAX_REQUEST), request(MAX_REQUEST + 1)),
        (
            Part::Value,
            MAX_VALUE,
            Txn::new().when(Compare::Value(b"k00000".to_vec(), vec![7; MAX_VALUE])),
            Txn::new().when(Compare::Value(b"k00000".to_vec(), vec![7; MAX_VALUE + 1])),
        ),
    ];
    for (what, limit, at, over) in cases {
        let before = apply(store, at).await;
        assert_eq!(store.txn(over).await, Err(Error::TooLarge { what, size: limit + 1, limit }));
        assert_eq!(store.revision().await, Ok(before), "nothing was done");
    }
    let value = store.get(b"k00001").await.expect("a read").expect("a value").value;
    assert_eq!(value, vec![7; MAX_VALUE]);
    let long = store.get(&[7; MAX_KEY]).await.expect("a read").expect("the longest key");
    assert_eq!(long.key, [7; MAX_KEY]);
    let behind = store.range(Range::all().after([7; MAX_KEY])).await.expect("behind the longest key");
    assert!(!behind.items.iter().any(|item| item.key == [7; MAX_KEY]));
    let too_long = |size| Err(Error::TooLarge { what: Part::Key, size, limit: MAX_KEY });
    assert_eq!(store.get(&[7; MAX_KEY + 1]).await, too_long(MAX_KEY + 1));
    assert!(store.watch(vec![7; MAX_KEY], Revision(1)).await.is_ok());
    assert!(store.watch(vec![7; MAX_KEY + 1], Revision(1)).await.is_err());
    assert!(store.range(Range::prefix([7; MAX_KEY + 2])).await.is_err());
}

pub(super) async fn requests_that_contradict_themselves_are_refused(store: &dyn Store) {
    let invalid = [
        Txn::new().put("a", "1").put("a", "2"),
        Txn::new().put("a", "1").delete("a"),
        Txn::new().delete("a").delete("a"),
        Txn::new().put("", "1"),
        Txn::new().delete(""),
        Txn::new().when_absent(""),
    ];
    for txn in invalid {
        let answer = store.txn(txn.clone()).await;
        assert!(matches!(answer, Err(Error::Invalid(_))), "{txn:?}: {answer:?}");
    }
    assert!(matches!(store.get(b"").await, Err(Error::Invalid(_))));
    assert!(matches!(store.range(Range::all().limit(0)).await, Err(Error::Invalid(_))));
    assert_eq!(store.revision().await, Ok(Revision::ZERO));
}

pub(super) async fn a_page_ends_at_its_limits(store: &dyn Store) {
    for group in 0..(MAX_PAGE_ITEMS / 100 + 1) {
        let txn = (0..100).fold(Txn::new(), |txn, n| txn.put(format!("many/{group:02}/{n:02}"), "v"));
        apply(store, txn).await;
    }
    let page = store.range(Range::prefix("many/").limit(usize::MAX)).await.expect("a page");
    assert_eq!((page.items.len(), page.more), (MAX_PAGE_ITEMS, true));
    let rest = store.range(Range::prefix("many/").after(page.items[MAX_PAGE_ITEMS - 1].key.clone())).await;
    let rest = rest.expect("the rest");
    assert_eq!((rest.items.len(), rest.more), (100, false));
    for group in 0..7 {
        let txn =
            (0..31).fold(Txn::new(), |txn, n| txn.put(format!("large/{group}/{n:02}"), vec![7; MAX_VALUE]));
        apply(store, txn).await;
    }
    let page = store.range(Range::prefix("large/")).await.expect("a page");
    assert!(page.more && page.items.len() < 7 * 31, "{} large items in one page", page.items.len());
    let (all, _) = crate::collect(store, Range::prefix("large/")).await.expect("all pages");
    assert_eq!(all.len(), 7 * 31);
}
