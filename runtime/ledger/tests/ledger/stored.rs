//! Records as format 1 writes them: the files in `fixtures/records/v1` are what stores out there hold.
//!
//! `BLESS=1` writes missing files; one that exists is never written again, because stores do not change either. What
//! is sealed in them opens with the key of these tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use innominatus_ledger::Ledger;
use innominatus_ledger::seal::recipe::Generated;
use innominatus_model::Secret;
use innominatus_store::memory::MemoryStore;
use innominatus_store::{Store, Txn};
use serde_json::{Value, json};

use crate::samples::{
    application, event, files, name, plan, platform, rendered, resource, resource_id, run, run_id, scope,
    small,
};
use crate::support::{everything, family, held, memory, open};

const FOLDER: Kept = Kept("v1");

async fn write(ledger: &Ledger) {
    let secret = || Ok(Generated { secret: Secret::new("hunter2"), public: Some("public".into()) });
    ledger
        .generate_secret(&scope(), "compose/postgres", resource_id(1), "admin", secret, "password")
        .await
        .unwrap()
        .unwrap();
    ledger.output_token(&scope(), "compose/deploy", resource_id(1), "password").await.unwrap();
    let mut run = run();
    let mut change = ledger.change();
    change.put_files(&mut run, &files());
    change.accept(&plan(), &application(), &run, None);
    change.put_resource(&resource(1), None);
    change.put_resource(&small(2), None);
    change.add_platform(&platform());
    change.event(&event(1));
    change.commit().await.unwrap();
}

/// What `write` wrote, read from wherever.
async fn is_as_written(ledger: &Ledger) {
    assert_eq!(ledger.application(&scope(), &name("shop")).await.unwrap().unwrap().value, application());
    assert_eq!(ledger.plan(&scope(), &name("shop"), plan().id).await.unwrap().unwrap(), plan());
    let mut expected = run();
    expected.files = rendered(&files());
    let stored = ledger.run(run_id(1)).await.unwrap().unwrap().value;
    assert_eq!(stored, expected);
    assert_eq!(ledger.files(&stored).await.unwrap(), files());
    for expected in [resource(1), small(2)] {
        let stored = ledger.resource(expected.id).await.unwrap().unwrap().value;
        assert_eq!(stored.status, expected.status);
        assert_eq!(
            (stored.uid, stored.name, stored.workloads, stored.owner, stored.params, stored.references),
            (
                expected.uid,
                expected.name,
                expected.workloads,
                expected.owner,
                expected.params,
                expected.references
            )
        );
        assert_eq!(
            (stored.provisioner, stored.generation, stored.deleting, stored.created_ms, stored.updated_ms),
            (
                expected.provisioner,
                expected.generation,
                expected.deleting,
                expected.created_ms,
                expected.updated_ms
            )
        );
    }
    assert_eq!(ledger.platforms(&scope().tenant).await.unwrap()[0].value, platform());
    assert_eq!(ledger.events(&scope(), None).await.unwrap()[0].event, event(1));
    let secrets = ledger.secrets_of(&scope(), resource_id(1)).await.unwrap();
    assert_eq!(secrets, [Secret::new("hunter2")]);
    let token = ledger
        .translate(held(&scope(), "compose/postgres"), "compose/postgres", &tokens(ledger).await.0)
        .await
        .unwrap();
    assert_eq!(
        ledger.complete(held(&scope(), "compose/postgres"), &token, &str::to_owned).await.unwrap().expose(),
        "hunter2"
    );
    let output = ledger
        .complete(held(&scope(), "compose/deploy"), &tokens(ledger).await.1, &str::to_owned)
        .await
        .unwrap();
    assert_eq!(output.expose(), "hunter2-clear");
}

/// They depend on the key alone.
async fn tokens(ledger: &Ledger) -> (String, String) {
    let scope = scope();
    let never = || panic!("the secret is there");
    let known = ledger
        .generate_secret(&scope, "compose/postgres", resource_id(1), "admin", never, "password")
        .await
        .unwrap();
    let output = ledger.output_token(&scope, "compose/deploy", resource_id(1), "password").await.unwrap();
    (known.unwrap().token, output)
}

