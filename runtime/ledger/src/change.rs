//! One change of several records and its events, in one transaction.

use innominatus_model::Event;
use innominatus_store::limits::MAX_REQUEST;
use innominatus_store::{Committed, Compare, Op, Revision, Store, Txn};
use serde::{Deserialize, Serialize};

use crate::chunks::{self, INLINE_LIMIT, Pointer};
use crate::event_size::bounded;
use crate::record::{RecordError, encode};
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

/// Every record begins with its format, so nothing else begins like a pointer.
const POINTER_START: &[u8] = b"{\"chunks\":";
/// A pointer and then some.
const POINTER_SIZE: usize = 256;

pub(crate) fn pointer_of(value: &[u8]) -> Option<Pointer> {
    if !value.starts_with(POINTER_START) {
        return None;
    }
    serde_json::from_slice::<Spilled>(value).ok().map(|spilled| spilled.chunks)
}

struct Put {
    key: Vec<u8>,
    bytes: Vec<u8>,
    /// Never in chunks: whoever watches reads the value itself.
    whole: bool,
}

impl Put {
    fn spills(&self) -> bool {
        !self.whole && self.bytes.len() > INLINE_LIMIT
    }
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

    /// Writes nothing if a record is no longer as it was read.
    pub(crate) fn require<T>(&mut self, key: Vec<u8>, what: impl ToString, before: &Stored<T>) {
        self.compares.push((Compare::ModRevision(key, before.revision), what.to_string()));
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
            Ok(bytes) => self.puts.push(Put { key, bytes, whole: false }),
            Err(source) => self.fail(LedgerError::Record { what: what.to_string(), source }),
        }
    }

    /// Writes bytes that are a record already, if it is still as it was read.
    pub(crate) fn put_bytes(
        &mut self,
        key: Vec<u8>,
        what: impl ToString,
        bytes: Vec<u8>,
        before: &Stored<()>,
    ) {
        self.compares.push((Compare::ModRevision(key.clone(), before.revision), what.to_string()));
        if let Some(pointer) = &before.pointer {
            self.garbage.push((key.clone(), pointer.clone()));
        }
        self.puts.push(Put { key, bytes, whole: false });
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

    /// Tells of the change. What is too long in the event is cut.
    pub fn event(&mut self, event: &Event) -> &mut Self {
        let key = key::event(&event.scope, &event.id);
        match bounded(event) {
            Ok(bytes) => self.puts.push(Put { key, bytes, whole: true }),
            Err(source) => self.fail(LedgerError::Record { what: "an event".into(), source }),
        }
        self
    }

    /// Commits; resolves when durable. A conflict names what changed in the meantime, and nothing was
    /// written.
    pub async fn commit(mut self) -> Result<Revision, LedgerError> {
        let turn = self.ledger.turn.clone();
        let _turn = turn.read().await;
        // What was sealed before the store's key was replaced is sealed anew: nothing of an old key gets in.
        for put in &mut self.puts {
            match self.ledger.keys.fresh(&put.key, &put.bytes) {
                Ok(Some(bytes)) => put.bytes = bytes,
                Ok(None) => {}
                Err(error) => _ = self.failed.get_or_insert(error),
            }
        }
        self.commit_alone().await
    }

    /// Commits for somebody who sees to it that the key stays the same meanwhile.
    pub(crate) async fn commit_alone(self) -> Result<Revision, LedgerError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let store: &dyn Store = &*self.ledger.store;
        let (compares, names): (Vec<_>, Vec<_>) = self.compares.into_iter().unzip();
        let mut txn =
            Txn { compares, then: self.deletes.into_iter().map(|key| Op::Delete { key }).collect() };
        let spilled = spilled(&self.puts, txn.size());
        let mut written: Vec<(Vec<u8>, Pointer)> = Vec::new();
        for (put, spills) in self.puts.into_iter().zip(spilled) {
            if !spills {
                txn = txn.put(put.key, put.bytes);
                continue;
            }
            match spill(store, &put).await {
                Ok((pointer, value)) => {
                    written.push((put.key.clone(), pointer));
                    txn = txn.put(put.key, value);
                }
                Err(error) => {
                    discard_all(store, &written).await;
                    return Err(error);
                }
            }
        }
        match store.txn(txn).await {
            Ok(Committed::Applied(revision)) => {
                // The old chunks are out of reach.
                discard_all(store, &self.garbage).await;
                Ok(revision)
            }
            Ok(Committed::Refused { failed, .. }) => {
                discard_all(store, &written).await;
                let what = names.get(failed).cloned().unwrap_or_else(|| "something".into());
                Err(LedgerError::Conflict { what })
            }
            Err(source) => {
                // Where it may have happened, the record may point to the chunks.
                if !source.maybe_applied() {
                    discard_all(store, &written).await;
                }
                Err(LedgerError::Store { doing: "commit a change", source })
            }
        }
    }
}

async fn discard_all(store: &dyn Store, chunks: &[(Vec<u8>, Pointer)]) {
    for (key, pointer) in chunks {
        chunks::discard(store, key, pointer).await;
    }
}

async fn spill(store: &dyn Store, put: &Put) -> Result<(Pointer, Vec<u8>), LedgerError> {
    let pointer = chunks::write(store, &put.key, &put.bytes).await?;
    let value = serde_json::to_vec(&Spilled { chunks: pointer.clone() }).map_err(|error| {
        LedgerError::Record { what: "a pointer".into(), source: RecordError::Shape(error) }
    })?;
    Ok((pointer, value))
}

/// Which records go into chunks: those too big for one value, and of the others the biggest, for as long as all
/// together are too big for one transaction.
fn spilled(puts: &[Put], rest: usize) -> Vec<bool> {
    let mut spilled: Vec<bool> = puts.iter().map(Put::spills).collect();
    let size = |put: &Put, spills: bool| put.key.len() + if spills { POINTER_SIZE } else { put.bytes.len() };
    let mut total = rest + puts.iter().zip(&spilled).map(|(put, &spills)| size(put, spills)).sum::<usize>();
    let mut by_size: Vec<usize> = (0..puts.len()).filter(|&at| !spilled[at] && !puts[at].whole).collect();
    by_size.sort_by_key(|&at| std::cmp::Reverse(puts[at].bytes.len()));
    for at in by_size {
        if total <= MAX_REQUEST || puts[at].bytes.len() <= POINTER_SIZE {
            break;
        }
        spilled[at] = true;
        total -= puts[at].bytes.len() - POINTER_SIZE;
    }
    spilled
}
