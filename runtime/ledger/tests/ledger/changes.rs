//! A change happens whole, on what was read, or not at all.

use std::sync::Arc;

use innominatus_ledger::{Ledger, LedgerError};
use innominatus_model::{Code, Coded as _, RunId};
use innominatus_store::faulty::{Fault, FaultyStore, Side};
use innominatus_store::memory::MemoryStore;
use innominatus_store::{Error as StoreError, Store};
use serde_json::json;

use crate::samples::{
    application, event, name, plan, plan_id, resource, resource_id, run, run_id, scope, small,
};
use crate::support::{chunks, everything, family, memory, open};

/// Accepts a big plan for the application as it is now.
fn accept<'l>(
    ledger: &'l Ledger,
    number: u64,
    before: Option<&innominatus_ledger::Stored<innominatus_ledger::Application>>,
) -> innominatus_ledger::Change<'l> {
    let (mut plan, mut application, mut run) = (plan(), application(), run());
    plan.id = plan_id(number);
    plan.request.parameters = json!({"text": "x".repeat(100_000)});
    application.plan = plan.id;
    application.generation = number;
    run.id = run_id(number);
    run.plan = plan.id;
    application.run = run.id;
    let mut change = ledger.change();
    change.accept(&plan, &application, &run, before);
    change.event(&event(number));
    change
}

#[tokio::test]
async fn a_plan_is_accepted_only_if_nothing_else_was_in_between() {
    let (store, ledger) = memory().await;
    accept(&ledger, 1, None).commit().await.unwrap();
    let shop = name("shop");
    let before = ledger.application(&scope(), &shop).await.unwrap().unwrap();
    let (first, second) = (accept(&ledger, 2, Some(&before)), accept(&ledger, 3, Some(&before)));
    first.commit().await.unwrap();
    let there = everything(&*store).await;
    let error = second.commit().await.unwrap_err();
    assert_eq!(error.to_string(), "application `shop` changed in the meantime");
    assert!(matches!(&error, LedgerError::Conflict { what } if what == "application `shop`"));
    assert_eq!((error.code(), error.is_retryable()), (Code::PlanStale, false));
    assert_eq!(everything(&*store).await, there, "nothing was written, and its chunks are gone");
    let known = ledger.application(&scope(), &shop).await.unwrap().unwrap();
    assert_eq!((known.value.plan, known.value.generation), (plan_id(2), 2));

    let error = accept(&ledger, 4, None).commit().await.unwrap_err();
    assert!(matches!(error, LedgerError::Conflict { .. }), "it is not new any more");
    let mut change = ledger.change();
    change.delete_application(&before);
    assert!(matches!(change.commit().await.unwrap_err(), LedgerError::Conflict { .. }));
    let mut change = ledger.change();
    change.put_application(&before.value, &before);
    assert!(matches!(change.commit().await.unwrap_err(), LedgerError::Conflict { .. }));
    assert_eq!(everything(&*store).await, there);
}

#[tokio::test]
async fn a_conflict_names_what_changed() {
    let (_, ledger) = memory().await;
    let mut change = ledger.change();
    change.put_resource(&small(1), None);
    change.put_resource(&small(2), None);
    change.put_run(&run(), None);
    change.commit().await.unwrap();
    let (one, two) = (
        ledger.resource(resource_id(1)).await.unwrap().unwrap(),
        ledger.resource(resource_id(2)).await.unwrap().unwrap(),
    );
    let stored = ledger.run(run_id(1)).await.unwrap().unwrap();
    let mut change = ledger.change();
    change.put_resource(&two.value, Some(&two));
    change.commit().await.unwrap();

    let mut change = ledger.change();
    change.put_resource(&one.value, Some(&one));
    change.put_run(&stored.value, Some(&stored));
    change.put_resource(&two.value, Some(&two));
    let error = change.commit().await.unwrap_err();
    assert_eq!(error.to_string(), format!("resource {} changed in the meantime", resource_id(2)));
    let after = ledger.resource(resource_id(1)).await.unwrap().unwrap();
    assert_eq!(after.revision, one.revision, "the others did not change either");
}

fn broken(maybe_applied: bool) -> StoreError {
    StoreError::Unavailable { maybe_applied, reason: "broken by a test".into() }
}

