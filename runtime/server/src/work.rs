//! What a request began is finished, also when its caller goes away: hyper drops the future of a request whose
//! connection broke, and between a durable change and what follows from it that would tear the two apart.

use tokio::sync::watch;
use tracing::Instrument as _;

use crate::problem::ApiError;

/// Requests that change something and are at work. Cheap to clone; all clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Work(watch::Sender<usize>);

/// One of them; it is over when this is dropped.
struct Counted(watch::Sender<usize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Work {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(0))
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

    /// Waits until all of it is finished.
    pub(crate) async fn finished(&self) {
        // Fails only when the sender is gone, and it is ours.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }

    fn counted(&self) -> Counted {
        self.0.send_modify(|count| *count += 1);
        Counted(self.0.clone())
    }
}
