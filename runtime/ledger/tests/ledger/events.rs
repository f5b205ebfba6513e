//! Events: in order, without a gap, without a duplicate.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use innominatus_ledger::{Cursor, Kept, Ledger, LedgerError, Recorded};
use innominatus_model::{Code, Coded as _, Event, EventId};
use innominatus_store::memory::MemoryStore;
use innominatus_store::sled::{SledOptions, SledStore};
use innominatus_store::{Committed, Error, Page, Range, Revision, Store, Txn, Versioned, Watch};

use crate::samples::{event, name, scope};
use crate::support::{memory, open};

async fn tell(ledger: &Ledger, numbers: impl IntoIterator<Item = u64>) {
    let mut change = ledger.change();
    for number in numbers {
        change.event(&event(number));
    }
    change.commit().await.unwrap();
}

fn messages(events: &[Recorded]) -> Vec<&str> {
    events.iter().map(|recorded| recorded.event.message.as_str()).collect()
}

#[tokio::test]
async fn events_stand_in_the_order_of_their_changes_and_then_of_their_ids() {
    let (_, ledger) = memory().await;
    tell(&ledger, [9, 8]).await;
    tell(&ledger, [3]).await;
    tell(&ledger, [5, 1]).await;
    let events = ledger.events(&scope(), None).await.unwrap();
    assert_eq!(messages(&events), ["event 8", "event 9", "event 3", "event 1", "event 5"]);
    assert!(events.is_sorted_by(|a, b| a.cursor < b.cursor));
    for (at, recorded) in events.iter().enumerate() {
        let rest = ledger.events(&scope(), Some(recorded.cursor)).await.unwrap();
        assert_eq!(rest, events[at + 1..]);
    }
}

/// A store that counts what is read of ranges.
struct Counting(MemoryStore, AtomicUsize);

#[async_trait]
impl Store for Counting {
    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Error> {
        self.0.get(key).await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        let page = self.0.range(range).await?;
        self.1.fetch_add(page.items.len(), Ordering::Relaxed);
        Ok(page)
    }

    async fn txn(&self, txn: Txn) -> Result<Committed, Error> {
        self.0.txn(txn).await
    }

