//! Advances the engine's epoch, so that a busy guest yields and its wall clock can be read.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::Engine;

/// How often busy guests yield.
const TICK: Duration = Duration::from_millis(10);

/// The ticking thread; it ends when the last holder lets go.
pub(crate) struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// The running ticker of the process's engine, or a new one.
    pub(crate) fn shared(engine: &Engine) -> io::Result<Arc<Self>> {
        static RUNNING: Mutex<Weak<Ticker>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ticker) = running.upgrade() {
            return Ok(ticker);
        }
        let ticker = Arc::new(Self::start(engine.clone())?);
        *running = Arc::downgrade(&ticker);
        Ok(ticker)
    }

    fn start(engine: Engine) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("sandbox-epoch".into()).spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(TICK) {
                engine.increment_epoch();
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        // Letting go of the sender wakes the thread at once; joining makes "stopped" mean stopped.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has nothing to say that the missing ticks would not.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_share_one_thread_which_ends_with_the_last() {
        let engine = Engine::default();
        let first = Ticker::start(engine.clone()).unwrap();
        let alive = first.thread.as_ref().map(|thread| !thread.is_finished());
        assert_eq!(alive, Some(true));
        // Dropping joins: if the thread did not end, this test would not either.
        drop(first);

        let one = Ticker::shared(&engine).unwrap();
        let two = Ticker::shared(&engine).unwrap();
        assert!(Arc::ptr_eq(&one, &two));
    }
}
