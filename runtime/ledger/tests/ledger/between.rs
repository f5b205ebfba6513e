//! What others do in between two calls of the store: at one certain place, every time.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use innominatus_ledger::Ledger;
use innominatus_ledger::seal::recipe::Generated;
use innominatus_model::Secret;
use innominatus_store::memory::MemoryStore;
use innominatus_store::{Committed, Error, Op, Page, Range, Revision, Store, Txn, Versioned, Watch};
use serde_json::json;

use crate::samples::{event, resource_id, scope, small};
use crate::secrets::there;
use crate::support::{family, held, open};

/// A place in what a ledger does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    BeforeReading(&'static str),
    AfterReading(&'static str),
    BeforeWriting(&'static str),
}

type Deed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Passes everything on; the first time it comes to the place, others do something first.
struct Between {
    inner: Arc<MemoryStore>,
    deed: Mutex<Option<(Place, Deed)>>,
}

impl Between {
    async fn at(&self, place: impl Fn(Place) -> bool) {
        let deed = {
            let mut deed = self.deed.lock().unwrap();
            if deed.as_ref().is_some_and(|(at, _)| place(*at)) { deed.take() } else { None }
        };
        if let Some((_, deed)) = deed {
            deed.await;
        }
    }
}

fn is_of(start: &[u8], kind: &str) -> bool {
    start.contains(&0) && family(start) == kind
}

#[async_trait]
impl Store for Between {
    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Error> {
        self.inner.get(key).await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        self.at(|place| matches!(place, Place::BeforeReading(kind) if is_of(&range.start, kind))).await;
        let page = self.inner.range(range.clone()).await;
        self.at(|place| matches!(place, Place::AfterReading(kind) if is_of(&range.start, kind))).await;
        page
    }

    async fn txn(&self, txn: Txn) -> Result<Committed, Error> {
        let writes = |kind| txn.then.iter().any(|op| matches!(op, Op::Put { .. }) && is_of(op.key(), kind));
        self.at(|place| matches!(place, Place::BeforeWriting(kind) if writes(kind))).await;
        self.inner.txn(txn).await
    }

    async fn watch(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, Error> {
        self.inner.watch(prefix, from).await
    }

    async fn revision(&self) -> Result<Revision, Error> {
        self.inner.revision().await
    }

    async fn close(&self) -> Result<(), Error> {
        self.inner.close().await
    }
}

/// A ledger, and another one on the same store that does something when the first one comes to the place.
async fn interrupted<D>(
    place: Place,
    prepare: impl AsyncFnOnce(&Ledger),
    deed: impl FnOnce(Ledger) -> D,
) -> Ledger
where
    D: Future<Output = ()> + Send + 'static,
{
    let inner = Arc::new(MemoryStore::new());
    let other = open(inner.clone()).await;
    prepare(&other).await;
    let between = Arc::new(Between { inner, deed: Mutex::new(None) });
    let ledger = open(between.clone()).await;
    *between.deed.lock().unwrap() = Some((place, Box::pin(deed(other))));
    ledger
}

async fn tell(ledger: &Ledger, number: u64) {
    let mut change = ledger.change();
    change.event(&event(number));
    change.commit().await.unwrap();
}

#[tokio::test]
async fn events_that_come_between_two_pages_are_left_for_the_feed_all_of_them() {
    let prepare = async |ledger: &Ledger| {
        for first in (1000..2500).step_by(100) {
            let mut change = ledger.change();
            (first..first + 100).for_each(|number| _ = change.event(&event(number)));
            change.commit().await.unwrap();
        }
    };
    // One on the page that was read already, one on the page to come.
    let ledger = interrupted(Place::AfterReading("evt"), prepare, |other| async move {
        tell(&other, 1).await;
        tell(&other, 9000).await;
    })
    .await;
    let listed = ledger.events(&scope(), None).await.unwrap();
    assert_eq!(listed.len(), 1500, "neither: whoever goes on behind the second would miss the first");
    let mut feed = ledger.follow(&scope(), listed.last().map(|last| last.cursor)).await.unwrap();
    assert_eq!(feed.next().await.unwrap().event, event(1));
    assert_eq!(feed.next().await.unwrap().event, event(9000));
}

#[tokio::test]
async fn a_record_that_changes_while_its_chunks_are_read_is_read_anew() {
    let big = |text: &str, times: usize| {
        let mut one = small(1);
        one.params = json!({"text": text.repeat(times)});
        one
    };
    let prepare = async |ledger: &Ledger| {
        let mut change = ledger.change();
        change.put_resource(&big("old", 20_000), None);
        change.commit().await.unwrap();
    };
    for times in [30_000, 1] {
        let next = big("new", times);
        let written = next.clone();
        let ledger = interrupted(Place::BeforeReading("chunk"), prepare, |other| async move {
            let stored = other.resource(resource_id(1)).await.unwrap().unwrap();
            let mut change = other.change();
            change.put_resource(&written, Some(&stored));
            change.commit().await.unwrap();
        })
        .await;
        assert_eq!(ledger.resource(resource_id(1)).await.unwrap().unwrap().value.params, next.params);
    }
    for list in [false, true] {
        let ledger = interrupted(Place::BeforeReading("chunk"), prepare, |other| async move {
            let stored = other.resource(resource_id(1)).await.unwrap().unwrap();
            let mut change = other.change();
            change.delete_resource(&stored);
            change.commit().await.unwrap();
        })
        .await;
        if list {
            assert_eq!(ledger.all_resources().await.unwrap(), [], "it went away, which is no damage");
        } else {
            assert_eq!(ledger.resource(resource_id(1)).await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn a_secret_that_another_made_a_moment_earlier_is_the_one() {
    let made =
        |text: &'static str| move || Ok(Generated { secret: Secret::new(text), public: Some(text.into()) });
    let ledger = interrupted(
        Place::BeforeWriting("secret"),
        async |ledger: &Ledger| there(ledger, resource_id(1)).await,
        |other| async move {
            let theirs = other
                .generate_secret(&scope(), "c/a", resource_id(1), "admin", made("theirs"), "password")
                .await;
            assert!(theirs.unwrap().unwrap().created);
        },
    )
    .await;
    let scope = scope();
    let ours = ledger.generate_secret(&scope, "c/a", resource_id(1), "admin", made("ours"), "password").await;
    let ours = ours.unwrap().unwrap();
    assert_eq!((ours.created, ours.public.as_deref()), (false, Some("theirs")));
    assert_eq!(
        ledger.complete(held(&scope, "c/a"), &ours.token, &str::to_owned).await.unwrap().expose(),
        "theirs"
    );
}
