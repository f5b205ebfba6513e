//! Why a lock cannot be used.

use innominatus_model::{Code, Coded, Diagnostic};

/// Why `platforms.lock` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// A later version of the program wrote it.
    #[error(
        "`{file}` was written by a newer innominatus: its format is {found}, this one knows {}",
        super::LOCK_VERSION
    )]
    Newer {
        /// The file, as the person named it.
        file: String,
        /// The version of its format.
        found: u64,
    },
    /// It is not what the program writes.
    #[error("`{file}` is not a lock of platforms: {}", finding.message)]
    Invalid {
        /// The file, as the person named it.
        file: String,
        /// What is wrong, and where.
        finding: Box<Diagnostic>,
    },
}

impl Coded for LockError {
    fn code(&self) -> Code {
        Code::LockInvalid
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Newer { .. } => {
                Some("use the version of innominatus that wrote it, or a newer one".to_owned())
            }
            Self::Invalid { finding, .. } => finding.hint.clone(),
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Newer { .. } => &[],
            Self::Invalid { finding, .. } => std::slice::from_ref(finding),
        }
    }
}
