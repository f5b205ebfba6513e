//! Cases about many callers at once.

use std::sync::Arc;

use futures::future::join_all;

use super::apply;
use crate::{Committed, Range, Revision, Store, Txn};

pub(super) async fn of_many_that_create_one_wins<S: Store>(store: Arc<S>) {
    for round in 0..20 {
        let tasks = (0..16).map(|nth: u32| {
            let store = Arc::clone(&store);
            let key = format!("prize/{round}");
            tokio::spawn(async move {
                let txn = Txn::new().when_absent(key.clone()).put(key, nth.to_string());
                (nth, store.txn(txn).await.expect("an answer"))
            })
        });
        let answers: Vec<_> = join_all(tasks).await.into_iter().map(|task| task.expect("a task")).collect();
        let winners: Vec<_> = answers.iter().filter(|(_, answer)| answer.applied().is_some()).collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        let prize = store.get(format!("prize/{round}").as_bytes()).await.expect("a read").expect("a prize");
        assert_eq!(prize.value, winners[0].0.to_string());
        for (_, answer) in &answers {
            if let Committed::Refused { failed, current } = answer {
                assert_eq!((*failed, current.as_ref()), (0, Some(&prize)), "losers see the winner");
            }
        }
    }
}

pub(super) async fn no_increment_is_lost<S: Store>(store: Arc<S>) {
    let tasks = (0..8).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for _ in 0..20 {
                let (mut seen, mut count) = (Revision::ZERO, 0u64);
                loop {
                    let txn = Txn::new().when_unchanged("count", seen).put("count", (count + 1).to_string());
                    match store.txn(txn).await.expect("an answer") {
                        Committed::Applied(_) => break,
                        Committed::Refused { current, .. } => {
                            let current = current.expect("somebody was first");
                            seen = current.mod_revision;
                            count = number(&current.value);
                        }
                    }
                }
            }
        })
    });
    for task in join_all(tasks).await {
        task.expect("a task");
    }
    let count = store.get(b"count").await.expect("a read").expect("a count");
    assert_eq!((number(&count.value), count.version, count.mod_revision), (160, 160, Revision(160)));
}

pub(super) async fn pairs_are_never_seen_apart<S: Store>(store: Arc<S>) {
    apply(&*store, Txn::new().put("pair/a", "0").put("pair/z", "0")).await;
    let writer = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for n in 1..=150u32 {
                apply(&*store, Txn::new().put("pair/a", n.to_string()).put("pair/z", n.to_string())).await;
            }
        }
    });
    let (mut last, mut seen) = (Revision::ZERO, 0);
    while !writer.is_finished() {
        let page = store.range(Range::prefix("pair/")).await.expect("a page");
        assert_eq!(page.items[0].value, page.items[1].value, "at {}", page.revision);
        assert!(page.revision >= last, "time runs forward");
        assert_eq!(page.revision, page.items[0].mod_revision, "a page names its own revision");
        last = page.revision;
        let a = store.get(b"pair/a").await.expect("a read").expect("a value");
        assert!(a.mod_revision >= last, "what was seen stays seen");
        seen = seen.max(number(&a.value));
        let z = store.get(b"pair/z").await.expect("a read").expect("a value");
        assert!(number(&z.value) >= seen, "both or none");
        tokio::task::yield_now().await;
    }
    writer.await.expect("the writer");
}

fn number(value: &[u8]) -> u64 {
    String::from_utf8_lossy(value).parse().expect("a number")
}
