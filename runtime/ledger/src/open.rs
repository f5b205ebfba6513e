//! The ledger: opened once per process, shared by all.

use std::sync::Arc;

use innominatus_store::{Range, Store, Versioned, collect};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, RwLock};

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
    /// Shared by commits; the key changes while there are none.
    pub(crate) turn: Arc<RwLock<()>>,
    /// Held while the key is replaced.
    pub(crate) rotating: Arc<Mutex<()>>,
}

/// Says which format a store has, and which key seals it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) ledger_format: u32,
    pub(crate) key: String,
    /// The key that takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

pub(crate) fn meta_key() -> Vec<u8> {
    KeyBuilder::new("meta").build()
}

impl Ledger {
    /// Whether this store holds a ledger already: then its key must be found, not made.
    pub async fn exists(store: &dyn Store) -> Result<bool, LedgerError> {
        let meta = store.get(&meta_key()).await.map_err(LedgerError::store("read its head"))?;
        Ok(meta.is_some())
    }

    /// Opens. Refuses a store of a newer format or sealed with another key; goes on with a replacement of the key
    /// that was interrupted; sweeps what a crash left.
    pub async fn open(store: Arc<dyn Store>, keys: Keyring) -> Result<Self, LedgerError> {
        let (turn, rotating) = (Arc::default(), Arc::default());
        let ledger = Self { store, keys: Arc::new(keys), turn, rotating };
        match ledger.meta().await? {
            None => {
                let meta = Meta { ledger_format: FORMAT, key: ledger.keys.id().to_string(), next: None };
                let mut change = ledger.change();
                change.put(meta_key(), "the head of the ledger", &meta, None::<&Stored<Meta>>);
                change.commit().await?;
            }
            Some(Stored { value: meta, .. }) => {
                if meta.ledger_format > FORMAT {
                    return Err(LedgerError::Format { found: meta.ledger_format, known: FORMAT });
                }
                ledger.fit_keys(&meta).await?;
            }
        }
        let swept = chunks::sweep(&*ledger.store, pointer_of).await?;
        if swept > 0 {
            tracing::info!(swept, "removed chunks that an interrupted write left");
        }
        Ok(ledger)
    }

    /// The keys at hand are those of the store, or it is refused. Finishes what was begun with them.
    async fn fit_keys(&self, meta: &Meta) -> Result<(), LedgerError> {
        let from = self.keys.id();
        let next = self.keys.next_id();
        let is_next = |id: &str| next.is_some_and(|next| next.to_string() == id);
        if is_next(&meta.key) {
            // Everything was done but to put the file in its place.
            self.keys.switch();
            self.take_token_key().await?;
            return Ok(self.keys.settle()?);
        }
        if meta.key != from.to_string() {
            return Err(LedgerError::OtherKey { expected: meta.key.clone(), found: from.to_string() });
        }
        match (&meta.next, next) {
            (None, _) => self.take_token_key().await,
            (Some(expected), Some(to)) if is_next(expected) => {
                self.keys.switch();
                self.take_token_key().await?;
                tracing::info!(%from, %to, "going on with an interrupted replacement of the key");
                self.finish_rotation(from, to, now_ms()).await.map(drop)
            }
            (Some(expected), found) => {
                let found = found.map_or_else(|| "none".to_owned(), |found| found.to_string());
                Err(LedgerError::NextKey { expected: expected.clone(), found })
            }
        }
    }

    pub(crate) async fn meta(&self) -> Result<Option<Stored<Meta>>, LedgerError> {
        self.read(&meta_key(), "the head of the ledger").await
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

fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}
