//! Records of every size, and changes of many.

use std::sync::Arc;

use innominatus_ledger::{Ledger, LedgerError, Resource, Stored};
use innominatus_model::{Artifact, Coded as _};
use innominatus_store::Store;
use innominatus_store::faulty::FaultyStore;
use innominatus_store::limits::{MAX_REQUEST, MAX_VALUE};
use serde_json::json;

use crate::samples::{application, event, name, plan, resource_id, run, run_id, scope, small};
use crate::support::{chunks, everything, memory, of_family, open};

const CHUNK: usize = 28 * 1024;

fn sized(number: u64, bytes: usize) -> Resource {
    let mut one = small(number);
    one.params = json!({"text": "x".repeat(bytes)});
    one
}

async fn put(ledger: &Ledger, one: &Resource, before: Option<&Stored<Resource>>) -> Stored<Resource> {
    let mut change = ledger.change();
    change.put_resource(one, before);
    change.commit().await.unwrap();
    ledger.resource(one.id).await.unwrap().unwrap()
}

/// Of the only resource there is.
async fn stored_bytes(store: &dyn Store) -> usize {
    of_family(store, "res").await[0].value.len()
}

#[tokio::test]
async fn a_record_of_any_size_comes_back_and_leaves_no_chunk_of_its_past() {
    let (store, ledger) = memory().await;
    let overhead = {
        let stored = put(&ledger, &sized(1, 0), None).await;
        let overhead = stored_bytes(&*store).await;
        let mut change = ledger.change();
        change.delete_resource(&stored);
        change.commit().await.unwrap();
        overhead
    };
    // Around the border between a value and chunks, and around those between one chunk and the next.
    let mut sizes: Vec<usize> = vec![0, 100];
    for border in [CHUNK, 2 * CHUNK, 3 * CHUNK] {
        sizes.extend((border - overhead - 2)..=(border - overhead + 2));
    }
    sizes.extend([1024 * 1024, 5, 300 * 1024, CHUNK - overhead, CHUNK - overhead + 1, 0]);
    let mut before: Option<Stored<Resource>> = None;
    for size in sizes {
        let one = sized(1, size);
        let stored = put(&ledger, &one, before.as_ref()).await;
        assert_eq!(stored.value.params, one.params);
        // The counter of writes in the record takes a digit more now and then.
        let bytes = size + overhead + stored_digits(&stored);
        let expected = if bytes <= CHUNK { 0 } else { bytes.div_ceil(CHUNK) };
        assert_eq!(chunks(&*store).await, expected, "{size} bytes of text, {bytes} in all");
        before = Some(stored);
    }
    let mut change = ledger.change();
    change.put_resource(&sized(1, 200_000), before.as_ref());
    change.commit().await.unwrap();
    let mut change = ledger.change();
    change.delete_resource(&ledger.resource(resource_id(1)).await.unwrap().unwrap());
    change.commit().await.unwrap();
    assert_eq!(chunks(&*store).await, 0);
}

/// Digits of the counter of writes beyond the first.
fn stored_digits(stored: &Stored<Resource>) -> usize {
    let text = format!("{stored:?}");
    let writes = text.split("writes: ").nth(1).unwrap().chars().take_while(char::is_ascii_digit).count();
    writes - 1
}

#[tokio::test]
async fn a_thousand_resources_fit_into_a_plan() {
    let (store, ledger) = memory().await;
    let mut plan = plan();
    let (task, need) = (plan.tasks[0].clone(), plan.request.needs[0].clone());
    plan.tasks = (0..1000)
        .map(|number| {
            let mut task = task.clone();
            task.resource = resource_id(number);
            task.step = format!("step-{number}");
            task.params = json!({"text": "x".repeat(1500)});
            task
        })
        .collect();
    plan.request.needs = vec![need; 1000];
    let mut change = ledger.change();
    change.accept(&plan, &application(), &run(), None);
    assert!(change.size() <= 4, "the pointer and its kin");
    change.event(&event(1));
    change.commit().await.unwrap();
    assert_eq!(ledger.current_plan(&application()).await.unwrap(), plan);
    assert!(chunks(&*store).await > 64, "more than one transaction of chunks");
    let mut change = ledger.change();
    change.delete_plan(&scope(), &plan.application, plan.id).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(chunks(&*store).await, 0);
}

#[tokio::test]
async fn many_records_that_are_too_much_together_are_one_change_all_the_same() {
    let inner = memory().await.0;
    let store = Arc::new(FaultyStore::counting(inner.clone()));
    let ledger = open(store.clone()).await;
    let mut change = ledger.change();
    for number in 0..60 {
        change.put_resource(&sized(number, 25 * 1024), None);
    }
    for number in 0..8 {
        change.event(&event(number));
    }
    assert_eq!(change.size(), 128);
    let before = ledger.revision().await.unwrap();
    let revision = change.commit().await.unwrap();
    assert!(revision > before);
    let records = of_family(&*inner, "res").await;
    assert_eq!(records.len(), 60);
    assert!(records.iter().all(|item| item.mod_revision == revision), "all of them in one transaction");
    assert!(of_family(&*inner, "evt").await.iter().all(|item| item.mod_revision == revision));
    let inline: usize = records.iter().map(|item| item.value.len()).sum();
    assert!(
        inline <= MAX_REQUEST && inline > MAX_REQUEST - 2 * MAX_VALUE,
        "no more spilled than needed: {inline}"
    );
    for number in 0..60 {
        let known = ledger.resource(resource_id(number)).await.unwrap().unwrap();
        assert_eq!(known.value.params, sized(number, 25 * 1024).params);
    }
    // Once more, from what was spilled to something small.
    let mut change = ledger.change();
    for stored in ledger.all_resources().await.unwrap() {
        let mut next = stored.value.clone();
        next.params = json!({});
        change.put_resource(&next, Some(&stored));
    }
    change.commit().await.unwrap();
    assert_eq!(chunks(&*inner).await, 0);
}

