//! The ledger: opened once per process, shared by all.

use std::sync::Arc;

use innominatus_store::{Range, Store, Versioned, collect};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::change::pointer_of;
use crate::key::KeyBuilder;
use crate::record::{FORMAT, decode};
use crate::seal::Keyring;
use crate::{Change, LedgerError, Stored, chunks};

/// Typed records over a store.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: Arc<Keyring>,
}

/// Says which format and key a store was begun with.
#[derive(Serialize, Deserialize)]
struct Meta {
    ledger_format: u32,
    key: String,
}

impl Ledger {
    /// Whether this store holds a ledger already: then its key must be found, not made.
    pub async fn exists(store: &dyn Store) -> Result<bool, LedgerError> {
        let meta =
            store.get(&KeyBuilder::new("meta").build()).await.map_err(LedgerError::store("read its head"))?;
        Ok(meta.is_some())
    }

    /// Opens. Refuses a store of a newer format or sealed with another key; sweeps what a crash left.
    pub async fn open(store: Arc<dyn Store>, keys: Keyring) -> Result<Self, LedgerError> {
        let ledger = Self { store, keys: Arc::new(keys) };
        let meta_key = KeyBuilder::new("meta").build();
        match ledger.read::<Meta>(&meta_key, "the head of the ledger").await? {
            None => {
                let meta = Meta { ledger_format: FORMAT, key: ledger.keys.id().to_string() };
                let mut change = ledger.change();
                change.put(meta_key, "the head of the ledger", &meta, None::<&Stored<Meta>>);
                change.commit().await?;
            }
            Some(Stored { value: meta, .. }) => {
                if meta.ledger_format > FORMAT {
                    return Err(LedgerError::Format { found: meta.ledger_format, known: FORMAT });
                }
                let found = ledger.keys.id().to_string();
                if meta.key != found {
                    return Err(LedgerError::OtherKey { expected: meta.key, found });
                }
            }
        }
        let swept = chunks::sweep(&*ledger.store, pointer_of).await?;
        if swept > 0 {
            tracing::info!(swept, "removed chunks that an interrupted write left");
        }
        Ok(ledger)
    }

    /// The store's newest durable revision.
    pub async fn revision(&self) -> Result<innominatus_store::Revision, LedgerError> {
        self.store.revision().await.map_err(LedgerError::store("tell its revision"))
    }

    /// Begins a change.
    pub fn change(&self) -> Change<'_> {
        Change::new(self)
    }

    /// Flushes and lets go of the store.
    pub async fn close(&self) -> Result<(), LedgerError> {
        self.store.close().await.map_err(LedgerError::store("close"))
    }

    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        key: &[u8],
        what: impl ToString,
    ) -> Result<Option<Stored<T>>, LedgerError> {
        match self.store.get(key).await.map_err(LedgerError::store("read a record"))? {
            Some(item) => self.decode(item, what).await,
            None => Ok(None),
        }
    }

    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        prefix: Vec<u8>,
        what: &str,
    ) -> Result<Vec<Stored<T>>, LedgerError> {
        let (items, _) =
            collect(&*self.store, Range::prefix(prefix)).await.map_err(LedgerError::store("list records"))?;
        let mut records = Vec::with_capacity(items.len());
        for item in items {
            records.extend(self.decode(item, what).await?);
        }
        Ok(records)
    }

    /// Keys and revisions of records, without what is in them.
    pub(crate) async fn heads(&self, prefix: Vec<u8>) -> Result<Vec<(Vec<u8>, Stored<()>)>, LedgerError> {
        let (items, _) =
            collect(&*self.store, Range::prefix(prefix)).await.map_err(LedgerError::store("list records"))?;
        let head = |item: Versioned| {
            let stored = Stored { value: (), revision: item.mod_revision, pointer: pointer_of(&item.value) };
            (item.key, stored)
        };
        Ok(items.into_iter().map(head).collect())
    }

    /// None if the record went away while its chunks were read.
    async fn decode<T: DeserializeOwned>(
        &self,
        mut item: Versioned,
        what: impl ToString,
    ) -> Result<Option<Stored<T>>, LedgerError> {
        let mut pointer = pointer_of(&item.value);
        let mut spilled = None;
        // A pointer may be swapped, and its chunks removed, between the two reads: then read again.
        while let Some(at) = pointer.clone() {
            match chunks::read(&*self.store, &item.key, &at).await {
                Ok(bytes) => {
                    spilled = Some(bytes);
                    break;
                }
                Err(error) => {
                    let again =
                        self.store.get(&item.key).await.map_err(LedgerError::store("read a record"))?;
                    match again {
                        None => return Ok(None),
                        Some(again) if again.mod_revision != item.mod_revision => {
                            item = again;
                            pointer = pointer_of(&item.value);
                        }
                        _ => return Err(error),
                    }
                }
            }
        }
        let bytes = spilled.as_deref().unwrap_or(&item.value);
        let value = decode(bytes).map_err(LedgerError::record(what))?;
        Ok(Some(Stored { value, revision: item.mod_revision, pointer }))
    }
}
