//! Why a folder is not a project.

use std::io;
use std::path::PathBuf;

use innominatus_model::{Code, Coded, Diagnostic};
use innominatus_package::{MANIFEST_NAME, ManifestErrors};

use crate::ProcessError;

/// Why a folder is not a project.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// It has no readable manifest.
    #[error("cannot read `{}`", .file.display())]
    Unreadable {
        /// The manifest's path.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its manifest breaks rules.
    #[error(transparent)]
    Manifest(#[from] ManifestErrors),
    /// cargo cannot say what stands in it.
    #[error("cannot read the cargo workspace around the platform")]
    Cargo(#[source] ProcessError),
    /// A package declares a component, and cannot make it.
    #[error("the package `{package}` {problem}")]
    Guest {
        /// Its name.
        package: String,
        /// What is wrong with it: goes on after its name.
        problem: String,
        /// What to write instead.
        remedy: String,
    },
}

impl Coded for ProjectError {
    fn code(&self) -> Code {
        match self {
            Self::Unreadable { .. } => Code::ManifestPath,
            Self::Manifest(errors) => errors.code(),
            Self::Cargo(_) | Self::Guest { .. } => Code::BuildFailed,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => {
                Some(format!("name the folder of a platform: the one that holds `{MANIFEST_NAME}`"))
            }
            Self::Manifest(errors) => errors.remedy(),
            Self::Cargo(_) => Some("mend its `Cargo.toml`; `cargo metadata` says more".into()),
            Self::Guest { remedy, .. } => Some(remedy.clone()),
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Manifest(errors) => errors.diagnostics(),
            _ => &[],
        }
    }
}
