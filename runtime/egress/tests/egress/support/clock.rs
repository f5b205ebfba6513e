//! Time that stands still until a test says how much of it passes.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

pub(crate) struct Clock {
    _stopped: Sender<()>,
}

impl Clock {
    /// Stops it.
    pub(crate) fn stopped() -> Self {
        tokio::time::pause();
        // Stopped time jumps ahead when nothing is to be done, except while somebody blocks a thread; and waiting for
        // a socket counts as nothing to be done.
        let (stopped, until_dropped) = channel::<()>();
        tokio::task::spawn_blocking(move || until_dropped.recv());
        Self { _stopped: stopped }
    }

    /// Lets so many milliseconds pass.
    pub(crate) async fn pass(&self, milliseconds: u64) {
        tokio::time::advance(Duration::from_millis(milliseconds)).await;
        // Whoever waited for it gets to know.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
}
