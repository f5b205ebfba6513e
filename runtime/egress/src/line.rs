//! How many requests run at the same time: few for each line of a grant, not too many altogether. Who comes first
//! goes first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use innominatus_model::HttpGrant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Lines that are remembered; those that nobody waits in are forgotten beyond it.
const REMEMBERED: usize = 1024;

/// All lines of a process.
pub(crate) struct Lines {
    all: Arc<Semaphore>,
    lines: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A place; gone when dropped.
pub(crate) struct Place {
    _line: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Lines {
    /// With so many requests altogether.
    pub(crate) fn new(altogether: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(altogether.max(1))), lines: Mutex::default() }
    }

    /// Waits for a place; none if it does not come in time.
    pub(crate) async fn enter(&self, entry: &str, grant: &HttpGrant, until: Instant) -> Option<Place> {
        // First the line's own: a full line then holds nothing that others wait for.
        let line = timeout_at(until, self.line(entry, grant).acquire_owned()).await.ok()?.ok()?;
        let all = timeout_at(until, Arc::clone(&self.all).acquire_owned()).await.ok()?.ok()?;
        Some(Place { _line: line, _all: all })
    }

    fn line(&self, entry: &str, grant: &HttpGrant) -> Arc<Semaphore> {
        let width = grant.limits.concurrency.max(1);
        // A line whose width was changed is another one.
        let key =
            format!("{entry}\n{width}\n{}\n{}\n{:?}", grant.rule.target, grant.rule.path, grant.rule.methods);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= REMEMBERED {
            lines.retain(|_, line| Arc::strong_count(line) > 1);
        }
        let width = usize::try_from(width).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Arc::clone(lines.entry(key).or_insert_with(|| Arc::new(Semaphore::new(width))))
    }
}