    async fn watch(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, Error> {
        self.0.watch(prefix, from).await
    }

    async fn revision(&self) -> Result<Revision, Error> {
        self.0.revision().await
    }

    async fn close(&self) -> Result<(), Error> {
        self.0.close().await
    }
}

#[tokio::test]
async fn the_newest_events_are_found_without_reading_the_others() {
    const ALL: u64 = 3000;
    let store = Arc::new(Counting(MemoryStore::new(), AtomicUsize::new(0)));
    let ledger = open(store.clone()).await;
    for number in 0..ALL / 10 {
        tell(&ledger, number * 10..(number + 1) * 10).await;
    }
    let everything = ledger.events(&scope(), None).await.unwrap();
    let listed = async |limit: usize, wanted: fn(&Event) -> bool| {
        store.1.store(0, Ordering::Relaxed);
        let kept = Kept { limit, ..Kept::default() };
        let listed = ledger.list_events(&scope(), kept, wanted).await.unwrap();
        assert_eq!(listed.revision, ledger.revision().await.unwrap());
        (listed.events, store.1.load(Ordering::Relaxed))
    };
    for limit in [0, 1, 20, 256, 257, 1000] {
        let (events, read) = listed(limit, |_| true).await;
        assert_eq!(events, everything[everything.len() - limit..], "{limit}");
        assert!(read <= limit.next_multiple_of(256).max(256), "{read} were read for {limit}");
    }
    // Those that are not wanted do not count, and are read over.
    let even = |event: &Event| event.message.ends_with('4');
    let (events, read) = listed(30, even).await;
    let expected: Vec<_> = everything.iter().filter(|one| even(&one.event)).cloned().collect();
    assert_eq!(events, expected[expected.len() - 30..]);
    assert!(read <= 512, "{read}");
    let (events, read) = listed(usize::MAX, even).await;
    assert_eq!((events, read), (expected, ALL as usize));
}

#[tokio::test]
async fn a_limited_list_begins_behind_a_cursor_and_is_in_the_order_of_the_changes() {
    let (_, ledger) = memory().await;
    // Ids against the order in which they are written.
    for number in (0..600).rev() {
        tell(&ledger, [number]).await;
    }
    let everything = ledger.events(&scope(), None).await.unwrap();
    assert_eq!(everything.first().unwrap().event.message, "event 599");
    let since = Some(everything[399].cursor);
    let kept = Kept { since, limit: usize::MAX };
    let listed = ledger.list_events(&scope(), kept, |_| true).await.unwrap();
    assert_eq!(listed.events, everything[400..]);
    let kept = Kept { since: Some(everything[597].cursor), limit: 10 };
    let listed = ledger.list_events(&scope(), kept, |_| true).await.unwrap();
    assert_eq!(listed.events, everything[598..]);
    let kept = Kept { since: everything.last().map(|last| last.cursor), limit: 10 };
    assert!(ledger.list_events(&scope(), kept, |_| true).await.unwrap().events.is_empty());
}

#[test]
fn a_cursor_is_text_and_nothing_else_is_a_cursor() {
    let id = EventId::generate();
    let text = format!("17-{id}");
    let cursor: Cursor = text.parse().unwrap();
    assert_eq!(cursor.to_string(), text);
    let later: Cursor = format!("18-{}", EventId::from_bytes([0; 16])).parse().unwrap();
    assert!(later > cursor);
    for bad in [
        "",
        "-",
        "17",
        "17-",
        &format!("-{id}"),
        &format!("x-{id}"),
        &format!("{text} "),
        &format!("1\u{1b}[2J-{id}"),
    ] {
        let error = bad.parse::<Cursor>().unwrap_err().to_string();
        assert!(error.ends_with("is not an event cursor: take one from `events`"), "{error}");
        assert!(!error.contains('\u{1b}'));
    }
}

#[tokio::test]
async fn a_feed_from_a_cursor_gives_what_was_kept_and_then_what_comes() {
    let (_, ledger) = memory().await;
    tell(&ledger, 1..=3).await;
    tell(&ledger, [4]).await;
    let kept = ledger.events(&scope(), None).await.unwrap();
    let mut from_the_middle = ledger.follow(&scope(), Some(kept[1].cursor)).await.unwrap();
    let mut from_now = ledger.follow(&scope(), None).await.unwrap();
    let mut elsewhere = scope();
    elsewhere.environment = name("other");
    let mut foreign = event(5);
    foreign.scope = elsewhere;
    let mut change = ledger.change();
    change.event(&foreign);
    change.commit().await.unwrap();
    tell(&ledger, [6, 7]).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(from_the_middle.next().await.unwrap());
    }
    assert_eq!(messages(&seen), ["event 3", "event 4", "event 6", "event 7"]);
    assert_eq!(from_now.next().await.unwrap().event, event(6));
    assert_eq!(from_now.next().await.unwrap().event, event(7));
}

