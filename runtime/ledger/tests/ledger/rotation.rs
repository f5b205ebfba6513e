//! The store's key is replaced: everything still opens, tokens stay, a crash anywhere is gone on from.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_ledger::seal::{KEY_FILE, Keyring, NEXT_FILE};
use innominatus_ledger::{Ledger, LedgerError};
use innominatus_model::{Code, Coded as _, EventKind, Scope, Secret, SecretName};
use innominatus_store::faulty::{Fault, FaultyStore, Side};
use innominatus_store::memory::MemoryStore;
use innominatus_store::{Error, Store, Txn};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::journal::{execution, intent};
use crate::samples::{component, files, prior, resource, resource_id, run, scope, small};
use crate::secrets::{DEPLOY, POSTGRES, generate};
use crate::support::{everything, held, of_family};

const RESOURCES: u64 = 40;

fn secret_name() -> SecretName {
    SecretName::new("team/db-admin").unwrap()
}

async fn opened(store: Arc<dyn Store>, home: &Path) -> Result<Ledger, LedgerError> {
    Ledger::open(store, Keyring::load_or_create(home).unwrap()).await
}

/// One of everything that is sealed, with chunks and without, and enough of it for several transactions.
async fn fill(ledger: &Ledger) -> Vec<String> {
    let mut tokens = Vec::new();
    for number in 1..=RESOURCES {
        let mut one = if number == 1 { resource(1) } else { small(number) };
        one.status.prior = Some(prior(&format!("output-{number}"), "host"));
        one.status.made_by = Some(component("postgres"));
        if number == 2 {
            one.status.prior.as_mut().unwrap().params = json!({"big": "x".repeat(100_000)});
        }
        // What a person writes may look like what we look for.
        one.params = json!({"sealed": "AbK7vySuy5qf", "ratio": 0.1, "z": 1, "a": 2});
        let mut change = ledger.change();
        change.put_resource(&one, None);
        change.commit().await.unwrap();
    }
    let stored = ledger.resource(resource_id(1)).await.unwrap().unwrap();
    let mut change = ledger.change();
    change.put_resource(&stored.value, Some(&stored));
    let mut run = run();
    change.put_files(&mut run, &files());
    change.put_run(&run, None);
    change.put_operator_secret(&scope().tenant, &secret_name(), &Secret::new("operators-value"), 1, None);
    change.commit().await.unwrap();
    let stored = ledger.operator_secret(&scope().tenant, &secret_name()).await.unwrap().unwrap();
    let mut change = ledger.change();
    let value = Secret::new("operators-second");
    change.put_operator_secret(&scope().tenant, &secret_name(), &value, 2, Some(&stored));
    change.commit().await.unwrap();
    let execution = execution(resource_id(1));
    let mut change = ledger.change();
    change.put_execution(&execution, None);
    change.commit().await.unwrap();
    let (_, sequence) = ledger.journal(&scope(), resource_id(1), execution.id).await.unwrap();
    let notes = [intent(0, "a-body-that-was-sent")];
    ledger.append_notes(&scope(), resource_id(1), execution.id, sequence, &notes, &[]).await.unwrap();
    tokens.push(generate(ledger, POSTGRES, resource_id(1), "admin", "generated-value").await.token);
    for value in ["captured-first", "captured-second"] {
        let kept = ledger.keep_captured(&scope(), POSTGRES, resource_id(1), "key", &Secret::new(value)).await;
        tokens.push(kept.unwrap().token);
    }
    let one = resource_id(1);
    tokens.push(ledger.reference_token(&scope(), POSTGRES, one, &secret_name()).await.unwrap().unwrap());
    tokens.push(ledger.output_token(&scope(), DEPLOY, one, "password").await.unwrap());
    tokens
}

