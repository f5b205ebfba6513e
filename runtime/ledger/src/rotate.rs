//! The store's key is replaced while the store is in use.
//!
//! The head of the ledger names the key that everything is sealed with and, while another takes over, that one too.
//! From then on whatever is written is sealed with the new key, both open, and one record after the other is sealed
//! anew. When nothing is left of the old key, the head is swapped and its file is gone. A crash anywhere in between
//! leaves both files, and the next opening goes on.
//!
//! A record has at most one sealed part, `sealed`, which is bound to the record's key and to `writes` (how often it
//! was written), to `parts`, or to 1. Whatever is kept that way is found here without being named.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_model::{Event, EventId, EventKind, Scope, Subject};
use innominatus_store::Range;
use serde::{Deserialize, Serialize};

use crate::change::pointer_of;
use crate::key::KeyBuilder;
use crate::open::{Meta, meta_key};
use crate::record::RecordError;
use crate::seal::{KeyId, Keyring};
use crate::{Ledger, LedgerError, Stored, chunks};

/// What is never sealed, and there is much of it.
const CLEAR: [&str; 2] = ["chunk", "evt"];
/// Records in one transaction.
const BATCH: usize = 32;
/// Their bytes, about.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// The token key is sealed once.
const TOKEN_KEY_WRITES: u64 = 1;

/// What came of replacing the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRotation {
    /// The key that is gone.
    pub from: KeyId,
    /// The key that there is now.
    pub to: KeyId,
    /// Records that were sealed anew.
    pub records: usize,
}

/// The key that tokens are made with, once it no longer follows from the store's key.
#[derive(Serialize, Deserialize)]
struct TokenKeyRecord {
    sealed: String,
    writes: u64,
}

fn token_key_key() -> Vec<u8> {
    KeyBuilder::new("meta").part("tokens").build()
}

impl Ledger {
    /// Replaces the key file of the home and seals everything anew. Others may read and write meanwhile. When it
    /// fails or is cut off, both keys are kept and the next opening finishes it.
    pub async fn rotate_key(&self, at_ms: u64) -> Result<KeyRotation, LedgerError> {
        let _alone = self.rotating.lock().await;
        let meta = self.meta().await?.ok_or_else(headless)?;
        // One that failed in this very process was begun and is finished.
        if let Some(from) = self.keys.replaced()
            && meta.value.next == Some(self.keys.id().to_string())
        {
            let to = self.keys.id();
            let records = self.finish_rotation(from, to, at_ms).await?;
            return Ok(KeyRotation { from, to, records });
        }
        let from = self.keys.id();
        let to = self.keys.make_next()?;
        {
            // No change is half-way to the store while the key changes: each is sealed with one of the two.
            let _turn = self.turn.write().await;
            let meta = self.meta().await?.ok_or_else(headless)?;
            let next = Meta { next: Some(to.to_string()), ..meta.value.clone() };
            let mut change = self.change();
            change.put(meta_key(), "the head of the ledger", &next, Some(&meta));
            if self.read::<TokenKeyRecord>(&token_key_key(), "the token key").await?.is_none() {
                let key = token_key_key();
                let sealed = BASE64.encode(self.keys.seal(&key, TOKEN_KEY_WRITES, &self.keys.token_key()));
                let record = TokenKeyRecord { sealed, writes: TOKEN_KEY_WRITES };
                change.put(key, "the token key", &record, None::<&Stored<TokenKeyRecord>>);
            }
            change.commit_alone().await?;
            self.keys.switch();
        }
        let records = self.finish_rotation(from, to, at_ms).await?;
        Ok(KeyRotation { from, to, records })
    }

    /// Takes the token key that was kept, if one was.
    pub(crate) async fn take_token_key(&self) -> Result<(), LedgerError> {
        let key = token_key_key();
        let what = "the token key";
        let Some(stored) = self.read::<TokenKeyRecord>(&key, what).await? else { return Ok(()) };
        let unusable = |reason: &str| LedgerError::Chunks { what: what.into(), reason: reason.into() };
        let sealed = BASE64.decode(&stored.value.sealed).map_err(|_| unusable("it is not base64"))?;
        let clear = self
            .keys
            .open(&key, stored.value.writes, &sealed)
            .map_err(|source| LedgerError::Seal { what: what.into(), source })?;
        if self.keys.set_token_key(&clear) { Ok(()) } else { Err(unusable("it has another length")) }
    }

    /// Seals anew what is left of older keys, swaps the head, and puts the key's file in place.
    pub(crate) async fn finish_rotation(
        &self,
        from: KeyId,
        to: KeyId,
        at_ms: u64,
    ) -> Result<usize, LedgerError> {
        let mut records = 0;
        // Others write meanwhile, with the new key; so what is old gets less with every pass.
        loop {
            let pass = self.seal_anew().await?;
            records += pass.written;
            if pass.found == 0 {
                break;
            }
        }
        let meta = self.meta().await?.ok_or_else(headless)?;
        let mut change = self.change();
        let done = Meta { key: to.to_string(), next: None, ..meta.value.clone() };
        change.put(meta_key(), "the head of the ledger", &done, Some(&meta));
        change.event(&Event {
            id: EventId::generate(),
            scope: Scope::default(),
            kind: EventKind::KeyRotated,
            severity: None,
            subject: Subject::default(),
            message: format!("the store's key {from} was replaced by {to}"),
            details: serde_json::json!({"from": from.to_string(), "to": to.to_string(), "records": records}),
            at_ms,
        });
        change.commit().await?;
        self.keys.settle()?;
        Ok(records)
    }

