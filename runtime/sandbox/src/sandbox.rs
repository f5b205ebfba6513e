//! The sandbox: from bytes to live components, each compiled once.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use innominatus_model::{Code, Coded, Digest};
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use wasmtime::Engine;

use crate::compile::{self, Cache, CacheError, CompileError, CompileLimits, CompilerCommand, Sealed};
use crate::component::WeakComponent;
use crate::ticker::Ticker;
use crate::{Component, Contract, ContractError, engine, inspect};

/// What a sandbox needs to know.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// The folder for compiled components; made with mode 0700, may be shared with other processes.
    pub cache: PathBuf,
    /// The program that compiles.
    pub compiler: CompilerCommand,
    /// How much one compilation may use.
    pub compile_limits: CompileLimits,
}

/// Loads components. Clones are the same sandbox; every sandbox of a process uses one engine.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    engine: &'static Engine,
    ticker: Arc<Ticker>,
    cache: Cache,
    compiler: CompilerCommand,
    limits: CompileLimits,
    turns: Semaphore,
    slots: Mutex<HashMap<Digest, Arc<AsyncMutex<Slot>>>>,
}

/// What is known of one digest. Locked while someone loads it, so that it is compiled once.
#[derive(Default)]
struct Slot {
    live: WeakComponent,
    uncompilable: Option<String>,
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder for compiled components cannot be used.
    #[error("{0}")]
    Cache(String),
    /// wasmtime refuses its profile on this machine.
    #[error("wasmtime cannot be set up on this machine: {0}")]
    Engine(String),
    /// The epoch thread did not start.
    #[error("the sandbox's clock thread cannot be started")]
    Ticker(#[source] std::io::Error),
}

impl Coded for OpenError {
    fn code(&self) -> Code {
        match self {
            Self::Cache(_) | Self::Engine(_) => Code::Internal,
            Self::Ticker(_) => Code::Unavailable,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Cache(_) => "give the runtime a home folder that belongs to the user it runs as".into(),
            Self::Engine(_) => "run on x86-64 or aarch64 Linux with at least 48 bits of address space".into(),
            Self::Ticker(_) => "raise the limit of threads for the user it runs as".into(),
        })
    }
}

impl From<CacheError> for OpenError {
    fn from(error: CacheError) -> Self {
        Self::Cache(error.to_string())
    }
}

/// Why a component is not loaded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    /// The bytes are not those that were asked for.
    #[error("the component's bytes are `{found}`, expected `{expected}`")]
    Digest {
        /// What was asked for.
        expected: Digest,
        /// What the bytes are.
        found: Digest,
    },
    /// Its contract is not one we can serve.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// It cannot be compiled within limits.
    #[error("the component cannot be compiled: {reason}")]
    Uncompilable {
        /// Why; text of the compiler, escaped.
        reason: String,
    },
    /// The compiler was too slow this time.
    #[error("the component was not compiled within {seconds} seconds")]
    Slow {
        /// The limit.
        seconds: u64,
    },
    /// The compiler child could not do its work: our own error.
    #[error("the component could not be compiled: {reason}")]
    Compiler {
        /// Why.
        reason: String,
    },
}

impl Coded for LoadError {
    fn code(&self) -> Code {
        match self {
            Self::Digest { .. } => Code::StoreIntegrity,
            Self::Contract(error) => error.code(),
            Self::Uncompilable { .. } => Code::ComponentUncompilable,
            Self::Slow { .. } => Code::Timeout,
            Self::Compiler { .. } => Code::Internal,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Digest { .. } => Some("install the platform again from where it came".into()),
            Self::Contract(error) => error.remedy(),
            Self::Uncompilable { .. } => {
                let both = "build the component anew; if its code is not damaged, build it smaller, with fewer and \
                            shorter functions";
                Some(both.into())
            }
            Self::Slow { .. } => Some("try again when the machine is less busy".into()),
            Self::Compiler { .. } => {
                Some("check that the runtime's own program file is still in its place".into())
            }
        }
    }
}