/// Everything that was filled in is there and opens.
async fn is_whole(ledger: &Ledger, tokens: &[String]) {
    for number in 1..=RESOURCES {
        let known = ledger.resource(resource_id(number)).await.unwrap().unwrap().value;
        assert_eq!(known.outputs()[0].value, json!(format!("output-{number}")));
        assert_eq!(known.params.to_string(), r#"{"sealed":"AbK7vySuy5qf","ratio":0.1,"z":1,"a":2}"#);
    }
    let run = ledger.run(run().id).await.unwrap().unwrap().value;
    assert_eq!(ledger.files(&run).await.unwrap(), files());
    let value = ledger.operator_value(&scope().tenant, &secret_name()).await.unwrap().unwrap();
    assert_eq!(value.expose(), "operators-second");
    let executions = ledger.executions(&scope(), resource_id(1)).await.unwrap();
    let [execution] = &executions[..] else { panic!("{} executions", executions.len()) };
    let (past, _) = ledger.journal(&scope(), resource_id(1), execution.value.id).await.unwrap();
    assert!(format!("{past:?}").contains("a-body-that-was-sent"), "{past:?}");
    let text = format!("{} {}", tokens[0], tokens[1]);
    let completed = ledger.complete(held(&scope(), POSTGRES), &text, &str::to_owned).await.unwrap();
    assert_eq!(completed.expose(), "generated-value captured-second");
    let completed = ledger.complete(held(&scope(), DEPLOY), &tokens[4], &str::to_owned).await.unwrap();
    assert_eq!(completed.expose(), "output-1");
    // Asked for again they are the same.
    let one = resource_id(1);
    assert_eq!(generate(ledger, POSTGRES, one, "admin", "never").await.token, tokens[0]);
    assert_eq!(
        ledger.reference_token(&scope(), POSTGRES, one, &secret_name()).await.unwrap().unwrap(),
        tokens[3]
    );
    assert_eq!(ledger.output_token(&scope(), DEPLOY, one, "password").await.unwrap(), tokens[4]);
}

/// The ids of the keys that anything in the store is sealed with.
async fn keys_in(store: &dyn Store) -> Vec<String> {
    let mut ids = Vec::new();
    let mut chunked: Vec<u8> = Vec::new();
    for item in everything(store).await {
        if item.key.starts_with(b"chunk") {
            chunked.extend_from_slice(&item.value);
            continue;
        }
        let value: Value = serde_json::from_slice(&item.value).unwrap_or_default();
        if let Some(sealed) = value["body"]["sealed"].as_str() {
            ids.push(BASE64.decode(sealed).unwrap()[1..9].iter().map(|b| format!("{b:02x}")).collect());
        }
    }
    // Sealed parts of big records stand in their chunks.
    let text = String::from_utf8_lossy(&chunked);
    for (at, found) in text.match_indices("\"sealed\":\"") {
        let sealed = &text[at + found.len()..];
        // What a person wrote into the params is no more than that.
        if sealed.find('"') == Some(12) {
            continue;
        }
        let sealed = &sealed[..12];
        ids.push(BASE64.decode(sealed).unwrap()[1..9].iter().map(|b| format!("{b:02x}")).collect());
    }
    ids.sort();
    ids.dedup();
    ids
}

fn key_files(home: &TempDir) -> usize {
    std::fs::read_dir(home.path().join("keys")).unwrap().count()
}

async fn filled() -> (TempDir, Arc<MemoryStore>, Vec<String>, String) {
    let home = tempfile::tempdir().unwrap();
    let store = Arc::new(MemoryStore::new());
    let ledger = opened(store.clone(), home.path()).await.unwrap();
    let tokens = fill(&ledger).await;
    is_whole(&ledger, &tokens).await;
    let [id] = &keys_in(&*store).await[..] else { panic!("one key seals everything") };
    (home, store, tokens, id.clone())
}

#[tokio::test]
async fn everything_is_sealed_anew_and_the_old_key_is_gone() {
    let (home, store, tokens, old) = filled().await;
    let ledger = opened(store.clone(), home.path()).await.unwrap();
    let text = std::fs::read_to_string(home.path().join(KEY_FILE)).unwrap();
    let rotation = ledger.rotate_key(7).await.unwrap();
    assert_eq!(rotation.from.to_string(), old);
    assert!(rotation.records > RESOURCES as usize, "{rotation:?}");
    assert_ne!(std::fs::read_to_string(home.path().join(KEY_FILE)).unwrap(), text);
    assert!(!home.path().join(NEXT_FILE).exists());
    assert_eq!(key_files(&home), 1);
    assert_eq!(keys_in(&*store).await, [rotation.to.to_string()]);
    is_whole(&ledger, &tokens).await;
    drop(ledger);
    let ledger = opened(store.clone(), home.path()).await.unwrap();
    is_whole(&ledger, &tokens).await;
    let events = ledger.events(&Scope::default(), None).await.unwrap();
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.event.kind, event.event.at_ms), (EventKind::KeyRotated, 7));
    assert_eq!(event.event.details["records"], rotation.records);

    // And once more: the token key is one of its own by now.
    let again = ledger.rotate_key(8).await.unwrap();
    assert_eq!((again.from, keys_in(&*store).await), (rotation.to, vec![again.to.to_string()]));
    drop(ledger);
    is_whole(&opened(store.clone(), home.path()).await.unwrap(), &tokens).await;
    // The key that was there at first opens nothing.
    let old = Keyring::from_text(&text).unwrap();
    let error = Ledger::open(store, old).await.err().unwrap();
    assert_eq!(error.code(), Code::StoreKey, "{error}");
}

