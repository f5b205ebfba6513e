//! Stores to look into.

use std::sync::{Arc, LazyLock};

use innominatus_ledger::seal::Keyring;
use innominatus_ledger::{Holder, Ledger};
use innominatus_model::{Name, Scope};
use innominatus_store::memory::MemoryStore;
use innominatus_store::{Range, Store, Versioned, collect};

/// A component's texts about the application of the samples.
pub(crate) fn held<'h>(scope: &'h Scope, component: &'h str) -> Holder<'h> {
    static SHOP: LazyLock<Name> = LazyLock::new(|| Name::new("shop").unwrap());
    Holder { scope, application: &SHOP, component }
}

pub(crate) fn keyring() -> Keyring {
    Keyring::from_text(&"17".repeat(32)).unwrap()
}

pub(crate) async fn open(store: Arc<dyn Store>) -> Ledger {
    Ledger::open(store, keyring()).await.unwrap()
}

pub(crate) async fn memory() -> (Arc<MemoryStore>, Ledger) {
    let store = Arc::new(MemoryStore::new());
    let ledger = open(store.clone()).await;
    (store, ledger)
}

pub(crate) async fn everything(store: &dyn Store) -> Vec<Versioned> {
    collect(store, Range::all()).await.unwrap().0
}

/// The part of a key before the first border.
pub(crate) fn family(key: &[u8]) -> String {
    let end = key.windows(2).position(|border| border == [0, 1]).unwrap();
    String::from_utf8(key[..end].to_vec()).unwrap()
}

pub(crate) async fn of_family(store: &dyn Store, wanted: &str) -> Vec<Versioned> {
    everything(store).await.into_iter().filter(|item| family(&item.key) == wanted).collect()
}

pub(crate) async fn chunks(store: &dyn Store) -> usize {
    of_family(store, "chunk").await.len()
}
