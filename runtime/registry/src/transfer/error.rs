//! Why a platform did not get from one place to another.

use innominatus_model::{Code, Coded, Diagnostic, Digest};
use innominatus_package::{ArtifactError, Repository, Tag};

use crate::RegistryError;

/// Why a platform was not pulled, pushed or copied.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The other side did not do it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// What is there is not accepted.
    #[error("`{artifact}` is not accepted")]
    Artifact {
        /// Repository and digest.
        artifact: String,
        /// Why.
        source: ArtifactError,
    },
    /// The tag is taken by another artifact.
    #[error("`{repository}:{tag}` is another artifact already: {digest}")]
    Taken {
        /// Where.
        repository: Box<Repository>,
        /// Which.
        tag: Tag,
        /// Of what bears it.
        digest: Digest,
    },
    /// What came cannot be kept.
    #[error("what was fetched cannot be kept")]
    Cache(#[source] std::io::Error),
}

impl Coded for TransferError {
    fn code(&self) -> Code {
        match self {
            Self::Registry(error) => error.code(),
            Self::Artifact { source, .. } => source.code(),
            Self::Taken { .. } => Code::ArtifactExists,
            Self::Cache(_) => Code::OutputFailed,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Registry(error) => error.remedy(),
            Self::Artifact { source, .. } => source.remedy(),
            Self::Taken { .. } => {
                Some("raise the version; where nobody uses this one yet, push with `--replace`".to_owned())
            }
            Self::Cache(_) => Some("look at the space on the disk and the folder's permissions".to_owned()),
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Registry(error) => error.diagnostics(),
            Self::Artifact { source, .. } => source.diagnostics(),
            Self::Taken { .. } | Self::Cache(_) => &[],
        }
    }
}
