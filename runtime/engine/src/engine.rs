//! The engine: one per process.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use innominatus_egress::{Egress, EgressConfig};
use innominatus_ledger::{Blobs, Ledger};
use innominatus_model::{Name, RunId, Scope};
use innominatus_sandbox::Sandbox;
use tokio::sync::watch;

use crate::EngineError;
use crate::backoff::Backoff;
use crate::components::Components;
use crate::places::Places;
use crate::platforms::SourceFiles;
use crate::run::Tracker;
use crate::tasks::Tasks;

/// How the engine works. The defaults suit a machine of a developer and a server alike.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// The folder in which `<platform>.json` holds what the operator configured for a platform.
    pub settings: PathBuf,
    /// What the operator says of registries and of trust.
    pub sources: SourceFiles,
    /// Steps at work at the same time, over all runs; three quarters of them at most for one platform.
    pub concurrency: usize,
    /// The wait before the second try, of a step and of a request.
    pub retry_first: Duration,
    /// The longest wait between tries.
    pub retry_cap: Duration,
    /// The longest that the other side may have a failed step wait before it is tried again (`Retry-After`).
    pub retry_after_cap: Duration,
    /// Tries of one step in one run.
    pub retry_attempts: u32,
    /// The longest that a component may make the host wait before it is asked again.
    pub pending_cap: Duration,
    /// How often one step may say that it is not finished yet.
    pub pending_rounds: u32,
    /// Events kept over all tenants.
    pub events_kept: usize,
}

impl EngineConfig {
    /// Defaults, with the settings in this folder, and what is said of registries and trust beside it.
    pub fn new(settings: impl Into<PathBuf>) -> Self {
        let settings = settings.into();
        Self {
            sources: SourceFiles::new(settings.parent().unwrap_or(&settings)),
            settings,
            concurrency: 64,
            retry_first: Duration::from_millis(250),
            retry_cap: Duration::from_secs(30),
            // What the contract lets a component say at most.
            retry_after_cap: Duration::from_secs(24 * 60 * 60),
            retry_attempts: 5,
            pending_cap: Duration::from_secs(60),
            pending_rounds: 10_000,
            events_kept: 20_000,
        }
    }
}

/// Accepts and runs plans. Cheap to clone; all clones are the same engine.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

/// Whose turn it is to work on an application.
type Turn = Arc<tokio::sync::Mutex<()>>;

pub(crate) struct Inner {
    pub(crate) ledger: Ledger,
    pub(crate) components: Components,
    pub(crate) config: EngineConfig,
    pub(crate) backoff: Backoff,
    pub(crate) places: Places,
    pub(crate) stopping: watch::Sender<bool>,
    /// One run of an application works at a time.
    applications: Mutex<HashMap<(Scope, Name), Turn>>,
    pub(crate) trackers: Mutex<HashMap<RunId, Arc<Tracker>>>,
    /// Written to while platforms come or go: bytes that are kept for one that is not in the ledger yet look unused.
    /// Read while a plan that needs them is accepted.
    pub(crate) platforms: tokio::sync::RwLock<()>,
    /// Made when the first request leaves: most runtimes never send one.
    egress: OnceLock<Egress>,
    /// How often old records were looked for.
    pub(crate) forgetting: AtomicUsize,
    tasks: Tasks,
}

impl Engine {
    /// Over an open ledger. Runs that were interrupted go on with [`Engine::resume`].
    pub fn new(ledger: Ledger, sandbox: Sandbox, blobs: Blobs, config: EngineConfig) -> Self {
        let backoff = Backoff {
            first: config.retry_first,
            cap: config.retry_cap,
            attempts: config.retry_attempts.max(1),
        };
        Self(Arc::new(Inner {
            ledger,
            components: Components::new(sandbox, blobs),
            backoff,
            places: Places::new(config.concurrency),
            config,
            stopping: watch::Sender::new(false),
            applications: Mutex::default(),
            trackers: Mutex::default(),
            platforms: tokio::sync::RwLock::default(),
            egress: OnceLock::new(),
            forgetting: AtomicUsize::new(1),
            tasks: Tasks::default(),
        }))
    }

    /// The way of requests into the world.
    pub(crate) fn egress(&self) -> Result<Egress, innominatus_egress::OpenError> {
        if let Some(egress) = self.0.egress.get() {
            return Ok(egress.clone());
        }
        let made =
            Egress::new(EgressConfig { backoff: self.0.config.retry_first, ..EgressConfig::default() })?;
        // Somebody else may have been faster; then theirs is the one, with its connections.
        Ok(self.0.egress.get_or_init(|| made).clone())
    }

    /// The records, for reading.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// Stops beginning new steps, lets those in a guest finish (bounded by their own limits), and closes
    /// the store. What is unfinished goes on at the next start.
    pub async fn shutdown(&self) {
        self.0.stopping.send_replace(true);
        self.0.tasks.wait().await;
        if let Err(error) = self.0.ledger.close().await {
            tracing::error!(%error, "the store did not close cleanly");
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.0.stopping.borrow()
    }

    /// Waits, but not when the runtime stops. Returns whether the whole time has passed.
    pub(crate) async fn sleep(&self, duration: Duration) -> bool {
        let mut stopping = self.0.stopping.subscribe();
        tokio::select! {
            () = tokio::time::sleep(duration) => true,
            _ = stopping.wait_for(|stopping| *stopping) => false,
        }
    }

    /// Does something in the background.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        // The task goes on without its handle.
        drop(self.0.tasks.spawn(work));
    }

    /// Does something to its end, though whoever waits for it may go away before: what belongs together is done
    /// together.
    pub(crate) async fn whole<T: Send + 'static, E: From<EngineError> + Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, E> {
        match self.0.tasks.spawn(work).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(EngineError::Stopping.into()),
        }
    }

    pub(crate) fn application_lock(&self, scope: &Scope, application: &Name) -> Turn {
        let mut locks = self.0.applications.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        locks.entry((scope.clone(), application.clone())).or_default().clone()
    }
}
