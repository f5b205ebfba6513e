//! Why a server does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use innominatus_engine::EngineError;
use innominatus_ledger::seal::KeyError;
use innominatus_ledger::{BlobError, LedgerError, store_code};
use innominatus_model::{Code, Coded};
use innominatus_sandbox::OpenError;
use innominatus_store::Error as StoreError;

use crate::home::HomeError;

/// Why a server does not start. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The home folder cannot be used.
    #[error("the home folder `{}` cannot be used", .path.display())]
    Home {
        /// Which folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: HomeError,
    },
    /// The token cannot be read or written.
    #[error("the token in `{}` cannot be used", .path.display())]
    Token {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The store cannot be opened.
    #[error("the store in `{}` cannot be opened", .path.display())]
    Store {
        /// Which folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// Platforms were installed, and the store knows of nothing.
    #[error("the store in `{}` is empty, but platforms were installed here", .store.display())]
    StoreLost {
        /// The store's folder.
        store: PathBuf,
        /// The folder of their components.
        components: PathBuf,
    },
    /// The key cannot be had.
    #[error("the encryption key cannot be used")]
    Key(#[from] KeyError),
    /// The records cannot be read.
    #[error("the records cannot be opened")]
    Ledger(#[from] LedgerError),
    /// The blobs cannot be reached.
    #[error("the components cannot be reached")]
    Blobs(#[from] BlobError),
    /// The sandbox cannot be set up.
    #[error("the sandbox cannot be set up")]
    Sandbox(#[from] OpenError),
    /// Interrupted runs cannot be taken up.
    #[error("interrupted runs cannot be taken up")]
    Resume(#[from] EngineError),
    /// It cannot listen.
    #[error("cannot listen on {place}")]
    Listen {
        /// Where.
        place: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not an address of this machine alone.
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
}

impl Coded for StartError {
    fn code(&self) -> Code {
        match self {
            Self::Home { .. } | Self::Token { .. } => Code::HomeUnusable,
            Self::Listen { .. } => Code::ListenFailed,
            Self::Store { source, .. } => store_code(source),
            Self::StoreLost { .. } => Code::StoreDamaged,
            Self::Key(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Blobs(error) => error.code(),
            Self::Sandbox(error) => error.code(),
            Self::Resume(error) => error.code(),
            Self::NotLoopback(_) => Code::Usage,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Home { path, source } => Some(source.remedy(path)),
            Self::Token { .. } => Some("mend the permissions of the file, or remove it".into()),
            Self::Store { source, .. } => source.remedy(),
            Self::StoreLost { store, components } => Some(format!(
                "put the store back, if it was moved or its disk is not mounted: `{}` goes in the place of the empty \
                 one; to begin anew, remove `{}`",
                store.display(),
                components.display()
            )),
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                Some("stop what listens there, or choose another port; port 0 takes a free one".into())
            }
            Self::Listen { .. } => Some("choose another address, or mend what the system says".into()),
            Self::Key(error) => error.remedy(),
            Self::Ledger(error) => error.remedy(),
            Self::Blobs(error) => error.remedy(),
            Self::Sandbox(error) => error.remedy(),
            Self::Resume(error) => error.remedy(),
            Self::NotLoopback(_) => Some("listen on 127.0.0.1 or [::1]".into()),
        }
    }
}