impl Sandbox {
    /// Opens the cache and joins the process's engine.
    pub fn new(config: SandboxConfig) -> Result<Self, OpenError> {
        let engine = engine::shared().map_err(OpenError::Engine)?;
        Ok(Self(Arc::new(Inner {
            engine,
            ticker: Ticker::shared(engine).map_err(OpenError::Ticker)?,
            cache: Cache::open(&config.cache, engine)?,
            compiler: config.compiler,
            turns: Semaphore::new(config.compile_limits.at_once.max(1)),
            limits: config.compile_limits,
            slots: Mutex::default(),
        })))
    }

    /// A live component of these bytes: the one already loaded, one from the cache, or one freshly compiled in
    /// a child. Nothing of the component runs.
    pub async fn load(&self, digest: &Digest, bytes: &[u8]) -> Result<Component, LoadError> {
        let slot = self.0.slot(digest);
        let mut slot = slot.lock().await;
        if let Some(component) = slot.live.upgrade() {
            return Ok(component);
        }
        if let Some(reason) = &slot.uncompilable {
            return Err(LoadError::Uncompilable { reason: reason.clone() });
        }
        let result = Arc::clone(&self.0).load(*digest, bytes.into()).await;
        match &result {
            Ok(component) => slot.live = component.downgrade(),
            Err(LoadError::Uncompilable { reason }) => slot.uncompilable = Some(reason.clone()),
            Err(_) => {}
        }
        result
    }
}

impl Inner {
    fn slot(&self, digest: &Digest) -> Arc<AsyncMutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(*digest).or_default())
    }

    async fn load(self: Arc<Self>, digest: Digest, bytes: Arc<[u8]>) -> Result<Component, LoadError> {
        // Reading, hashing and mapping code take milliseconds: not on the threads that serve others.
        let (this, input) = (Arc::clone(&self), Arc::clone(&bytes));
        let (contract, cached) = blocking(move || {
            // What is kept is of this digest, whatever the bytes turn out to be: both are looked at at once.
            std::thread::scope(|threads| {
                let cached = threads.spawn(|| this.cached(&digest));
                let found = Digest::of(&input);
                if found != digest {
                    return Err(LoadError::Digest { expected: digest, found });
                }
                match cached.join().unwrap_or_default() {
                    Some((contract, code)) => Ok((contract, Some(code))),
                    None => Ok((inspect(&input)?, None)),
                }
            })
        })
        .await?;
        let code = match cached {
            Some(code) => code,
            None => Arc::clone(&self).compile(digest, &bytes, &contract).await?,
        };
        Component::link(self.engine, &code, digest, contract, Arc::clone(&self.ticker))
            .map_err(|error| ContractError::Malformed { reason: format!("{error:#}") }.into())
    }

    /// What is kept of a component, if it can be trusted and loaded: its contract, as it was read before it was compiled,
    /// and its code.
    fn cached(&self, digest: &Digest) -> Option<(Contract, wasmtime::component::Component)> {
        let code = self.cache.get(digest)?;
        let contract = Contract::from_kept(code.said())?;
        match compile::load(self.engine, &code) {
            Ok(code) => Some((contract, code)),
            Err(error) => {
                tracing::warn!(%digest, %error, "a compiled component does not load; compiling again");
                None
            }
        }
    }

    async fn compile(
        self: Arc<Self>,
        digest: Digest,
        bytes: &[u8],
        contract: &Contract,
    ) -> Result<wasmtime::component::Component, LoadError> {
        let said = contract.to_kept();
        let code = {
            let _turn = self.turns.acquire().await.expect("the semaphore is never closed");
            tracing::debug!(%digest, size = bytes.len(), "compiling a component");
            compile::compile(&self.compiler, &self.limits, bytes).await.map_err(|error| match error {
                CompileError::Refused(reason) => LoadError::Uncompilable { reason },
                CompileError::Slow(seconds) => LoadError::Slow { seconds },
                CompileError::Broken(reason) => LoadError::Compiler { reason },
            })?
        };
        blocking(move || {
            let code = Sealed::from_child(code);
            if let Err(error) = self.cache.put(&digest, &said, &code) {
                tracing::warn!(%digest, %error, "cannot keep a compiled component; it is compiled again next time");
            }
            compile::load(self.engine, &code)
                .map_err(|error| LoadError::Compiler { reason: format!("its code does not load: {error:#}") })
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LoadError> + Send + 'static,
) -> Result<T, LoadError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(LoadError::Compiler { reason: error.to_string() }),
    }
}