/// Accepts a second big plan and a big resource over a first one, with events.
async fn scene(ledger: &Ledger) -> Result<(), LedgerError> {
    accept(ledger, 1, None).commit().await?;
    let before = ledger.application(&scope(), &name("shop")).await?.unwrap();
    let mut change = accept(ledger, 2, Some(&before));
    let mut one = resource(1);
    one.params = json!({"text": "y".repeat(70_000)});
    change.put_resource(&one, None);
    change.event(&event(50));
    change.commit().await?;
    let stored = ledger.resource(resource_id(1)).await?.unwrap();
    let mut change = ledger.change();
    let mut next = stored.value.clone();
    next.generation = 77;
    change.put_resource(&next, Some(&stored));
    change.event(&event(77));
    change.commit().await?;
    Ok(())
}

/// Every record and its event, or neither; and no chunk that nothing points to.
async fn is_whole(store: &Arc<MemoryStore>) {
    let ledger = open(store.clone()).await;
    let told: Vec<String> = ledger
        .events(&scope(), None)
        .await
        .unwrap()
        .into_iter()
        .map(|recorded| recorded.event.message)
        .collect();
    let told = |number: u64| told.contains(&format!("event {number}"));
    let application = ledger.application(&scope(), &name("shop")).await.unwrap().map(|stored| stored.value);
    let generation = application.as_ref().map_or(0, |application| application.generation);
    assert_eq!((told(1), told(2)), (generation >= 1, generation >= 2));
    if let Some(application) = &application {
        assert_eq!(ledger.current_plan(application).await.unwrap().id, application.plan);
        assert!(ledger.run(application.run).await.unwrap().is_some());
    }
    let known = ledger.resource(resource_id(1)).await.unwrap().map(|stored| stored.value);
    assert_eq!(told(50), known.is_some());
    assert_eq!(told(50), told(2), "one transaction");
    assert_eq!(told(77), known.as_ref().is_some_and(|known| known.generation == 77));
    if let Some(known) = known {
        assert_eq!(known.status.prior, resource(1).status.prior);
    }
    let items = everything(&**store).await;
    let pointers = items.iter().filter(|item| item.value.starts_with(b"{\"chunks\"")).count();
    let writes = |item: &&innominatus_store::Versioned| {
        family(&item.key) == "chunk" && item.key.ends_with(&[0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 1])
    };
    assert_eq!(items.iter().filter(writes).count(), pointers, "as many first chunks as pointers");
    // It goes on from there.
    let before = ledger.application(&scope(), &name("shop")).await.unwrap();
    accept(&ledger, 9, before.as_ref()).commit().await.unwrap();
}

#[tokio::test]
async fn at_whatever_transaction_it_stops_a_change_and_its_event_are_both_there_or_neither() {
    let counting = Arc::new(FaultyStore::counting(Arc::new(MemoryStore::new())));
    scene(&open(counting.clone()).await).await.unwrap();
    is_whole(counting.inner()).await;
    let writes = counting.writes();
    assert!(writes > 8, "chunks, changes and what is cleared away: {writes}");
    let faults = [Fault::Cut, Fault::Fail(broken(false)), Fault::Fail(broken(true))];
    for nth in 2..=writes {
        for side in [Side::Before, Side::After] {
            for fault in &faults {
                // What says that nothing was done must say the truth.
                if (side, fault) == (Side::After, &Fault::Fail(broken(false))) {
                    continue;
                }
                let inner = Arc::new(MemoryStore::new());
                let store = Arc::new(FaultyStore::once(inner.clone(), nth, side, fault.clone()));
                let ledger = open(store).await;
                // Clearing away may fail without anybody minding.
                if let Err(error) = scene(&ledger).await {
                    assert!(error.is_retryable(), "{error}");
                }
                is_whole(&inner).await;
            }
        }
    }
}

#[tokio::test]
async fn a_commit_that_certainly_failed_clears_its_chunks_away_at_once() {
    let inner = Arc::new(MemoryStore::new());
    let store = Arc::new(FaultyStore::new(inner.clone(), |point| {
        let is_change = point.txn.then.iter().any(|op| family(op.key()) == "app");
        if is_change && point.side == Side::Before { Fault::Fail(broken(false)) } else { Fault::None }
    }));
    let ledger = open(store).await;
    let error = accept(&ledger, 1, None).commit().await.unwrap_err();
    assert_eq!(error.to_string(), "the store could not commit a change");
    assert_eq!(chunks(&*inner).await, 0);
}

