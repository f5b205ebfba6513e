//! Tasks in the background that a shutdown waits for.

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How many are at work.
pub(crate) struct Tasks(watch::Sender<usize>);

impl Default for Tasks {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

struct Running(watch::Sender<usize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Tasks {
    /// Begins a task. It goes on whoever drops the handle.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.send_modify(|count| *count += 1);
        let running = Running(self.0.clone());
        tokio::spawn(async move {
            let _running = running;
            work.await
        })
    }

    /// Resolves when none is at work.
    pub(crate) async fn wait(&self) {
        // Fails only when the sender is gone, and it is ours.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}
