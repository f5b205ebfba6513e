//! Why a platform could not be tested at all. What is wrong with a platform that can be is in the report.

use std::path::PathBuf;

use innominatus_model::{Code, Coded, Diagnostic};
use innominatus_package::TestErrors;
use innominatus_sandbox::OpenError as SandboxError;

use crate::files::WriteError;

/// An error of the harness.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// The folder is no platform.
    #[error(transparent)]
    Open(#[from] innominatus_package::OpenError),
    /// No sandbox could be had.
    #[error("components cannot be run here")]
    Sandbox(#[from] SandboxError),
    /// A table test, or what it names, cannot be read as a file.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Table tests are not what they should be.
    #[error(transparent)]
    Tests(#[from] TestErrors),
    /// A recording that a table test names is none.
    #[error("`{}` {reason}", path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// A fragment.
        reason: String,
    },
    /// No test was made of a recording.
    #[error("this cannot be recorded as a test: {reason}")]
    Unrecorded {
        /// Why. A sentence without its end.
        reason: String,
    },
    /// What was recorded could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Nothing in the platform is called like this.
    #[error("platform `{platform}` has no entry `{}`", entry.escape_debug())]
    NoEntry {
        /// The platform.
        platform: String,
        /// What was asked for.
        entry: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A report could not be written as XML.
    #[error("the report cannot be written as JUnit XML: {reason}")]
    Report {
        /// Why.
        reason: String,
    },
    /// Work in the background was cut off.
    #[error("the harness was stopped")]
    Stopped,
}

impl Coded for HarnessError {
    fn code(&self) -> Code {
        match self {
            Self::Open(error) => error.code(),
            Self::Sandbox(error) => error.code(),
            Self::Read { .. } | Self::Recording { .. } | Self::Unrecorded { .. } => Code::PlatformTestInvalid,
            Self::Write(error) => error.code(),
            Self::Tests(error) => error.code(),
            Self::NoEntry { .. } => Code::Usage,
            Self::Report { .. } => Code::Internal,
            Self::Stopped => Code::Interrupted,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Open(error) => error.remedy(),
            Self::Sandbox(error) => error.remedy(),
            Self::Read { .. } => Some("let the file be readable for the user who tests".into()),
            Self::Tests(error) => error.remedy(),
            Self::Recording { .. } => Some("write it with `innominatus journal export`".into()),
            Self::Unrecorded { .. } => Some(
                "name a resource that this platform makes, with the version that is in this folder installed"
                    .into(),
            ),
            Self::Write(error) => error.remedy(),
            Self::NoEntry { known, .. } => Some(format!("there are {}", known.join(", "))),
            Self::Report { .. } => None,
            Self::Stopped => Some("run it again".into()),
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Open(error) => error.diagnostics(),
            Self::Tests(error) => error.diagnostics(),
            _ => &[],
        }
    }
}
