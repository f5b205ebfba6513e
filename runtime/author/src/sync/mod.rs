//! Versions have one source, the manifest; what derives from it is found, compared and rewritten here.
//!
//! | what | derives from |
//! |---|---|
//! | `version` of a package that makes a component, in its `Cargo.toml` and in `Cargo.lock` | the version of the entries that name the component where they agree, else the platform's |
//! | `metadata.version` of a golden path file | the version of the entry of its name |
//! | the text between [`readme`]'s marks in `README.md` | the platform's version |
//! | everything under `sdk/` | the SDK that this program holds |
//!
//! A package that takes its version from its workspace (`version.workspace = true`) keeps it: others share it.

mod cargo;
mod derived;
mod golden_path;
mod readme;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use innominatus_model::{Code, Coded};

use crate::files::{WriteError, write};
use crate::scaffold::sdk;
use crate::{Project, ScaffoldError};

pub use derived::Derived;

/// What was looked at, and what was changed.
#[derive(Debug, Clone, Default)]
pub struct Synced {
    /// Everything that derives from the manifest, as it was found.
    pub derived: Vec<Derived>,
    /// Files that were written, as the person would name them; none where only was looked.
    pub written: Vec<String>,
}

impl Synced {
    /// What does not agree with the manifest and has to.
    pub fn drift(&self) -> impl Iterator<Item = &Derived> {
        self.derived.iter().filter(|derived| derived.must_change())
    }
}

/// What derives from the manifest cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// It cannot be read.
    #[error("cannot read `{}`", .file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The SDK of this program cannot be put together.
    #[error(transparent)]
    Sdk(#[from] ScaffoldError),
}

impl Coded for SyncError {
    fn code(&self) -> Code {
        match self {
            Self::Read { .. } => Code::FileUnreadable,
            Self::Write(error) => error.code(),
            Self::Sdk(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Read { .. } => Some("make the file readable, and UTF-8".into()),
            Self::Write(error) => error.remedy(),
            Self::Sdk(error) => error.remedy(),
        }
    }
}

/// Everything in the project that derives from its manifest.
pub fn derived(project: &Project) -> Result<Vec<Derived>, SyncError> {
    let mut all = cargo::derived(project)?;
    all.extend(golden_path::derived(project)?);
    all.extend(readme::derived(project)?);
    all.extend(sdk::derived(project)?);
    Ok(all)
}

/// Looks; without `check`, writes what does not agree.
pub fn sync(project: &Project, check: bool) -> Result<Synced, SyncError> {
    let derived = derived(project)?;
    let mut written = Vec::new();
    if !check {
        let mut edits: BTreeMap<&Path, Vec<&Derived>> = BTreeMap::new();
        for place in derived.iter().filter(|place| place.differs() && place.span.is_some()) {
            edits.entry(&place.path).or_default().push(place);
        }
        for (path, mut places) in edits {
            // From the end, so that what is before keeps its place.
            places.sort_by_key(|place| std::cmp::Reverse(place.span.as_ref().map(|span| span.start)));
            let Some(mut text) = read(path)? else { continue };
            for place in places {
                if let Some(span) = place.span.clone() {
                    text.replace_range(span, &place.wanted);
                }
            }
            let (folder, name) = (path.parent().unwrap_or(path), path.file_name().unwrap_or_default());
            write(folder, &name.to_string_lossy(), text.as_bytes())?;
            written.push(project.show(path));
        }
        written.extend(sdk::renew(project)?);
    }
    Ok(Synced { derived, written })
}

/// The text of a file, if it is there.
pub(crate) fn read(path: &Path) -> Result<Option<String>, SyncError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SyncError::Read { file: path.to_path_buf(), source }),
    }
}
