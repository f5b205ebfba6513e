//! Why a platform was not built.

use std::io;
use std::path::PathBuf;

use innominatus_model::{Code, Coded, Diagnostic, Name, Severity};
use innominatus_package::OpenError;
use innominatus_sandbox::LoadError;

use crate::publish::PublishError;
use crate::{NoToolchain, ProcessError, WriteError};

/// Why a platform was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no compiler for guests.
    #[error(transparent)]
    Toolchain(#[from] NoToolchain),
    /// cargo said no.
    #[error("the guests do not compile")]
    Cargo {
        /// How it ended.
        source: ProcessError,
    },
    /// The manifest's own command said no.
    #[error("`build: {line}` of the manifest did not work")]
    Command {
        /// The command.
        line: String,
        /// How it ended.
        source: ProcessError,
    },
    /// cargo built something, and it is not where it should be.
    #[error("cannot read the compiled guest `{}`", .file.display())]
    Module {
        /// Where it should be.
        file: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// A module is none of the contract.
    #[error("the package `{package}` does not make a component: {reason}")]
    Component {
        /// Which.
        package: String,
        /// Why.
        reason: String,
    },
    /// A file that the manifest names cannot be taken.
    #[error("cannot read `{}`", .file.display())]
    Source {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// We could not ask a component.
    #[error("cannot ask a component what it is")]
    Asking(#[source] LoadError),
    /// Components are not what the manifest says.
    #[error("the components of `{name}` are not what its manifest says: {}", first(.findings))]
    Contract {
        /// The platform.
        name: Name,
        /// At least one error, and warnings.
        findings: Vec<Diagnostic>,
    },
    /// What was put together is not a platform.
    #[error(transparent)]
    Package(#[from] OpenError),
    /// What was put together does not make an artifact.
    #[error(transparent)]
    Artifact(#[from] PublishError),
    /// The output folder holds something else.
    #[error("`{}` holds {holds}: a platform is not built over it", .folder.display())]
    Taken {
        /// Which.
        folder: PathBuf,
        /// What is in it.
        holds: String,
    },
    /// Two platforms would be built into one folder.
    #[error("two platforms called `{name}` would be built into `{}`", .folder.display())]
    Twice {
        /// Their name.
        name: Name,
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn error(findings: &[Diagnostic]) -> Option<&Diagnostic> {
    findings.iter().find(|finding| finding.severity == Severity::Error)
}

fn first(findings: &[Diagnostic]) -> &str {
    error(findings).map_or("nobody knows why", |finding| finding.message.as_str())
}

impl Coded for BuildError {
    fn code(&self) -> Code {
        match self {
            Self::Toolchain(error) => error.code(),
            Self::Cargo { .. } | Self::Command { .. } | Self::Module { .. } | Self::Component { .. } => {
                Code::BuildFailed
            }
            Self::Source { .. } => Code::ManifestPath,
            Self::Asking(error) => error.code(),
            Self::Contract { findings, .. } => error(findings).map_or(Code::BuildFailed, |found| found.code),
            Self::Package(error) => error.code(),
            Self::Artifact(error) => error.code(),
            Self::Taken { .. } | Self::Twice { .. } => Code::OutputExists,
            Self::Write(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Toolchain(error) => return error.remedy(),
            Self::Cargo { .. } => "mend what cargo says above, and build again".into(),
            Self::Command { .. } => {
                "mend what it says above, or the command; it runs in the platform's folder".into()
            }
            Self::Module { .. } => {
                "let the library keep its name: `[lib] name` decides what the file is called".into()
            }
            Self::Component { .. } => {
                "export a provisioner or a golden path with a macro of the SDK, from a crate that links it"
                    .into()
            }
            Self::Source { .. } => "copy the file into the folder, and make it readable".into(),
            Self::Asking(error) => return error.remedy(),
            Self::Contract { findings, .. } => return error(findings).and_then(|found| found.hint.clone()),
            Self::Package(error) => return error.remedy(),
            Self::Artifact(error) => return error.remedy(),
            Self::Taken { .. } => {
                "name an empty folder, or one that holds an earlier build, with `--output`".into()
            }
            Self::Twice { .. } => "build them one after the other, each with its own `--output`".into(),
            Self::Write(error) => return error.remedy(),
        })
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Contract { findings, .. } => findings,
            Self::Package(error) => error.diagnostics(),
            _ => &[],
        }
    }
}
