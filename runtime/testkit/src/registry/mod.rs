//! A fake registry over real HTTP: it keeps blobs and manifests in memory, speaks the distribution protocol with the
//! habits of several registries, and misbehaves on order.
//!
//! What it is like is a [`Habits`]; what goes wrong is a list of [`Fault`]s, each used once for the first request that
//! fits. Every request is kept as [`Asked`], also what came as `Authorization`, so that a test sees who was told what.
//!
//! **Absent on purpose:** the runtime. The real thing is Debian's `docker-registry`: see [`real`].

mod answer;
mod body;
mod habits;
mod serve;
mod store;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use habits::{Fault, Gate, Habits};
pub use serve::Asked;
use serve::Server;
use store::Store;

#[derive(Default)]
struct State {
    store: Store,
    habits: Habits,
    faults: Vec<Fault>,
    asked: Vec<Asked>,
}

/// The fake registry. Stops when it is dropped.
pub struct FakeRegistry {
    state: Arc<Mutex<State>>,
    server: Server,
}

impl FakeRegistry {
    /// Serves on a free port of the loopback interface.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start(habits: Habits) -> Self {
        let state = Arc::new(Mutex::new(State { habits, ..State::default() }));
        let served = Arc::clone(&state);
        let server = serve::serve(move |asked| answer::answer(&mut lock(&served), asked)).await;
        Self { state, server }
    }

    /// `127.0.0.1:<port>`
    pub fn host(&self) -> String {
        self.address().to_string()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Lets something go wrong, once, after what was ordered before.
    pub fn order(&self, fault: Fault) {
        lock(&self.state).faults.push(fault);
    }

    /// Changes what it is like.
    pub fn change(&self, change: impl FnOnce(&mut Habits)) {
        change(&mut lock(&self.state).habits);
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.state).asked.clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        lock(&self.state).asked.clear();
    }

    /// Puts bytes in place of a blob's, which it goes on to call by the same digest.
    pub fn swap_blob(&self, digest: &str, bytes: &[u8]) {
        lock(&self.state).store.swap(digest, bytes);
    }

    /// Puts a manifest there, unseen and unchecked; its digest.
    pub fn plant(&self, repository: &str, tag: Option<&str>, media_type: &str, bytes: &[u8]) -> String {
        lock(&self.state).store.put_manifest(repository, tag, media_type, bytes)
    }

    /// Puts a blob there; its digest.
    pub fn plant_blob(&self, repository: &str, bytes: &[u8]) -> String {
        lock(&self.state).store.put_blob(repository, bytes)
    }

    /// What bears a tag.
    pub fn tagged(&self, repository: &str, tag: &str) -> Option<Vec<u8>> {
        lock(&self.state).store.manifest(repository, tag).map(|(_, bytes)| bytes)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A `docker-registry` of Debian.
#[derive(Debug, Clone)]
pub struct Real {
    /// `127.0.0.1:<port>`, open to everybody.
    pub open: String,
    /// The same, of one that wants a name and a password.
    pub locked: String,
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// The real registries, as the variables of the environment say; none where there are none, and then it is said what is
/// skipped.
pub fn real(skipped: &str) -> Option<Real> {
    let read = |name: &str| std::env::var(format!("INNOMINATUS_TEST_REGISTRY{name}")).ok();
    let found = || {
        Some(Real {
            open: read("")?,
            locked: read("_LOCKED")?,
            username: read("_USERNAME")?,
            password: read("_PASSWORD")?,
        })
    };
    let real = found();
    if real.is_none() {
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: {skipped}: there is no docker-registry; `cargo xtask test` starts one");
        }
    }
    real
}
