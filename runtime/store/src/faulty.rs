//! A store that breaks where a test wants it to: around any of its transactions.
//!
//! It is for proving that what stands on the store survives a crash at every write: count the writes of an
//! undisturbed run, then run once for each of them and each [`Side`] with a [`Fault`] there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;

use crate::{Committed, Error, Page, Range, Revision, Store, Txn, Versioned, Watch};

/// Before the transaction, or after it is durable and before its caller knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The transaction has not happened.
    Before,
    /// The transaction has happened (or was refused); the answer is on its way.
    After,
}

/// Where the hook is called.
#[derive(Debug, Clone, Copy)]
pub struct Point<'a> {
    /// Which transaction, counted from 1 in the order in which they were handed in.
    pub nth: u64,
    /// On which side of it.
    pub side: Side,
    /// The transaction.
    pub txn: &'a Txn,
}

/// What happens there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The caller gets this error; the store goes on.
    Fail(Error),
    /// As if the process were gone: this and every later call fails, and none reaches the store below.
    Cut,
    /// The process is gone: it aborts.
    Abort,
}

type Hook = dyn Fn(Point<'_>) -> Fault + Send + Sync + 'static;

/// A store with a hook around its transactions. Everything else goes through, until it is cut.
pub struct FaultyStore<S: ?Sized> {
    inner: Arc<S>,
    hook: Box<Hook>,
    writes: AtomicU64,
    cut: AtomicBool,
}

impl<S: Store + ?Sized> FaultyStore<S> {
    /// Asks the hook before and after every transaction.
    pub fn new(inner: Arc<S>, hook: impl Fn(Point<'_>) -> Fault + Send + Sync + 'static) -> Self {
        Self { inner, hook: Box::new(hook), writes: AtomicU64::new(0), cut: AtomicBool::new(false) }
    }

    /// Without faults: to count the transactions.
    pub fn counting(inner: Arc<S>) -> Self {
        Self::new(inner, |_| Fault::None)
    }

    /// With one fault, at one side of the `nth` transaction.
    pub fn once(inner: Arc<S>, nth: u64, side: Side, fault: Fault) -> Self {
        Self::new(
            inner,
            move |point| {
                if point.nth == nth && point.side == side { fault.clone() } else { Fault::None }
            },
        )
    }

    /// How many transactions were handed in.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// Whether it was cut.
    pub fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    /// The store below, to go on with after a cut.
    pub fn inner(&self) -> &Arc<S> {
        &self.inner
    }

    fn alive(&self) -> Result<&S, Error> {
        if self.is_cut() { Err(gone(false)) } else { Ok(&self.inner) }
    }

    fn ask(&self, point: Point<'_>) -> Result<(), Error> {
        match (self.hook)(point) {
            Fault::None => Ok(()),
            Fault::Fail(error) => Err(error),
            Fault::Cut => {
                self.cut.store(true, Ordering::SeqCst);
                Err(gone(true))
            }
            Fault::Abort => std::process::abort(),
        }
    }
}

fn gone(maybe_applied: bool) -> Error {
    Error::Unavailable { maybe_applied, reason: "cut off by a test".into() }
}

#[async_trait]
impl<S: Store + ?Sized> Store for FaultyStore<S> {
    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Error> {
        self.alive()?.get(key).await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        self.alive()?.range(range).await
    }

    async fn txn(&self, txn: Txn) -> Result<Committed, Error> {
        let inner = self.alive()?;
        let nth = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        self.ask(Point { nth, side: Side::Before, txn: &txn })?;
        let answer = inner.txn(txn.clone()).await;
        self.ask(Point { nth, side: Side::After, txn: &txn })?;
        // One that was under way when another was cut is not answered either.
        if self.is_cut() { Err(gone(true)) } else { answer }
    }

    async fn watch(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, Error> {
        self.alive()?.watch(prefix, from).await
    }

    async fn revision(&self) -> Result<Revision, Error> {
        self.alive()?.revision().await
    }

    async fn close(&self) -> Result<(), Error> {
        if self.is_cut() { Ok(()) } else { self.inner.close().await }
    }
}
