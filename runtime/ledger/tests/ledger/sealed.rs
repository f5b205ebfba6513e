//! What is secret is sealed, for its own place and version.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use innominatus_ledger::{Ledger, LedgerError};
use innominatus_model::{Artifact, Code, Coded as _};
use innominatus_store::sled::{SledOptions, SledStore};
use innominatus_store::{Store, Txn};
use serde_json::{Value, json};

use crate::samples::{files, prior, resource, resource_id, run, scope};
use crate::secrets::{DEPLOY, POSTGRES, generate};
use crate::support::{everything, held, memory, of_family, open};

/// In clear, hexadecimal, and base64 at each of the three places a text can have in it.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![
        secret.as_bytes().to_vec(),
        secret.bytes().map(|b| format!("{b:02x}")).collect::<String>().into_bytes(),
    ];
    for lead in 0..3 {
        let encoded = STANDARD_NO_PAD.encode([&b"\0\0"[..lead], secret.as_bytes()].concat());
        // Without the characters that depend on the neighbours.
        let inner = &encoded[(lead * 8).div_ceil(6)..];
        forms.push(inner.as_bytes()[..inner.len() - 1].to_vec());
    }
    forms
}

fn assert_absent(haystack: &[u8], secret: &str, place: &str) {
    for form in forms(secret) {
        let found = haystack.windows(form.len()).any(|window| window == form);
        assert!(!found, "`{secret}` stands in {place} as `{}`", String::from_utf8_lossy(&form));
    }
}

/// Everything that is secret, once in every place that there is.
async fn plant(ledger: &Ledger) -> Vec<String> {
    let made = generate(ledger, POSTGRES, resource_id(1), "admin", "Planted-Password-1").await;
    let mut one = resource(1);
    one.status.prior = Some(prior("Planted-Output-22", "Planted-Host-4444"));
    one.status.prior.as_mut().unwrap().state.handle = json!({"note": "Planted-Handle-333"});
    let mut run = run();
    let env = Artifact {
        content: format!("TOKEN={}\nCLEAR=Planted-File-55555\n", made.token),
        ..files()[1].clone()
    };
    let before = ledger.resource(one.id).await.unwrap();
    let mut change = ledger.change();
    change.put_resource(&one, before.as_ref());
    change.put_files(&mut run, &[env]);
    change.put_run(&run, None);
    change.commit().await.unwrap();
    // Also a second version of each.
    let stored = ledger.resource(one.id).await.unwrap().unwrap();
    one.status.prior = Some(prior("Planted-Second-666666", "Planted-Host-4444"));
    one.status.prior.as_mut().unwrap().params = json!({"big": "x".repeat(100_000)});
    let mut change = ledger.change();
    change.put_resource(&one, Some(&stored));
    change.commit().await.unwrap();
    ledger.output_token(&scope(), DEPLOY, one.id, "password").await.unwrap();
    [
        "Planted-Password-1",
        "Planted-Output-22",
        "Planted-Handle-333",
        "Planted-Host-4444",
        "Planted-File-55555",
        "Planted-Second-666666",
        "hint-4711",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::test]
async fn nothing_secret_stands_in_the_store_in_any_usual_form() {
    let (store, ledger) = memory().await;
    let secrets = plant(&ledger).await;
    let items = everything(&*store).await;
    assert!(items.len() > 8);
    for item in &items {
        for secret in &secrets {
            assert_absent(&item.value, secret, &item.key.escape_ascii().to_string());
            assert_absent(&item.key, secret, "a key");
        }
    }
    // The search finds what is there.
    let known = ledger.resource(resource_id(1)).await.unwrap().unwrap();
    let found =
        std::panic::catch_unwind(|| assert_absent(format!("{known:?}").as_bytes(), &secrets[5], "memory"));
    assert!(found.is_err());
    let encoded = STANDARD.encode(format!("a{}b", secrets[5]));
    assert!(std::panic::catch_unwind(|| assert_absent(encoded.as_bytes(), &secrets[5], "base64")).is_err());
    assert!(known.value.status.prior.unwrap().state.outputs[0].value == json!(secrets[5]));
}

#[tokio::test]
async fn nothing_secret_stands_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = SledStore::open(&path, SledOptions::default()).await.unwrap();
    let ledger = open(Arc::new(store)).await;
    let secrets = plant(&ledger).await;
    ledger.close().await.unwrap();
    drop(ledger);
    let (mut open, mut bytes) = (vec![path], 0);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        bytes += content.len();
        for secret in &secrets {
            assert_absent(&content, secret, &path.display().to_string());
        }
    }
    assert!(bytes > 100_000);
}