    async fn seal_anew(&self) -> Result<Pass, LedgerError> {
        let mut pass = Pass::default();
        let clear: BTreeSet<Vec<u8>> = CLEAR.iter().map(|family| KeyBuilder::new(family).build()).collect();
        let mut range = Range::all();
        loop {
            let page = self.store.range(range.clone()).await.map_err(LedgerError::store("list records"))?;
            let last = page.items.last().map(|item| item.key.clone());
            let (mut batch, mut size) = (Vec::new(), 0);
            for item in page.items {
                if clear.iter().any(|prefix| item.key.starts_with(prefix)) {
                    continue;
                }
                let pointer = pointer_of(&item.value);
                let spilled = match &pointer {
                    // Chunks that were replaced while they were read are a newer record: of the new key.
                    Some(pointer) => match chunks::read(&*self.store, &item.key, pointer).await {
                        Ok(bytes) => Some(bytes),
                        Err(LedgerError::Chunks { .. }) => continue,
                        Err(error) => return Err(error),
                    },
                    None => None,
                };
                let bytes = spilled.as_deref().unwrap_or(&item.value);
                let anew = match self.keys.fresh(&item.key, bytes) {
                    Ok(anew) => anew,
                    // What does not open with its own key is lost already, and no reason to keep the others back.
                    Err(error) => {
                        tracing::warn!(%error, "a damaged record is left as it is");
                        continue;
                    }
                };
                let Some(bytes) = anew else { continue };
                pass.found += 1;
                size += bytes.len();
                batch.push((item.key, bytes, Stored { value: (), revision: item.mod_revision, pointer }));
                if batch.len() == BATCH || size > BATCH_BYTES {
                    pass.written += self.write_anew(&batch).await?;
                    (batch, size) = (Vec::new(), 0);
                }
            }
            pass.written += self.write_anew(&batch).await?;
            match last {
                Some(last) if page.more => range = range.after(last),
                _ => return Ok(pass),
            }
        }
    }

    /// How many were written: one that changed meanwhile is looked at again in the next pass.
    async fn write_anew(&self, batch: &[(Vec<u8>, Vec<u8>, Stored<()>)]) -> Result<usize, LedgerError> {
        if batch.is_empty() {
            return Ok(0);
        }
        let commit = async |records: &[(Vec<u8>, Vec<u8>, Stored<()>)]| {
            let mut change = self.change();
            for (key, bytes, before) in records {
                change.put_bytes(key.clone(), "a record", bytes.clone(), before);
            }
            match change.commit().await {
                Ok(_) => Ok(records.len()),
                Err(LedgerError::Conflict { .. }) => Ok(0),
                Err(error) => Err(error),
            }
        };
        match commit(batch).await? {
            0 if batch.len() > 1 => {
                let mut written = 0;
                for record in batch {
                    written += commit(std::slice::from_ref(record)).await?;
                }
                Ok(written)
            }
            all => Ok(all),
        }
    }
}

#[derive(Default)]
struct Pass {
    found: usize,
    written: usize,
}

fn headless() -> LedgerError {
    LedgerError::Chunks { what: "the head of the ledger".into(), reason: "it is gone".into() }
}

impl Keyring {
    /// A record with its sealed part sealed with the key of today; none if it is, or has none.
    pub(crate) fn fresh(&self, key: &[u8], bytes: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        let stale = self.stale_beginnings();
        if stale.is_empty() {
            return Ok(None);
        }
        let text = std::str::from_utf8(bytes).ok();
        let begins = |text: &str| stale.iter().any(|stale| text.contains(&format!("\"sealed\":\"{stale}")));
        let Some(text) = text.filter(|text| begins(text)) else { return Ok(None) };
        let what = || key.escape_ascii().to_string();
        let shape = |error| LedgerError::Record { what: what(), source: RecordError::Shape(error) };
        let record: serde_json::Value = serde_json::from_str(text).map_err(shape)?;
        let body = &record["body"];
        // What people wrote into a record may look the same; only this place is ours.
        let Some(sealed) =
            body["sealed"].as_str().filter(|sealed| stale.iter().any(|old| sealed.starts_with(old)))
        else {
            return Ok(None);
        };
        let writes = body["writes"].as_u64().or_else(|| body["parts"].as_u64()).unwrap_or(1);
        let unusable =
            || LedgerError::Chunks { what: what(), reason: "the sealed part is not base64".into() };
        let opened = self
            .open(key, writes, &BASE64.decode(sealed).map_err(|_| unusable())?)
            .map_err(|source| LedgerError::Seal { what: what(), source })?;
        let anew = BASE64.encode(self.seal(key, writes, &opened));
        // In the text, so that everything else in it stays as it was written.
        Ok(Some(text.replace(&format!("\"{sealed}\""), &format!("\"{anew}\"")).into_bytes()))
    }
}