/// Many pages, so that lists are read while others write.
async fn follows_without_a_gap(ledger: Ledger, rounds: u64) {
    const WRITERS: u64 = 4;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                for round in 0..rounds {
                    let first = (writer * rounds + round) * 10;
                    // Ids out of order: neither pages nor cursors may lean on them.
                    tell(&ledger, (first..first + 10).map(u64::reverse_bits)).await;
                }
            })
        })
        .collect();
    let total = (WRITERS * rounds * 10) as usize;
    let reader = async {
        let mut seen: Vec<Recorded> = Vec::new();
        let first = loop {
            let events = ledger.events(&scope(), None).await.unwrap();
            if let Some(first) = events.into_iter().next() {
                break first;
            }
            tokio::task::yield_now().await;
        };
        seen.push(first);
        while seen.len() < total {
            // Begins anew all the time, as a client does that loses its connection.
            let last = seen.last().unwrap().cursor;
            let mut feed = ledger.follow(&scope(), Some(last)).await.unwrap();
            for _ in 0..(total / 7).min(total - seen.len()) {
                seen.push(feed.next().await.unwrap());
            }
        }
        seen
    };
    let seen = reader.await;
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(seen.is_sorted_by(|a, b| a.cursor < b.cursor), "in order and none twice");
    assert_eq!(seen, ledger.events(&scope(), None).await.unwrap(), "and none left out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_feed_has_no_gap_and_no_duplicate_while_others_write() {
    let ledger = open(Arc::new(MemoryStore::new())).await;
    follows_without_a_gap(ledger, 80).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_feed_has_no_gap_and_no_duplicate_on_a_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(&folder.path().join("store"), SledOptions::default()).await.unwrap();
    let ledger = open(Arc::new(store)).await;
    follows_without_a_gap(ledger.clone(), 8).await;
    ledger.close().await.unwrap();
}

#[tokio::test]
async fn a_feed_from_a_cursor_outlives_the_history_of_the_store() {
    let ledger = open(Arc::new(MemoryStore::keeping(3))).await;
    for number in 0..50 {
        tell(&ledger, [number]).await;
    }
    let kept = ledger.events(&scope(), None).await.unwrap();
    let mut feed = ledger.follow(&scope(), Some(kept[0].cursor)).await.unwrap();
    for expected in &kept[1..] {
        assert_eq!(&feed.next().await.unwrap(), expected);
    }
    // Whoever does not read for that long is told so, and can go on from the last cursor.
    let mut slow = ledger.follow(&scope(), None).await.unwrap();
    for number in 50..60 {
        tell(&ledger, [number]).await;
    }
    let error = slow.next().await.unwrap_err();
    assert!(matches!(error, LedgerError::EventsGone { .. }), "{error}");
    assert_eq!(error.code(), Code::EventsCompacted);
    let mut feed = ledger.follow(&scope(), kept.last().map(|last| last.cursor)).await.unwrap();
    assert_eq!(feed.next().await.unwrap().event, event(50));
}

#[tokio::test]
async fn trimming_keeps_the_newest_of_all_scopes_together() {
    let (_, ledger) = memory().await;
    let mut elsewhere = scope();
    elsewhere.tenant = name("other");
    for number in 0..300 {
        let mut one = event(1000 - number);
        if number % 3 == 0 {
            one.scope = elsewhere.clone();
        }
        let mut change = ledger.change();
        change.event(&one);
        change.commit().await.unwrap();
    }
    assert_eq!(ledger.trim_events(1000).await.unwrap(), 0);
    assert_eq!(ledger.trim_events(30).await.unwrap(), 270);
    let (ours, theirs) =
        (ledger.events(&scope(), None).await.unwrap(), ledger.events(&elsewhere, None).await.unwrap());
    assert_eq!((ours.len(), theirs.len()), (20, 10));
    assert_eq!(ours.last().unwrap().event.message, "event 701");
    assert_eq!(theirs.first().unwrap().event.message, "event 730");
    let mut feed = ledger.follow(&scope(), ours.first().map(|first| first.cursor)).await.unwrap();
    assert_eq!(&feed.next().await.unwrap(), &ours[1]);
    tell(&ledger, [2000]).await;
    assert_eq!(ledger.trim_events(0).await.unwrap(), 31);
}

#[tokio::test]
async fn a_feed_ends_with_the_store() {
    let (_, ledger) = memory().await;
    let mut feed = ledger.follow(&scope(), None).await.unwrap();
    ledger.close().await.unwrap();
    assert!(matches!(feed.next().await.unwrap_err(), LedgerError::Store { .. }));
}