#[tokio::test]
async fn a_change_of_too_many_records_is_refused_and_leaves_nothing() {
    let (store, ledger) = memory().await;
    let mut change = ledger.change();
    for number in 0..65 {
        change.put_resource(&sized(number, 40_000), None);
    }
    let before = everything(&*store).await;
    let error = change.commit().await.unwrap_err();
    assert!(matches!(error, LedgerError::Store { .. }), "{error}");
    assert_eq!(everything(&*store).await, before);
}

#[tokio::test]
async fn an_event_is_never_too_big_to_be_followed() {
    let (store, ledger) = memory().await;
    let mut feed = ledger.follow(&scope(), None).await.unwrap();
    let long = "\u{20ac}\"\u{7}".repeat(20_000);
    let mut change = ledger.change();
    for number in 0..128 {
        let mut big = event(number);
        match number % 4 {
            0 => big.message = long.clone(),
            1 => big.details = json!({"field": long, "list": [long], "count": 7}),
            2 => big.details = (0..2000).map(|n| (format!("field-{n}"), json!(n))).collect(),
            _ => (big.message, big.details) = (long.clone(), json!([long])),
        }
        change.event(&big);
    }
    change.commit().await.unwrap();
    assert_eq!(chunks(&*store).await, 0);
    let listed = ledger.events(&scope(), None).await.unwrap();
    assert_eq!(listed.len(), 128);
    for recorded in &listed {
        assert_eq!(&feed.next().await.unwrap(), recorded);
        assert!(recorded.event.message.len() + recorded.event.details.to_string().len() < 6 * 1024);
    }
    assert!(
        listed[0].event.message.starts_with("\u{20ac}\"") && listed[0].event.message.ends_with('\u{2026}')
    );
    assert_eq!(listed[1].event.details["count"], 7, "what is short stays");
    assert_eq!(listed[2].event.details, json!({"shortened": true}));
    assert_eq!(listed[2].event.message, "event 2");
}

#[tokio::test]
async fn a_run_may_render_more_files_than_a_transaction_has_room_for() {
    let (store, ledger) = memory().await;
    let file = |number: usize, bytes: usize| Artifact {
        name: format!("files/{number}"),
        media_type: "text/plain".into(),
        content: format!("{number}").repeat(bytes),
        sensitive: number.is_multiple_of(2),
    };
    let mut many: Vec<Artifact> = (0..400).map(|number| file(number, 100)).collect();
    many.push(file(7, 3 << 20));
    many.push(file(8, 0));
    let mut run = run();
    let mut change = ledger.change();
    change.put_files(&mut run, &many);
    change.put_run(&run, None);
    change.commit().await.unwrap();
    let stored = ledger.run(run_id(1)).await.unwrap().unwrap();
    assert_eq!(ledger.files(&stored.value).await.unwrap(), many);

    // An interrupted try is replaced whole, also by less.
    let mut again = stored.value.clone();
    let mut change = ledger.change();
    change.put_files(&mut again, &many[..3]);
    change.put_run(&again, Some(&stored));
    change.commit().await.unwrap();
    let stored = ledger.run(run_id(1)).await.unwrap().unwrap();
    assert_eq!(ledger.files(&stored.value).await.unwrap(), many[..3]);

    let mut change = ledger.change();
    change.delete_run(&stored).await.unwrap();
    change.commit().await.unwrap();
    assert!(of_family(&*store, "file").await.is_empty(), "also those of the try that rendered more");
    let mut none = crate::samples::run();
    let mut change = ledger.change();
    change.put_files(&mut none, &[]);
    change.put_run(&none, None);
    change.commit().await.unwrap();
    assert!(ledger.files(&none).await.unwrap().is_empty());
}

#[tokio::test]
async fn files_that_are_gone_are_missed() {
    let (store, ledger) = memory().await;
    let mut run = run();
    let mut change = ledger.change();
    change.put_files(&mut run, &crate::samples::files());
    change.commit().await.unwrap();
    run.files.push(run.files[0].clone());
    let error = ledger.files(&run).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the record of the files of run {} is incomplete: some are missing", run.id)
    );
    let key = of_family(&*store, "file").await.remove(0).key;
    store.txn(innominatus_store::Txn::new().delete(key)).await.unwrap();
    let error = ledger.files(&run).await.unwrap_err();
    assert_eq!(error.code(), innominatus_model::Code::StoreIntegrity);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_reads_while_others_write_sees_one_version_or_another_and_never_an_error() {
    let (_, ledger) = memory().await;
    let writer = {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for round in 0..60 {
                let mut stored = put(&ledger, &sized(1, 60_000 + round), None).await;
                for size in [40_000, 10, 90_000] {
                    let mut next = stored.value.clone();
                    next.params = sized(1, size + round).params;
                    stored = put(&ledger, &next, Some(&stored)).await;
                }
                let mut change = ledger.change();
                change.delete_resource(&stored);
                change.commit().await.unwrap();
            }
        })
    };
    let mut seen = 0;
    while !writer.is_finished() {
        if let Some(stored) = ledger.resource(resource_id(1)).await.unwrap() {
            let text = stored.value.params["text"].as_str().unwrap().to_owned();
            assert!([60_000, 40_000, 10, 90_000].iter().any(|size| (*size..size + 60).contains(&text.len())));
            seen += 1;
        }
        assert!(ledger.resources(&scope(), &name("shop")).await.unwrap().len() <= 1);
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
    assert!(seen > 0);
}