#[tokio::test]
async fn a_crash_between_chunks_and_pointer_leaves_the_old_record_and_is_swept() {
    let inner = Arc::new(MemoryStore::new());
    let ledger = open(inner.clone()).await;
    let mut one = small(1);
    one.params = json!({"text": "old".repeat(20_000)});
    let mut change = ledger.change();
    change.put_resource(&one, None);
    change.commit().await.unwrap();
    let whole = chunks(&*inner).await;

    let store = Arc::new(FaultyStore::new(inner.clone(), |point| {
        let is_change = point.txn.then.iter().any(|op| family(op.key()) == "res");
        if is_change { Fault::Cut } else { Fault::None }
    }));
    let crashing = open(store).await;
    let stored = crashing.resource(resource_id(1)).await.unwrap().unwrap();
    let mut next = stored.value.clone();
    next.params = json!({"text": "new".repeat(900_000)});
    let mut change = crashing.change();
    change.put_resource(&next, Some(&stored));
    change.commit().await.unwrap_err();
    assert!(chunks(&*inner).await > whole + 90, "chunks of the new one are there");

    let ledger = open(inner.clone()).await;
    assert_eq!(chunks(&*inner).await, whole);
    assert_eq!(ledger.resource(resource_id(1)).await.unwrap().unwrap().value.params, one.params);
}

#[tokio::test]
async fn chunks_of_a_record_that_was_removed_half_are_swept() {
    let inner = Arc::new(MemoryStore::new());
    let ledger = open(inner.clone()).await;
    for number in 1..=2 {
        let mut one = small(number);
        one.params = json!({"text": "z".repeat(6_000_000)});
        let mut change = ledger.change();
        change.put_resource(&one, None);
        change.commit().await.unwrap();
    }
    let all = chunks(&*inner).await;
    // The pointer goes, then a part of the chunks, the first ones first.
    let store = Arc::new(FaultyStore::new(inner.clone(), |point| {
        let deletes = point.txn.then.iter().filter(|op| family(op.key()) == "chunk").count();
        if deletes >= 100 && point.side == Side::After { Fault::Cut } else { Fault::None }
    }));
    let crashing = open(store).await;
    let mut change = crashing.change();
    change.delete_resource(&crashing.resource(resource_id(1)).await.unwrap().unwrap());
    change.commit().await.unwrap();
    assert_eq!(chunks(&*inner).await, all - 100);
    let ledger = open(inner.clone()).await;
    assert_eq!(chunks(&*inner).await, all / 2);
    assert!(ledger.resource(resource_id(2)).await.unwrap().is_some());
}

#[tokio::test]
async fn chunks_that_are_not_what_was_written_are_told_from_a_record() {
    for what in ["gone", "cut", "bent"] {
        let (store, ledger) = memory().await;
        let mut one = small(1);
        one.params = json!({"text": "x".repeat(70_000)});
        let mut change = ledger.change();
        change.put_resource(&one, None);
        change.commit().await.unwrap();
        let chunk = crate::support::of_family(&*store, "chunk").await.remove(1);
        let txn = match what {
            "gone" => innominatus_store::Txn::new().delete(chunk.key),
            "cut" => innominatus_store::Txn::new().put(chunk.key, chunk.value[..10].to_vec()),
            _ => innominatus_store::Txn::new().put(chunk.key, chunk.value.to_ascii_uppercase()),
        };
        store.txn(txn).await.unwrap();
        let error = ledger.resource(one.id).await.unwrap_err();
        assert!(matches!(error, LedgerError::Chunks { .. }), "{what}: {error}");
        assert_eq!(error.code(), Code::StoreIntegrity);
        assert!(error.remedy().unwrap().contains("backup"));
    }
}

#[tokio::test]
async fn an_index_to_nothing_is_nothing() {
    let (_, ledger) = memory().await;
    assert_eq!(ledger.run(RunId::generate()).await.unwrap(), None);
}
