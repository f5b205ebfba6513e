//! Why a platform was not published.

use std::io;
use std::path::PathBuf;

use innominatus_model::{Code, Coded, Diagnostic, Version};
use innominatus_package::{ArtifactError, ConfigErrors, IndexError, OpenError, ReferenceError};
use innominatus_registry::trust::KeyError;
use innominatus_registry::{ConnectError, RegistryError, TransferError};
use innominatus_sandbox::ContractError;

use crate::files::WriteError;

/// Why a platform was not packed, pushed, signed or carried over. What was there before is there still.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The folder is no platform.
    #[error("the platform cannot be read")]
    Package(#[from] OpenError),
    /// A component is none.
    #[error("the component `{path}` is refused")]
    Component {
        /// Its path in the folder.
        path: String,
        /// Why.
        source: ContractError,
    },
    /// It does not make an artifact.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// `registries.yaml` breaks its rules.
    #[error(transparent)]
    Registries(#[from] ConfigErrors),
    /// The reference is none, or misses something.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The place cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The place said no.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Something did not get there.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// A key is none.
    #[error("`{}` cannot be used to sign", file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// Why; never a word of what stands in it.
        source: KeyError,
    },
    /// A file cannot be read or written.
    #[error("cannot {doing} `{}`", file.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A tag that reads as a version is one.
    #[error("the tag says {tag}, and it is version {found}")]
    Tag {
        /// What was to be the tag.
        tag: Version,
        /// What it is.
        found: Version,
    },
    /// What stands where the index is to be is none.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Others wrote it again and again meanwhile.
    #[error("the index `{place}` was written by others at the same time, and does not list this")]
    Contended {
        /// The artifact.
        place: String,
    },
    /// An index names what others can reach.
    #[error("`{}` cannot be listed in an index: it is no repository of a registry", reference.escape_debug())]
    NotListed {
        /// What was named.
        reference: String,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Nobody said where to.
    #[error("nothing says where to publish to")]
    Nowhere,
}

impl PublishError {
    pub(super) fn io(doing: &'static str, file: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { doing, file, source }
    }
}

impl Coded for PublishError {
    fn code(&self) -> Code {
        match self {
            Self::Package(error) => error.code(),
            Self::Component { source, .. } => source.code(),
            Self::Artifact(error) => error.code(),
            Self::Registries(error) => error.code(),
            Self::Reference(error) => error.code(),
            Self::Connect(error) => error.code(),
            Self::Registry(error) => error.code(),
            Self::Transfer(error) => error.code(),
            Self::Key { .. } => Code::KeyInvalid,
            Self::Io { doing: "read", .. } => Code::FileUnreadable,
            Self::Io { .. } => Code::OutputFailed,
            Self::Index(error) => error.code(),
            Self::Write(error) => error.code(),
            Self::Contended { .. } => Code::ArtifactExists,
            Self::Tag { .. } | Self::NotListed { .. } | Self::Nowhere => Code::Usage,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Package(error) => error.remedy(),
            Self::Component { source, .. } => source.remedy(),
            Self::Artifact(error) => error.remedy(),
            Self::Registries(error) => error.remedy(),
            Self::Reference(error) => error.remedy(),
            Self::Connect(error) => error.remedy(),
            Self::Registry(error) => error.remedy(),
            Self::Transfer(error) => error.remedy(),
            Self::Key { source, .. } => source.remedy(),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                Some("name another one: what is there is not overwritten".into())
            }
            Self::Io { .. } => None,
            Self::Index(_) => Some("mend it, or name another place with `--to`".into()),
            Self::Write(error) => error.remedy(),
            Self::Contended { .. } => Some("run it once more".into()),
            Self::Tag { found, .. } => Some(format!("name it `:{found}`, or without a tag")),
            Self::NotListed { .. } => Some("push it first: `innominatus platform push`".into()),
            Self::Nowhere => Some(
                "name a repository: `--to ghcr.io/acme/platform-aws`; or write `publish:` with `registry:` into platform.yaml"
                    .into(),
            ),
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Package(error) => error.diagnostics(),
            Self::Registries(error) => error.diagnostics(),
            _ => &[],
        }
    }
}
