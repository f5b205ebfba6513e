//! One change of several records and its events, in one transaction.

use innominatus_model::Event;
use innominatus_store::{Committed, Compare, Revision, Store, Txn};
use serde::{Deserialize, Serialize};

use crate::chunks::{self, INLINE_LIMIT, Pointer};
use crate::record::{EventRecord, RecordError, encode};
use crate::{Ledger, LedgerError, key};

/// A record as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<T> {
    /// The record.
    pub value: T,
    /// When it was last written: what a change compares with.
    pub revision: Revision,
    pub(crate) pointer: Option<Pointer>,
}

/// What the value of a key looks like: the record, or where its chunks are.
#[derive(Serialize, Deserialize)]
struct Spilled {
    chunks: Pointer,
}

pub(crate) fn pointer_of(value: &[u8]) -> Option<Pointer> {
    serde_json::from_slice::<Spilled>(value).ok().map(|spilled| spilled.chunks)
}

struct Put {
    key: Vec<u8>,
    bytes: Vec<u8>,
}

/// A change being put together. Nothing happens before [`Change::commit`].
pub struct Change<'l> {
    ledger: &'l Ledger,
    compares: Vec<(Compare, String)>,
    puts: Vec<Put>,
    deletes: Vec<Vec<u8>>,
    garbage: Vec<(Vec<u8>, Pointer)>,
    failed: Option<LedgerError>,
}

impl<'l> Change<'l> {
    pub(crate) fn new(ledger: &'l Ledger) -> Self {
        Self {
            ledger,
            compares: Vec::new(),
            puts: Vec::new(),
            deletes: Vec::new(),
            garbage: Vec::new(),
            failed: None,
        }
    }

    /// How many operations of the store it takes so far; one transaction has room for 128.
    pub fn size(&self) -> usize {
        self.puts.len() + self.deletes.len()
    }

    pub(crate) fn ledger(&self) -> &'l Ledger {
        self.ledger
    }

    /// Writes a record, if it is still as it was read (or, with none, not there).
    pub(crate) fn put<T: Serialize, P>(
        &mut self,
        key: Vec<u8>,
        what: impl ToString,
        record: &T,
        before: Option<&Stored<P>>,
    ) {
        match before {
            Some(stored) => {
                self.compares.push((Compare::ModRevision(key.clone(), stored.revision), what.to_string()));
                if let Some(pointer) = &stored.pointer {
                    self.garbage.push((key.clone(), pointer.clone()));
                }
            }
            None => self.compares.push((Compare::Absent(key.clone()), what.to_string())),
        }
        self.put_always(key, what, record);
    }

    /// Writes a record, whatever is there.
    pub(crate) fn put_always<T: Serialize>(&mut self, key: Vec<u8>, what: impl ToString, record: &T) {
        match encode(record) {
            Ok(bytes) => self.puts.push(Put { key, bytes }),
            Err(source) => self.fail(LedgerError::Record { what: what.to_string(), source }),
        }
    }

    /// Removes a record, if it is still as it was read.
    pub(crate) fn delete<T>(&mut self, key: Vec<u8>, what: impl ToString, before: &Stored<T>) {
        self.compares.push((Compare::ModRevision(key.clone(), before.revision), what.to_string()));
        if let Some(pointer) = &before.pointer {
            self.garbage.push((key.clone(), pointer.clone()));
        }
        self.deletes.push(key);
    }

    /// Removes whatever is there. Only for records that are never chunked.
    pub(crate) fn delete_always(&mut self, key: Vec<u8>) {
        self.deletes.push(key);
    }

    pub(crate) fn fail(&mut self, error: LedgerError) {
        self.failed.get_or_insert(error);
    }

    /// Tells of the change.
    pub fn event(&mut self, event: &Event) -> &mut Self {
        self.put_always(key::event(&event.scope, &event.id), "an event", &EventRecord::from(event));
        self
    }

    /// Commits; resolves when durable. A conflict names what changed in the meantime, and nothing was
    /// written.
    pub async fn commit(self) -> Result<Revision, LedgerError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let store: &dyn Store = &*self.ledger.store;
        let mut txn = Txn::new();
        let mut written: Vec<(Vec<u8>, Pointer)> = Vec::new();
        for put in self.puts {
            if put.bytes.len() <= INLINE_LIMIT {
                txn = txn.put(put.key, put.bytes);
                continue;
            }
            let pointer = chunks::write(store, &put.key, &put.bytes).await?;
            let value = serde_json::to_vec(&Spilled { chunks: pointer.clone() })
                .map_err(|error| LedgerError::Record { what: "a pointer".into(), source: RecordError::Shape(error) })?;
            written.push((put.key.clone(), pointer));
            txn = txn.put(put.key, value);
        }
        for key in self.deletes {
            txn = txn.delete(key);
        }
        let (compares, names): (Vec<_>, Vec<_>) = self.compares.into_iter().unzip();
        txn.compares = compares;
        match store.txn(txn).await.map_err(LedgerError::store("commit a change"))? {
            Committed::Applied(revision) => {
                // The old chunks are out of reach; should this fail, the next sweep takes them.
                for (key, pointer) in self.garbage {
                    if let Err(error) = chunks::remove(store, &key, &pointer).await {
                        tracing::debug!(%error, "old chunks are left for the sweep");
                    }
                }
                Ok(revision)
            }
            Committed::Refused { failed, .. } => {
                for (key, pointer) in written {
                    chunks::remove(store, &key, &pointer).await?;
                }
                let what = names.get(failed).cloned().unwrap_or_else(|| "something".into());
                Err(LedgerError::Conflict { what })
            }
        }
    }
}
