//! The composition root: a home folder becomes a running server.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use innominatus_engine::{Engine, EngineConfig};
use innominatus_ledger::seal::Keyring;
use innominatus_ledger::{Blobs, Ledger};
use innominatus_sandbox::{CompileLimits, CompilerCommand, Sandbox, SandboxConfig};
use innominatus_store::Store;
use innominatus_store::sled::{SledOptions, SledStore};
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::sync::watch;

use crate::auth::{self, Door};
use crate::error::StartError;
use crate::home::Home;
use crate::limits::Limits;
use crate::listen::{self, Listeners};
use crate::routes;
use crate::state::App;
use crate::work::Work;

/// The environment variable that may hold the key instead of a file.
const KEY_VARIABLE: &str = "INNOMINATUS_KEY";

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// Holds store, caches, installed platforms and the socket.
    pub home: PathBuf,
    /// The program and its arguments that compile a component in a process of their own.
    pub compiler: (PathBuf, Vec<OsString>),
    /// Also listens here; loopback only.
    pub tcp: Option<SocketAddr>,
    /// Goes on with runs that were interrupted. Who only looks leaves them as they are.
    pub resume: bool,
}

/// A server at work.
pub struct Running {
    socket: PathBuf,
    tcp: Option<SocketAddr>,
    listeners: Listeners,
    stopping: watch::Sender<bool>,
    work: Work,
    engine: Engine,
}

impl Running {
    /// The Unix socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The address, if it listens on one.
    pub fn tcp(&self) -> Option<SocketAddr> {
        self.tcp
    }

    /// Takes no more calls, finishes those in flight, lets guests that are at work finish, closes the
    /// store. What is unfinished goes on at the next start.
    pub async fn stop(self) {
        self.stopping.send_replace(true);
        self.listeners.drain(&self.work).await;
        // Gone before the store is released: who finds no socket and no lock may start a server.
        let _ = std::fs::remove_file(&self.socket);
        self.engine.shutdown().await;
    }
}

/// Starts serving, within the usual limits.
pub async fn start(options: Options) -> Result<Running, StartError> {
    start_with(options, Limits::default()).await
}

/// Starts serving.
pub async fn start_with(options: Options, limits: Limits) -> Result<Running, StartError> {
    if let Some(address) = options.tcp
        && !address.ip().is_loopback()
    {
        return Err(StartError::NotLoopback(address));
    }
    no_core_dump();
    let home_error = |source| StartError::Home { path: options.home.clone(), source };
    let home = Home::open(&options.home).map_err(home_error)?;
    let path = home.store();
    let store = SledStore::open(&path, SledOptions::default())
        .await
        .map_err(|source| StartError::Store { path, source })?;
    wire(&options, limits, &home, Arc::new(store)).await
}

/// What is in memory stays there when the process dies: a core dump would hold secrets and keys.
fn no_core_dump() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "core dumps could not be switched off");
    }
}

/// Over an open store, which it closes again when it fails.
pub(crate) async fn wire(
    options: &Options,
    limits: Limits,
    home: &Home,
    store: Arc<dyn Store>,
) -> Result<Running, StartError> {
    let engine = match engine(options, home, store.clone()).await {
        Ok(engine) => engine,
        Err(error) => {
            // The lock is let go of at once, so that mending and trying again works.
            if let Err(error) = store.close().await {
                tracing::warn!(%error, "the store did not close cleanly");
            }
            return Err(error);
        }
    };
    let served = serve(options, limits, home, engine.clone()).await;
    if served.is_err() {
        // Runs that were taken up stop where they are; the store is closed.
        engine.shutdown().await;
    }
    served
}

async fn engine(options: &Options, home: &Home, store: Arc<dyn Store>) -> Result<Engine, StartError> {
    let exists = Ledger::exists(&*store).await?;
    if !exists && home.holds_components() {
        return Err(StartError::StoreLost { store: home.store(), components: home.blobs() });
    }
    let keys = match std::env::var(KEY_VARIABLE) {
        Ok(text) => Keyring::from_text(&text)?,
        // A store that holds records is never given a new key.
        Err(_) if exists => Keyring::load(home.path())?,
        Err(_) => Keyring::load_or_create(home.path())?,
    };
    let ledger = Ledger::open(store, keys).await?;
    let sandbox = Sandbox::new(SandboxConfig {
        cache: home.compiled(),
        compiler: CompilerCommand { program: options.compiler.0.clone(), args: options.compiler.1.clone() },
        compile_limits: CompileLimits::default(),
    })?;
    Ok(Engine::new(ledger, sandbox, Blobs::open(home.blobs())?, EngineConfig::new(home.settings())))
}

/// Places are taken before anything runs, and nobody is heard before interrupted runs are taken up: whoever asks
/// for the same again must find them at work.
async fn serve(
    options: &Options,
    limits: Limits,
    home: &Home,
    engine: Engine,
) -> Result<Running, StartError> {
    let socket = home.socket();
    let failed = |place: String| move |source| StartError::Listen { place, source };
    let unix = listen::unix(&socket).map_err(failed(socket.display().to_string()))?;
    let tcp = match options.tcp {
        Some(wanted) => Some(listen::Port::take(wanted).map_err(failed(wanted.to_string()))?),
        None => None,
    };
    let token =
        || auth::token(&home.token()).map_err(|source| StartError::Token { path: home.token(), source });
    let door = tcp.as_ref().map(|_| token().map(Door::Token)).transpose()?;

    if options.resume {
        engine.resume().await?;
    }

    let (stopping, watching) = watch::channel(false);
    let work = Work::new();
    let app = App {
        engine: engine.clone(),
        limits: limits.clone(),
        started_ms: now_ms(),
        stopping: watching.clone(),
        work: work.clone(),
    };
    let mut listeners = Listeners::new(limits, watching);
    let mut address = None;
    if let (Some(port), Some(door)) = (tcp, door) {
        let place = port.to_string();
        let listener = port.listen().map_err(failed(place))?;
        address = listener.local_addr().ok();
        listeners.serve(listener, routes::router(app.clone(), door));
    }
    listeners.serve(unix, routes::router(app, Door::Socket));
    Ok(Running { socket, tcp: address, listeners, stopping, work, engine })
}

fn now_ms() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}