#[tokio::test]
async fn a_crash_at_any_write_loses_nothing() {
    let writes = {
        let (home, store, ..) = filled().await;
        let counting = Arc::new(FaultyStore::counting(store));
        let ledger = opened(counting.clone(), home.path()).await.unwrap();
        ledger.rotate_key(1).await.unwrap();
        counting.writes()
    };
    assert!(writes > 4, "{writes}");
    for nth in 1..=writes {
        for side in [Side::Before, Side::After] {
            let (home, store, tokens, _) = filled().await;
            let faulty = Arc::new(FaultyStore::once(store.clone(), nth, side, Fault::Cut));
            let ledger = opened(faulty, home.path()).await.unwrap();
            let cut = ledger.rotate_key(1).await;
            // The last write may only remove chunks that nobody needs.
            if let Err(error) = &cut {
                assert!(matches!(error, LedgerError::Store { .. }), "{nth} {side:?}: {error}");
            }
            drop(ledger);
            let ledger = opened(store.clone(), home.path()).await.unwrap();
            is_whole(&ledger, &tokens).await;
            // The opening has finished it, or it had not begun.
            assert_eq!(keys_in(&*store).await.len(), 1, "{nth} {side:?}");
            let rotation = ledger.rotate_key(2).await.unwrap();
            assert_eq!(keys_in(&*store).await, [rotation.to.to_string()], "{nth} {side:?}");
            assert_eq!(key_files(&home), 1, "{nth} {side:?}");
            drop(ledger);
            is_whole(&opened(store, home.path()).await.unwrap(), &tokens).await;
        }
    }
}

#[tokio::test]
async fn a_crash_in_the_opening_that_goes_on_loses_nothing_either() {
    // The first crash is after the head names both keys: that is the first write of all.
    let begin = async || {
        let (home, store, tokens, _) = filled().await;
        let faulty = Arc::new(FaultyStore::once(store.clone(), 1, Side::After, Fault::Cut));
        let ledger = opened(faulty, home.path()).await.unwrap();
        ledger.rotate_key(1).await.unwrap_err();
        (home, store, tokens)
    };
    let (home, store, _) = begin().await;
    let counting = Arc::new(FaultyStore::counting(store));
    opened(counting.clone(), home.path()).await.unwrap();
    let writes = counting.writes();
    assert!(writes > 3, "{writes}");
    for nth in 1..=writes {
        let (home, store, tokens) = begin().await;
        let faulty = Arc::new(FaultyStore::once(store.clone(), nth, Side::Before, Fault::Cut));
        assert!(opened(faulty, home.path()).await.is_err(), "{nth}");
        let ledger = opened(store.clone(), home.path()).await.unwrap();
        is_whole(&ledger, &tokens).await;
        assert_eq!(keys_in(&*store).await.len(), 1);
        assert_eq!(key_files(&home), 1);
    }
}

