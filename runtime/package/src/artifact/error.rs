//! Why something is not an artifact of ours.

use innominatus_model::{Code, Coded, Diagnostic, Digest};

use crate::OpenError;

/// Why a platform cannot be packed, or why an artifact is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// It breaks a rule of the format.
    #[error("the artifact is not accepted: {0}")]
    Invalid(String),
    /// Bytes are not those that a digest names.
    #[error("the artifact is not accepted: {what} has the digest {found}, not {expected}")]
    Digest {
        /// Which part.
        what: String,
        /// What was promised.
        expected: Digest,
        /// What is there.
        found: Digest,
    },
    /// Its files are no platform.
    #[error("the files of the artifact are not a platform")]
    Platform(#[source] Box<OpenError>),
    /// The package cannot be packed.
    #[error("the platform cannot be packed: {0}")]
    Pack(String),
}

impl ArtifactError {
    /// It breaks a rule of the format.
    pub fn invalid(problem: impl Into<String>) -> Self {
        Self::Invalid(problem.into())
    }
}

impl Coded for ArtifactError {
    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) | Self::Pack(_) => Code::ArtifactInvalid,
            Self::Digest { .. } => Code::ArtifactDigest,
            Self::Platform(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Invalid(_) => Some("ask whoever published it to pack and push it again".to_owned()),
            Self::Digest { .. } => Some(
                "fetch it again; where that does not help, do not use this registry or mirror".to_owned(),
            ),
            Self::Platform(error) => error.remedy(),
            Self::Pack(_) => Some("mend the platform's folder and pack it again".to_owned()),
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Platform(error) => error.diagnostics(),
            _ => &[],
        }
    }
}
