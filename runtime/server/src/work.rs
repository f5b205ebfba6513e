//! What a request began is finished, also when its caller goes away: hyper drops the future of a request whose
//! connection broke, and between a durable change and what follows from it that would tear the two apart.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tracing::Instrument as _;

use crate::problem::ApiError;

/// Requests that compute at the same time. Each has a thread, and while it has it waits for others of the same
/// pool, the store's: there must always be some left.
const THREADS: usize = 32;

/// Requests that change or compute something and are at work. Cheap to clone; all clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    begun: watch::Sender<usize>,
    threads: Arc<Semaphore>,
}

/// One of them; it is over when this is dropped.
struct Counted(watch::Sender<usize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Work {
    pub(crate) fn new() -> Self {
        Self { begun: watch::Sender::new(0), threads: Arc::new(Semaphore::new(THREADS)) }
    }

    /// Does this in a task of its own, and waits for the answer.
    pub(crate) async fn finish<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Send + 'static,
        ApiError: From<E>,
    {
        let counted = self.counted();
        let task = async move {
            let _counted = counted;
            work.await
        };
        // A task that panicked says so in the log; its caller learns what every caller of a bug learns.
        Ok(tokio::spawn(task.in_current_span()).await.map_err(|_| ApiError::bug())??)
    }

    /// The same on a thread of its own, for what may compute for a while before it first waits for something:
    /// reading a hostile file does. Requests of others go on meanwhile.
    pub(crate) async fn finish_apart<T, E, F>(
        &self,
        work: impl FnOnce() -> F + Send + 'static,
    ) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, E>>,
        T: Send + 'static,
        E: Send + 'static,
        ApiError: From<E>,
    {
        // Nobody closes it.
        let thread = self.threads.clone().acquire_owned().await.map_err(|_| ApiError::bug())?;
        let (runtime, span, counted) = (Handle::current(), tracing::Span::current(), self.counted());
        let task = move || {
            let _held = (thread, counted);
            span.in_scope(|| runtime.block_on(work()))
        };
        Ok(tokio::task::spawn_blocking(task).await.map_err(|_| ApiError::bug())??)
    }

    /// Waits until all of it is finished.
    pub(crate) async fn finished(&self) {
        // Fails only when the sender is gone, and it is ours.
        let _ = self.begun.subscribe().wait_for(|count| *count == 0).await;
    }

    fn counted(&self) -> Counted {
        self.begun.send_modify(|count| *count += 1);
        Counted(self.begun.clone())
    }
}
