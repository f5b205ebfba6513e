//! Asks components what they are, in sandboxes of the author's own: nothing of a runtime is needed or touched.

mod contract;
mod written;

use std::path::PathBuf;

use innominatus_model::{Code, Coded};
use innominatus_sandbox::{CompileLimits, CompilerCommand, OpenError, Sandbox, SandboxConfig};

pub(crate) use contract::{Answers, ask};
pub(crate) use written::judge;

/// Where components are compiled and asked.
#[derive(Clone)]
pub struct Workshop {
    sandbox: Sandbox,
}

/// Components cannot be asked on this machine.
#[derive(Debug, thiserror::Error)]
pub enum WorkshopError {
    /// The folder for compiled components cannot be made.
    #[error("cannot make the folder `{}` for compiled components", .folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no sandbox.
    #[error(transparent)]
    Sandbox(#[from] OpenError),
}

impl Coded for WorkshopError {
    fn code(&self) -> Code {
        match self {
            Self::Folder { .. } => Code::OutputFailed,
            Self::Sandbox(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Folder { .. } => Some("name another folder with `XDG_CACHE_HOME`".into()),
            Self::Sandbox(error) => error.remedy(),
        }
    }
}

impl Workshop {
    /// `cache` keeps compiled components, so that each is compiled once; `compiler` compiles apart from us.
    pub fn open(cache: PathBuf, compiler: CompilerCommand) -> Result<Self, WorkshopError> {
        if let Some(above) = cache.parent() {
            std::fs::create_dir_all(above)
                .map_err(|source| WorkshopError::Folder { folder: above.to_path_buf(), source })?;
        }
        let compile_limits = CompileLimits::default();
        Ok(Self { sandbox: Sandbox::new(SandboxConfig { cache, compiler, compile_limits })? })
    }

    /// The sandbox itself.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl std::fmt::Debug for Workshop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Workshop")
    }
}
