//! Why the engine did not do what it was asked.

use innominatus_ledger::{BlobError, LedgerError};
use innominatus_model::{Code, Coded, Diagnostic};
use innominatus_package::{CoreIncompatible, ManifestErrors, OpenError as PackageError};
use innominatus_plan::PlanError;
use innominatus_sandbox::{CallError, LoadError};

use crate::platforms::{AcquireError, GrantError};

/// Why something could not be found, read or begun.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Something a person named is not there, or is in the way.
    #[error("{message}")]
    Refused {
        /// Which kind of no.
        code: Code,
        /// For people.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
    /// The ledger could not do its part.
    #[error("the state could not be read or written")]
    Ledger(#[from] LedgerError),
    /// A component's bytes could not be had.
    #[error("a component could not be read")]
    Blob(#[from] BlobError),
    /// A component could not be loaded.
    #[error("the component of {entry} could not be loaded")]
    Load {
        /// `<platform>/<entry>`.
        entry: String,
        /// Why.
        #[source]
        source: LoadError,
    },
    /// A golden path's file could not be read any more: this runtime reads it otherwise than the one that installed it.
    #[error("the file of the golden path {entry} could not be read")]
    Written {
        /// `<platform>/<entry>`.
        entry: String,
        /// Why.
        #[source]
        source: ManifestErrors,
    },
    /// The runtime is stopping.
    #[error("the runtime is stopping")]
    Stopping,
}

impl EngineError {
    /// Whether it is about one step alone, and the others can go on: not when the state itself cannot be read or
    /// written.
    pub(crate) fn ends_one_step(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Blob(_) | Self::Load { .. } | Self::Written { .. } => true,
            Self::Ledger(error) => matches!(error, LedgerError::TooBig { .. }),
            Self::Stopping => false,
        }
    }

    pub(crate) fn refused(code: Code, message: impl Into<String>, hint: impl Into<Option<String>>) -> Self {
        Self::Refused { code, message: message.into(), hint: hint.into() }
    }
}

impl Coded for EngineError {
    fn code(&self) -> Code {
        match self {
            Self::Refused { code, .. } => *code,
            Self::Ledger(error) => error.code(),
            Self::Blob(error) => error.code(),
            Self::Load { source, .. } => source.code(),
            Self::Written { source, .. } => source.code(),
            Self::Stopping => Code::Unavailable,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Refused { hint, .. } => hint.clone(),
            Self::Ledger(error) => error.remedy(),
            Self::Blob(error) => error.remedy(),
            Self::Load { source, .. } => source.remedy(),
            Self::Written { source, .. } => source.remedy(),
            Self::Stopping => Some("try again when it is back".into()),
        }
    }
}

/// Why files did not become an accepted plan.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The files are not valid.
    #[error("{}", first(.0))]
    Files(Vec<Diagnostic>),
    /// No plan could be made of them.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The golden path said no.
    #[error("the golden path `{golden_path}` said no: {message}")]
    Path {
        /// `<platform>/<entry>`.
        golden_path: String,
        /// `ParametersInvalid` or `GoldenPathFailed`.
        code: Code,
        /// For people, guest text escaped.
        message: String,
    },
    /// The golden path broke, or could not be run.
    #[error("the golden path `{golden_path}` could not be asked")]
    Call {
        /// `<platform>/<entry>`.
        golden_path: String,
        /// How.
        #[source]
        source: Box<CallError>,
    },
    /// Everything else.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

fn first(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.severity == innominatus_model::Severity::Error).count();
    match diagnostics.iter().find(|d| d.severity == innominatus_model::Severity::Error) {
        Some(first) if errors == 1 => first.message.clone(),
        Some(first) => format!("{} (and {} more)", first.message, errors - 1),
        None => "the files are not valid".into(),
    }
}

impl From<LedgerError> for ApplyError {
    fn from(error: LedgerError) -> Self {
        Self::Engine(error.into())
    }
}

impl Coded for ApplyError {
    fn code(&self) -> Code {
        match self {
            Self::Files(diagnostics) => diagnostics
                .iter()
                .find(|d| d.severity == innominatus_model::Severity::Error)
                .map_or(Code::ScoreSyntax, |first| first.code),
            Self::Plan(error) => error.code(),
            Self::Path { code, .. } => *code,
            Self::Call { source, .. } => source.code(),
            Self::Engine(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Files(_) => None,
            Self::Plan(error) => error.remedy(),
            Self::Path { golden_path, .. } => {
                let platform = golden_path.split('/').next().unwrap_or(golden_path);
                Some(format!("`innominatus platform inspect {platform}` shows what `{golden_path}` takes"))
            }
            Self::Call { source, .. } => source.remedy(),
            Self::Engine(error) => error.remedy(),
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Files(diagnostics) => diagnostics,
            Self::Plan(error) => error.diagnostics(),
            _ => &[],
        }
    }
}

/// Why a platform was not installed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The folder is not a platform.
    #[error("the platform cannot be read")]
    Package(#[from] PackageError),
    /// Its bytes could not be had, or are not used.
    #[error(transparent)]
    Acquire(Box<AcquireError>),
    /// It does not work with this core.
    #[error(transparent)]
    Core(#[from] CoreIncompatible),
    /// A component cannot be loaded or keeps another contract.
    #[error("`{entry}` is refused")]
    Component {
        /// The manifest entry.
        entry: String,
        /// Why.
        #[source]
        source: Box<LoadError>,
    },
    /// A component could not be asked what it is.
    #[error("`{entry}` could not be asked for its `{export}`")]
    Call {
        /// The manifest entry.
        entry: String,
        /// Which export.
        export: &'static str,
        /// How.
        #[source]
        source: Box<CallError>,
    },
    /// What a component says of itself does not fit the manifest.
    #[error("`{entry}`: {message}")]
    Mismatch {
        /// The manifest entry.
        entry: String,
        /// Which kind of no.
        code: Code,
        /// For people.
        message: String,
        /// What to do.
        hint: String,
    },
    /// What it asks for was not answered, or not so that it could be granted.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// Everything else.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<AcquireError> for InstallError {
    fn from(error: AcquireError) -> Self {
        Self::Acquire(Box::new(error))
    }
}

impl From<LedgerError> for InstallError {
    fn from(error: LedgerError) -> Self {
        Self::Engine(error.into())
    }
}

impl Coded for InstallError {
    fn code(&self) -> Code {
        match self {
            Self::Package(error) => error.code(),
            Self::Acquire(error) => error.code(),
            Self::Core(error) => error.code(),
            Self::Component { source, .. } => source.code(),
            Self::Call { source, .. } => source.code(),
            Self::Mismatch { code, .. } => *code,
            Self::Grant(error) => error.code(),
            Self::Engine(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Package(error) => error.remedy(),
            Self::Acquire(error) => error.remedy(),
            Self::Core(error) => error.remedy(),
            Self::Component { source, .. } => source.remedy(),
            Self::Call { source, .. } => source.remedy(),
            Self::Mismatch { hint, .. } => Some(hint.clone()),
            Self::Grant(error) => error.remedy(),
            Self::Engine(error) => error.remedy(),
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Package(error) => error.diagnostics(),
            Self::Acquire(error) => error.diagnostics(),
            _ => &[],
        }
    }
}
