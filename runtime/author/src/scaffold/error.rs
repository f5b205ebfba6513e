//! Why no new platform was written.

use std::path::PathBuf;

use innominatus_model::{Code, Coded, InvalidName, Kind, Name};

use crate::WriteError;

/// Why no new platform was written.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// No platform can be called so.
    #[error("no platform can be called that: {0}")]
    Name(#[source] InvalidName),
    /// Its packages could not be called after it.
    #[error("`{name}` does not begin with a letter, and the names of its packages begin with it")]
    Begins {
        /// As asked for.
        name: Name,
    },
    /// No Score type is called so.
    #[error("no resource type is called that: {0}")]
    Kind(#[source] InvalidName),
    /// A type stands twice.
    #[error("the type `{kind}` is asked for twice")]
    Twice {
        /// Which.
        kind: Kind,
    },
    /// The folder holds something.
    #[error("`{}` is not empty", .folder.display())]
    Taken {
        /// Which.
        folder: PathBuf,
    },
    /// Our own templates are broken.
    #[error("the template `{template}` cannot be filled: {reason}")]
    Template {
        /// Which.
        template: &'static str,
        /// Why.
        reason: String,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Coded for ScaffoldError {
    fn code(&self) -> Code {
        match self {
            Self::Name(_) | Self::Begins { .. } | Self::Kind(_) | Self::Twice { .. } => Code::Usage,
            Self::Taken { .. } => Code::OutputExists,
            Self::Template { .. } => Code::Internal,
            Self::Write(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Name(_) | Self::Begins { .. } => {
                Some("use a-z, 0-9 and `-`, beginning with a letter: `acme`".into())
            }
            Self::Kind(_) => Some("name a Score type: `--provisioner postgres`".into()),
            Self::Twice { .. } => Some("name it once".into()),
            Self::Taken { .. } => Some("name an empty folder, or one that is not there, with `--dir`".into()),
            Self::Template { .. } => None,
            Self::Write(error) => error.remedy(),
        }
    }
}