#[tokio::test]
async fn a_crash_between_the_files_loses_nothing() {
    // The new key is made, and nothing else happened.
    let (home, store, tokens, old) = filled().await;
    let key = std::fs::read_to_string(home.path().join(KEY_FILE)).unwrap();
    let other = "18".repeat(32);
    write_key(&home.path().join(NEXT_FILE), &other);
    let ledger = opened(store.clone(), home.path()).await.unwrap();
    is_whole(&ledger, &tokens).await;
    assert_eq!(keys_in(&*store).await, [old]);
    let rotation = ledger.rotate_key(1).await.unwrap();
    assert_eq!(rotation.to, Keyring::from_text(&other).unwrap().id(), "the one that lay there is taken");
    drop(ledger);

    // Everything is done but that the new file takes the old one's place.
    write_key(&home.path().join(KEY_FILE), &key);
    write_key(&home.path().join(NEXT_FILE), &other);
    let ledger = opened(store.clone(), home.path()).await.unwrap();
    is_whole(&ledger, &tokens).await;
    assert_eq!(key_files(&home), 1);
    assert_eq!(std::fs::read_to_string(home.path().join(KEY_FILE)).unwrap().trim(), other);
}

fn write_key(path: &Path, text: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let _ = std::fs::remove_file(path);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[tokio::test]
async fn without_the_new_key_an_interrupted_replacement_is_refused_and_nothing_is_lost() {
    let (home, store, tokens, _) = filled().await;
    let faulty = Arc::new(FaultyStore::once(store.clone(), 3, Side::Before, Fault::Cut));
    let ledger = opened(faulty, home.path()).await.unwrap();
    ledger.rotate_key(1).await.unwrap_err();
    let next = std::fs::read_to_string(home.path().join(NEXT_FILE)).unwrap();
    std::fs::remove_file(home.path().join(NEXT_FILE)).unwrap();
    let before = everything(&*store).await;
    let error = opened(store.clone(), home.path()).await.err().unwrap();
    assert!(matches!(error, LedgerError::NextKey { .. }), "{error}");
    assert_eq!(error.code(), Code::StoreKey);
    assert!(error.remedy().unwrap().contains(NEXT_FILE));
    assert_eq!(everything(&*store).await, before);
    write_key(&home.path().join(NEXT_FILE), &next);
    is_whole(&opened(store, home.path()).await.unwrap(), &tokens).await;
}

#[tokio::test]
async fn a_replacement_that_failed_is_finished_by_the_next_one() {
    let (home, store, tokens, _) = filled().await;
    // The store fails once and goes on.
    let failure = Fault::Fail(Error::Unavailable { maybe_applied: false, reason: "once".into() });
    let faulty = Arc::new(FaultyStore::once(store.clone(), 3, Side::Before, failure));
    let ledger = opened(faulty, home.path()).await.unwrap();
    ledger.rotate_key(1).await.unwrap_err();
    is_whole(&ledger, &tokens).await;
    let finished = ledger.rotate_key(2).await.unwrap();
    assert_eq!(keys_in(&*store).await, [finished.to.to_string()]);
    assert_eq!(key_files(&home), 1);
    let again = ledger.rotate_key(3).await.unwrap();
    assert_eq!(again.from, finished.to);
    assert_eq!(keys_in(&*store).await, [again.to.to_string()]);
    is_whole(&ledger, &tokens).await;
}

#[tokio::test]
async fn a_key_from_the_environment_is_not_ours_to_replace() {
    let store = Arc::new(MemoryStore::new());
    let ledger = Ledger::open(store, Keyring::from_text(&"17".repeat(32)).unwrap()).await.unwrap();
    let error = ledger.rotate_key(1).await.unwrap_err();
    assert_eq!(error.code(), Code::StoreKey);
    assert!(error.remedy().unwrap().contains("unset the variable"));
}

#[tokio::test]
async fn what_was_sealed_before_and_is_written_after_is_sealed_anew() {
    let (home, store, tokens, _) = filled().await;
    let ledger = opened(store.clone(), home.path()).await.unwrap();
    // Changes that were begun with the old key: a small record, one in chunks, and one that somebody changes first.
    let stored = ledger.resource(resource_id(3)).await.unwrap().unwrap();
    let mut begun = ledger.change();
    let mut big = small(900);
    big.status.prior = Some(prior("late-output", "host"));
    big.status.prior.as_mut().unwrap().params = json!({"big": "x".repeat(100_000)});
    begun.put_resource(&big, None);
    let mut run = run();
    run.id = crate::samples::run_id(77);
    begun.put_files(&mut run, &files());
    begun.put_run(&run, None);
    let mut stale = ledger.change();
    stale.put_resource(&stored.value, Some(&stored));
    let rotation = ledger.rotate_key(1).await.unwrap();
    begun.commit().await.unwrap();
    assert!(matches!(stale.commit().await.unwrap_err(), LedgerError::Conflict { .. }));
    assert_eq!(keys_in(&*store).await, [rotation.to.to_string()]);
    drop(ledger);
    let ledger = opened(store, home.path()).await.unwrap();
    is_whole(&ledger, &tokens).await;
    let late = ledger.resource(big.id).await.unwrap().unwrap().value;
    assert_eq!(late.outputs()[0].value, json!("late-output"));
    assert_eq!(ledger.files(&run).await.unwrap(), files());
}

#[tokio::test]
async fn others_write_while_the_key_is_replaced() {
    let (home, store, tokens, _) = filled().await;
    let ledger = opened(store.clone(), home.path()).await.unwrap();
    let writer = {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for round in 0..60 {
                let number = round % RESOURCES + 1;
                let stored = ledger.resource(resource_id(number)).await.unwrap().unwrap();
                let mut change = ledger.change();
                change.put_resource(&stored.value, Some(&stored));
                match change.commit().await {
                    Ok(_) | Err(LedgerError::Conflict { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
                let value = Secret::new(format!("round-{round}"));
                ledger.keep_captured(&scope(), DEPLOY, resource_id(2), "turning", &value).await.unwrap();
            }
        })
    };
    let rotation = ledger.rotate_key(1).await.unwrap();
    writer.await.unwrap();
    assert_eq!(keys_in(&*store).await, [rotation.to.to_string()]);
    is_whole(&ledger, &tokens).await;
}

#[tokio::test]
async fn a_damaged_record_does_not_keep_the_others_back() {
    let (home, store, _, _) = filled().await;
    let secret = of_family(&*store, "opsecret").await.remove(0);
    let mut value: Value = serde_json::from_slice(&secret.value).unwrap();
    let mut sealed = BASE64.decode(value["body"]["sealed"].as_str().unwrap()).unwrap();
    *sealed.last_mut().unwrap() ^= 1;
    value["body"]["sealed"] = json!(BASE64.encode(sealed));
    store.txn(Txn::new().put(secret.key, value.to_string())).await.unwrap();
    let ledger = opened(store.clone(), home.path()).await.unwrap();
    ledger.rotate_key(1).await.unwrap();
    let error = ledger.operator_value(&scope().tenant, &secret_name()).await.unwrap_err();
    assert!(matches!(error, LedgerError::Seal { .. }), "{error}");
    assert!(ledger.resource(resource_id(1)).await.is_ok());
}
