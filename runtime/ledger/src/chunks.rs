//! Records that are too big for one value: chunks first, then a pointer.
//!
//! Chunks are never changed: every write of a big record makes new ones under a new id, the pointer is
//! swapped in the record's own transaction, and the old chunks go afterwards. Chunks that a crash left
//! without a pointer are swept when the ledger opens.

use bytes::Bytes;
use innominatus_model::Digest;
use innominatus_store::{Range, Store, Txn, Versioned, collect};
use serde::{Deserialize, Serialize};

use crate::LedgerError;
use crate::key::KeyBuilder;

/// The store takes 32 KiB; the envelope and base64 need room.
pub(crate) const INLINE_LIMIT: usize = 28 * 1024;
const CHUNK: usize = 28 * 1024;
/// So that one transaction stays below the store's limit of 1 MiB.
const CHUNKS_PER_TXN: usize = 32;

/// Stands in the place of a big record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pointer {
    id: String,
    count: u32,
    digest: String,
}

fn prefix(owner: &[u8], id: &str) -> KeyBuilder {
    KeyBuilder::new("chunk").part(Digest::of(owner).as_bytes()).part(id)
}

fn chunk_key(owner: &[u8], id: &str, index: u32) -> Vec<u8> {
    prefix(owner, id).part(index.to_be_bytes()).build()
}

/// Writes the chunks of a record; nothing points to them yet.
pub(crate) async fn write(store: &dyn Store, owner: &[u8], bytes: &[u8]) -> Result<Pointer, LedgerError> {
    let id = innominatus_model::EventId::generate().to_string();
    let mut pointer = Pointer { id, count: 0, digest: Digest::of(bytes).to_string() };
    match write_all(store, owner, bytes, &mut pointer).await {
        Ok(()) => Ok(pointer),
        Err(error) => {
            discard(store, owner, &pointer).await;
            Err(error)
        }
    }
}

async fn write_all(
    store: &dyn Store,
    owner: &[u8],
    bytes: &[u8],
    pointer: &mut Pointer,
) -> Result<(), LedgerError> {
    // The owner's key stands before the first chunk, so that the sweep can ask whether it is pointed to.
    let mut first = Vec::with_capacity(CHUNK + owner.len() + 4);
    first.extend(u32::try_from(owner.len()).unwrap_or(u32::MAX).to_be_bytes());
    first.extend(owner);
    let mut txn = Txn::new();
    for (index, chunk) in bytes.chunks(CHUNK).enumerate() {
        let value: Bytes =
            if index == 0 { [first.as_slice(), chunk].concat().into() } else { chunk.to_vec().into() };
        txn = txn.put(chunk_key(owner, &pointer.id, pointer.count), value);
        pointer.count += 1;
        if txn.then.len() == CHUNKS_PER_TXN {
            store.txn(std::mem::take(&mut txn)).await.map_err(LedgerError::store("write a chunk"))?;
        }
    }
    if !txn.then.is_empty() {
        store.txn(txn).await.map_err(LedgerError::store("write a chunk"))?;
    }
    Ok(())
}

/// Reads what `write` wrote.
pub(crate) async fn read(store: &dyn Store, owner: &[u8], pointer: &Pointer) -> Result<Vec<u8>, LedgerError> {
    let incomplete = |reason: &str| LedgerError::Chunks {
        what: owner.escape_ascii().to_string(),
        reason: reason.to_owned(),
    };
    let (items, _) = collect(store, Range::prefix(prefix(owner, &pointer.id).build()))
        .await
        .map_err(LedgerError::store("read chunks"))?;
    if items.len() != pointer.count as usize {
        return Err(incomplete("chunks are missing"));
    }
    let mut bytes = Vec::with_capacity(items.len() * CHUNK);
    for (index, item) in items.iter().enumerate() {
        let value: &[u8] = &item.value;
        let body = if index == 0 { split_owner(value).map(|(_, body)| body) } else { Some(value) };
        bytes.extend_from_slice(body.ok_or_else(|| incomplete("the first chunk is cut short"))?);
    }
    if Digest::of(&bytes).to_string() != pointer.digest {
        return Err(incomplete("the digest is another one"));
    }
    Ok(bytes)
}

fn split_owner(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = value.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// Removes chunks that nothing points to any more.
pub(crate) async fn remove(store: &dyn Store, owner: &[u8], pointer: &Pointer) -> Result<(), LedgerError> {
    let mut index = 0;
    while index < pointer.count {
        let mut txn = Txn::new();
        while index < pointer.count && txn.then.len() < 100 {
            txn = txn.delete(chunk_key(owner, &pointer.id, index));
            index += 1;
        }
        store.txn(txn).await.map_err(LedgerError::store("remove chunks"))?;
    }
    Ok(())
}

/// Removes chunks if that can be done now; else the next sweep takes them.
pub(crate) async fn discard(store: &dyn Store, owner: &[u8], pointer: &Pointer) {
    if let Err(error) = remove(store, owner, pointer).await {
        tracing::debug!(%error, "chunks are left for the sweep");
    }
}

/// Removes chunks that a crash left behind. Only while nobody else writes. Returns how many went.
pub(crate) async fn sweep(
    store: &dyn Store,
    pointer_of: impl Fn(&[u8]) -> Option<Pointer>,
) -> Result<usize, LedgerError> {
    let mut range = Range::prefix(KeyBuilder::new("chunk").build());
    let mut live_prefix: Option<Vec<u8>> = None;
    let mut swept = 0;
    loop {
        // Page by page: all chunks together may be more than fits in memory.
        let page = store.range(range.clone()).await.map_err(LedgerError::store("list chunks"))?;
        let last = page.items.last().map(|item| item.key.clone());
        let mut orphans: Vec<Vec<u8>> = Vec::new();
        for item in page.items {
            if is_live(store, &item, &mut live_prefix, &pointer_of).await? {
                continue;
            }
            orphans.push(item.key);
        }
        for keys in orphans.chunks(100) {
            let txn = keys.iter().fold(Txn::new(), |txn, key| txn.delete(key.clone()));
            store.txn(txn).await.map_err(LedgerError::store("sweep chunks"))?;
        }
        swept += orphans.len();
        match last {
            Some(last) if page.more => range = range.after(last),
            _ => return Ok(swept),
        }
    }
}

/// Whether a record points to this chunk. Chunks of one write sort together, the first one first; `live` is what
/// those of the last one that is pointed to begin with.
async fn is_live(
    store: &dyn Store,
    chunk: &Versioned,
    live: &mut Option<Vec<u8>>,
    pointer_of: &impl Fn(&[u8]) -> Option<Pointer>,
) -> Result<bool, LedgerError> {
    if live.as_ref().is_some_and(|prefix| chunk.key.starts_with(prefix)) {
        return Ok(true);
    }
    let Some((owner, _)) = split_owner(&chunk.value).filter(|(owner, _)| !owner.is_empty()) else {
        return Ok(false);
    };
    let record = store.get(owner).await.map_err(LedgerError::store("read a pointer"))?;
    let pointer = record.and_then(|record| pointer_of(&record.value));
    let prefix = pointer.map(|pointer| prefix(owner, &pointer.id).build());
    *live = prefix.filter(|prefix| chunk.key.starts_with(prefix));
    Ok(live.is_some())
}
