//! A new platform: a project that builds, is tested, and needs no network to be written.
//!
//! `known` says what each type is likely to put out, `render` fills the templates under `templates/rust`, `sdk` holds the
//! SDK, `lock` the versions it was tested with.

mod error;
mod known;
mod lock;
mod render;
pub(crate) mod sdk;

use std::collections::BTreeMap;
use std::path::Path;

use innominatus_model::{Kind, Name};

use crate::files::{WriteError, at, write};

pub use error::ScaffoldError;

/// What a new platform is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaffold {
    pub(crate) name: Name,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) golden_path: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaffolded {
    /// Every file, by its path in the project.
    pub files: Vec<String>,
}

impl Scaffold {
    /// Of this name, with a provisioner for each of these Score types; without one, for `postgres`.
    pub fn new(name: &str, kinds: &[String], golden_path: bool) -> Result<Self, ScaffoldError> {
        let name = Name::new(name).map_err(ScaffoldError::Name)?;
        // It is the beginning of the names of packages, which cannot begin otherwise.
        if !name.as_str().starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(ScaffoldError::Begins { name });
        }
        let mut all: Vec<Kind> = Vec::new();
        for kind in kinds {
            let kind = Kind::new(kind.as_str()).map_err(ScaffoldError::Kind)?;
            // Folders and files are called after them, and not every disk tells letters apart.
            if all.iter().any(|known| known.as_str().eq_ignore_ascii_case(kind.as_str())) {
                return Err(ScaffoldError::Twice { kind });
            }
            all.push(kind);
        }
        if all.is_empty() {
            all.push(Kind::new("postgres").map_err(ScaffoldError::Kind)?);
        }
        Ok(Self { name, kinds: all, golden_path })
    }

    /// Every file of the project, by path.
    pub(crate) fn files(&self) -> Result<BTreeMap<String, Vec<u8>>, ScaffoldError> {
        let mut files = render::project(self)?;
        files.extend(sdk::files()?.into_iter().map(|(path, text)| (path, text.into_bytes())));
        Ok(files)
    }
}

/// Writes a project into a folder that is not there, or empty.
pub fn scaffold(wish: &Scaffold, folder: &Path) -> Result<Scaffolded, ScaffoldError> {
    match folder.read_dir().map(|mut entries| entries.next().is_none()) {
        Ok(true) => {}
        Ok(false) => return Err(ScaffoldError::Taken { folder: folder.to_path_buf() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(WriteError { path: folder.to_path_buf(), source }.into()),
    }
    let files = wish.files()?;
    std::fs::create_dir_all(folder).map_err(at(folder))?;
    for (path, bytes) in &files {
        write(folder, path, bytes)?;
    }
    Ok(Scaffolded { files: files.into_keys().collect() })
}
