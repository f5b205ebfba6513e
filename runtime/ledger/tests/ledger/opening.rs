//! Which stores are opened, and which are not.

use std::sync::Arc;

use innominatus_ledger::seal::Keyring;
use innominatus_ledger::{Ledger, LedgerError};
use innominatus_model::{Code, Coded as _};
use innominatus_store::memory::MemoryStore;
use innominatus_store::{Store, Txn};

use crate::samples::small;
use crate::support::{everything, family, keyring, memory, of_family, open};

#[tokio::test]
async fn a_store_knows_its_key() {
    let store = Arc::new(MemoryStore::new());
    assert!(!Ledger::exists(&*store).await.unwrap());
    open(store.clone()).await;
    assert!(Ledger::exists(&*store).await.unwrap());
    open(store.clone()).await;
    let other = Keyring::from_text(&"18".repeat(32)).unwrap();
    let found = other.id().to_string();
    let error = Ledger::open(store, other).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        format!("the store was sealed with key {}, but the key at hand is {found}", keyring().id())
    );
    assert!(matches!(error, LedgerError::OtherKey { .. }));
    assert_eq!(error.code(), Code::StoreKey);
}

#[tokio::test]
async fn a_store_of_a_newer_format_is_refused_and_not_touched() {
    for (from, to) in [(r#""ledger_format":1"#, r#""ledger_format":2"#), (r#"{"format":1"#, r#"{"format":9"#)]
    {
        let store = Arc::new(MemoryStore::new());
        open(store.clone()).await;
        let head = of_family(&*store, "meta").await.remove(0);
        let text = String::from_utf8(head.value.to_vec()).unwrap();
        assert!(text.contains(from), "{text}");
        store.txn(Txn::new().put(head.key, text.replace(from, to))).await.unwrap();
        let before = everything(&*store).await;
        let error = Ledger::open(store.clone(), keyring()).await.err().unwrap();
        assert_eq!(error.code(), Code::StoreFormat, "{error}");
        assert!(error.remedy().unwrap().contains("newer"));
        assert_eq!(everything(&*store).await, before);
    }
}

#[tokio::test]
async fn a_record_of_a_newer_format_is_refused_by_name() {
    let (store, ledger) = memory().await;
    let mut change = ledger.change();
    change.put_resource(&small(1), None);
    change.commit().await.unwrap();
    let record = of_family(&*store, "res").await.remove(0);
    let text = String::from_utf8(record.value.to_vec()).unwrap().replacen("\"format\":1", "\"format\":2", 1);
    store.txn(Txn::new().put(record.key, text)).await.unwrap();
    let error = ledger.resource(small(1).id).await.unwrap_err();
    assert_eq!(error.to_string(), format!("the record of resource {} cannot be used", small(1).id));
    assert_eq!(error.code(), Code::StoreFormat);
}

#[tokio::test]
async fn records_that_cannot_be_read_are_damage_and_never_a_panic() {
    let (store, ledger) = memory().await;
    let mut change = ledger.change();
    change.put_resource(&small(1), None);
    change.commit().await.unwrap();
    let record = of_family(&*store, "res").await.remove(0);
    assert_eq!(family(&record.key), "res");
    let good = String::from_utf8(record.value.to_vec()).unwrap();
    for bad in [
        String::new(),
        "{".into(),
        "[]".into(),
        good[..good.len() - 5].to_owned(),
        good.replace("\"phase\":\"pending\"", "\"phase\":\"asleep\""),
        good.replace("\"writes\"", "\"sealed\":\"AAAA\",\"writes\""),
        good.replace("\"writes\"", "\"sealed\":\"\u{e9}\",\"writes\""),
        r#"{"chunks":{"id":"x","count":4000000000,"digest":"y"}}"#.to_owned(),
        r#"{"chunks":7}"#.to_owned(),
    ] {
        assert_ne!(bad, good);
        store.txn(Txn::new().put(record.key.clone(), bad.clone())).await.unwrap();
        let error = ledger.resource(small(1).id).await.unwrap_err();
        assert_eq!(error.code(), Code::StoreIntegrity, "{bad}: {error}");
    }
}