/// Every record of a store, chunks aside, by a name for its file: family and number.
async fn named(store: &dyn Store) -> BTreeMap<String, (Vec<u8>, String)> {
    let mut named = BTreeMap::new();
    for item in everything(store).await {
        let family = family(&item.key);
        if family == "chunk" {
            continue;
        }
        let number = (1..).find(|number| !named.contains_key(&format!("{family}-{number}"))).unwrap();
        let text = String::from_utf8(item.value.to_vec()).unwrap();
        named.insert(format!("{family}-{number}"), (item.key, text));
    }
    named
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// A folder of `fixtures/records`.
pub(crate) struct Kept(pub(crate) &'static str);

impl Kept {
    fn folder(&self) -> PathBuf {
        let room = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        room.ancestors().nth(2).unwrap().join("fixtures/records").join(self.0)
    }

    /// Name, key and value of every kept record.
    fn records(&self) -> BTreeMap<String, (Vec<u8>, String)> {
        let keys = fs::read_to_string(self.folder().join("keys.txt")).unwrap();
        keys.lines()
            .map(|line| {
                let (name, key) = line.split_once(' ').unwrap();
                let value = fs::read_to_string(self.folder().join(format!("{name}.json"))).unwrap();
                (name.to_owned(), (unhex(key), value))
            })
            .collect()
    }

    /// A store that holds them.
    pub(crate) async fn store(&self) -> Arc<MemoryStore> {
        store_of(self.records().into_values()).await
    }

    /// A store that holds what `change` makes of them.
    pub(crate) async fn store_with(&self, change: impl Fn(&mut Value)) -> Arc<MemoryStore> {
        let changed = self.records().into_values().map(|(key, value)| {
            let mut value: Value = serde_json::from_str(&value).unwrap();
            change(&mut value);
            (key, value.to_string())
        });
        store_of(changed).await
    }

    /// What a store holds has the shape of what is kept here.
    pub(crate) async fn check(&self, store: &dyn Store) {
        let written = named(store).await;
        let folder = self.folder();
        if std::env::var("BLESS").is_ok_and(|value| value == "1") && !folder.exists() {
            fs::create_dir_all(&folder).unwrap();
            let mut keys = String::new();
            for (name, (key, value)) in &written {
                fs::write(folder.join(format!("{name}.json")), value).unwrap();
                keys += &format!("{name} {}\n", hex(key));
            }
            fs::write(folder.join("keys.txt"), keys).unwrap();
        }
        let kept = self.records();
        assert_eq!(
            written.keys().collect::<Vec<_>>(),
            kept.keys().collect::<Vec<_>>(),
            "the kinds of records"
        );
        for (name, (key, value)) in &written {
            assert_eq!(hex(key), hex(&kept[name].0), "the key of {name}");
            let shape = |text: &str| serde_json::to_string_pretty(&without_seals(text)).unwrap();
            // Text, because the order of fields and the digits of numbers are part of it.
            assert_eq!(shape(value), shape(&kept[name].1), "{name}");
        }
    }
}

async fn store_of(records: impl IntoIterator<Item = (Vec<u8>, String)>) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    for (key, value) in records {
        store.txn(Txn::new().put(key, value)).await.unwrap();
    }
    store
}

/// Sealing the same twice gives two texts.
fn without_seals(text: &str) -> Value {
    let mut value: Value = serde_json::from_str(text).unwrap();
    if let Some(sealed) = value["body"].get_mut("sealed").filter(|sealed| sealed.is_string()) {
        *sealed = json!("sealed");
    }
    value
}

#[tokio::test]
async fn records_have_the_shape_that_they_always_had() {
    let (store, ledger) = memory().await;
    write(&ledger).await;
    FOLDER.check(&*store).await;
}

#[tokio::test]
async fn records_of_format_1_are_read() {
    is_as_written(&open(FOLDER.store().await).await).await;
}

/// Entries of these are of guests and people, not of the format; a word as a key takes no neighbour.
const NOT_OURS: &[&str] = &["params", "spec", "schema", "details", "config", "parameters", "target"];

pub(crate) fn add_a_field(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries.iter_mut() {
                if !NOT_OURS.contains(&key.as_str()) {
                    add_a_field(value);
                }
            }
            entries.insert("of_a_later_version".into(), json!({"with": ["anything"]}));
        }
        Value::Array(items) => items.iter_mut().for_each(add_a_field),
        _ => {}
    }
}

#[tokio::test]
async fn fields_of_a_later_version_are_passed_over() {
    is_as_written(&open(FOLDER.store_with(add_a_field).await).await).await;
}

#[tokio::test]
async fn fields_that_an_earlier_version_did_not_write_have_defaults() {
    let mut records = FOLDER.records();
    let (_, text) = records.get_mut("app-1").unwrap();
    let mut value: Value = serde_json::from_str(text).unwrap();
    assert!(value["body"].as_object_mut().unwrap().remove("rendered").is_some());
    *text = value.to_string();
    let ledger = open(store_of(records.into_values()).await).await;
    let known = ledger.application(&scope(), &name("shop")).await.unwrap().unwrap().value;
    assert_eq!((known.rendered, known.generation), (None, application().generation));
}

#[tokio::test]
async fn a_pointer_to_chunks_has_the_shape_that_it_always_had() {
    let (store, ledger) = memory().await;
    let mut one = small(1);
    one.params = json!({"text": "x".repeat(40_000)});
    let mut change = ledger.change();
    change.put_resource(&one, None);
    change.commit().await.unwrap();
    let (_, text) = named(&*store).await.remove("res-1").unwrap();
    let pointer: Value = serde_json::from_str(&text).unwrap();
    let chunks = pointer["chunks"].as_object().unwrap();
    assert_eq!(chunks.keys().collect::<Vec<_>>(), ["id", "count", "digest"]);
    assert_eq!(chunks["count"], 2);
    assert!(text.starts_with("{\"chunks\":{"), "this is what tells a pointer from a record");
    assert!(chunks["digest"].as_str().unwrap().starts_with("sha256:"));
}