#[tokio::test]
async fn what_is_sealed_for_one_record_is_refused_in_another() {
    let (store, ledger) = memory().await;
    for number in 1..=2 {
        generate(&ledger, POSTGRES, resource_id(number), "admin", &format!("secret-number-{number}")).await;
        let before = ledger.resource(resource_id(number)).await.unwrap();
        let mut change = ledger.change();
        change.put_resource(&resource(number), before.as_ref());
        let mut run = run();
        run.id = crate::samples::run_id(number);
        change.put_files(&mut run, &files());
        change.put_run(&run, None);
        change.commit().await.unwrap();
    }
    for kind in ["secret", "res", "file"] {
        let records = of_family(&*store, kind).await;
        let sealed = |at: usize| {
            let value: Value = serde_json::from_slice(&records[at].value).unwrap();
            value["body"]["sealed"].as_str().unwrap().to_owned()
        };
        let swapped = String::from_utf8(records[0].value.to_vec()).unwrap().replace(&sealed(0), &sealed(1));
        store.txn(Txn::new().put(records[0].key.clone(), swapped)).await.unwrap();
    }
    let token = ledger.output_token(&scope(), POSTGRES, resource_id(9), "x").await.unwrap();
    let text = ledger.complete(held(&scope(), POSTGRES), &token, &str::to_owned).await.unwrap();
    assert_eq!(text.expose(), token, "no such resource");
    // The record of the resource is not looked at for this.
    let never = || unreachable!("it is there");
    let known = ledger.generate_secret(&scope(), POSTGRES, resource_id(1), "admin", never, "password").await;
    let known = known.unwrap().unwrap();
    let mut stored = ledger.run(crate::samples::run_id(1)).await.unwrap().unwrap().value;
    stored.files.truncate(1);
    for error in [
        ledger.complete(held(&scope(), POSTGRES), &known.token, &str::to_owned).await.unwrap_err(),
        ledger.secrets_of(&scope(), resource_id(1)).await.unwrap_err(),
        ledger.resource(resource_id(1)).await.unwrap_err(),
        ledger.files(&stored).await.unwrap_err(),
    ] {
        assert!(matches!(error, LedgerError::Seal { .. }), "{error}");
        assert_eq!(error.code(), Code::StoreIntegrity);
        assert!(!error.to_string().contains("secret-number"));
    }
    assert!(ledger.resource(resource_id(2)).await.is_ok());
}

#[tokio::test]
async fn an_older_seal_of_the_same_record_is_refused() {
    let (store, ledger) = memory().await;
    let mut change = ledger.change();
    change.put_resource(&resource(1), None);
    change.commit().await.unwrap();
    let sealed = |value: &[u8]| {
        let value: Value = serde_json::from_slice(value).unwrap();
        value["body"]["sealed"].as_str().unwrap().to_owned()
    };
    let old = sealed(&of_family(&*store, "res").await[0].value);
    let stored = ledger.resource(resource_id(1)).await.unwrap().unwrap();
    let mut change = ledger.change();
    change.put_resource(&stored.value, Some(&stored));
    change.commit().await.unwrap();
    let record = of_family(&*store, "res").await.remove(0);
    let text = String::from_utf8(record.value.to_vec()).unwrap().replace(&sealed(&record.value), &old);
    store.txn(Txn::new().put(record.key, text)).await.unwrap();
    assert!(matches!(ledger.resource(resource_id(1)).await.unwrap_err(), LedgerError::Seal { .. }));
}
