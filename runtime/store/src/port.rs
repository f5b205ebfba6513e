//! The port: [`Store`] is what callers use, [`Backend`] is what stands behind it.
//!
//! The one between them is a blanket implementation that checks the limits, so that no backend can forget them.

use async_trait::async_trait;

use crate::limits::{check_key, check_prefix, check_range, check_txn};
use crate::{Committed, Error, Page, Range, Revision, Txn, Versioned, Watch};

/// A sorted map of bytes with revisions. Implement [`Backend`] to get it.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The present value of a key.
    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Error>;

    /// A page of a range, exact at the revision it names.
    async fn range(&self, range: Range) -> Result<Page, Error>;

    /// Does the transaction if its compares hold. Comes back when that is durable.
    ///
    /// Once begun it may happen even if the future is dropped.
    ///
    /// # Errors
    /// If [`Error::maybe_applied`], the outcome is unknown: read before trying again.
    async fn txn(&self, txn: Txn) -> Result<Committed, Error>;

    /// Every change under `prefix` with a revision of `from` or later: no gap, no duplicate, in order.
    ///
    /// `from` may lie in the future. History that is gone is reported by the first [`Watch::next`].
    async fn watch(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, Error>;

    /// The revision of the last durable change; [`Revision::ZERO`] if there was none.
    async fn revision(&self) -> Result<Revision, Error>;

    /// Finishes what was begun and lets go of files and locks. All later calls answer [`Error::Closed`], but
    /// another close, which succeeds.
    async fn close(&self) -> Result<(), Error>;
}

/// What a backend does. Requests arrive within the limits.
///
/// The methods mirror those of [`Store`], under other names so that a type may have both.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Behind [`Store::get`].
    async fn read(&self, key: &[u8]) -> Result<Option<Versioned>, Error>;
    /// Behind [`Store::range`].
    async fn scan(&self, range: Range) -> Result<Page, Error>;
    /// Behind [`Store::txn`].
    async fn commit(&self, txn: Txn) -> Result<Committed, Error>;
    /// Behind [`Store::watch`].
    async fn follow(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, Error>;
    /// Behind [`Store::revision`].
    async fn head(&self) -> Result<Revision, Error>;
    /// Behind [`Store::close`].
    async fn shut(&self) -> Result<(), Error>;
}

#[async_trait]
impl<B: Backend> Store for B {
    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Error> {
        check_key(key)?;
        self.read(key).await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        check_range(&range)?;
        self.scan(range).await
    }

    async fn txn(&self, txn: Txn) -> Result<Committed, Error> {
        check_txn(&txn)?;
        self.commit(txn).await
    }

    async fn watch(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, Error> {
        check_prefix(&prefix)?;
        self.follow(prefix, from).await
    }

    async fn revision(&self) -> Result<Revision, Error> {
        self.head().await
    }

    async fn close(&self) -> Result<(), Error> {
        self.shut().await
    }
}

/// All items of a range, page by page.
///
/// Each page is exact at its own revision, which is not the same for all of them: the revision returned is that of
/// the first, so a watch from the next one repeats at most what later pages already showed, and misses nothing.
///
/// # Errors
/// Those of [`Store::range`].
pub async fn collect(store: &dyn Store, mut range: Range) -> Result<(Vec<Versioned>, Revision), Error> {
    let mut page = store.range(range.clone()).await?;
    let (mut items, revision) = (page.items, page.revision);
    while page.more
        && let Some(last) = items.last()
    {
        range = range.after(last.key.clone());
        page = store.range(range.clone()).await?;
        items.append(&mut page.items);
    }
    Ok((items, revision))
}
