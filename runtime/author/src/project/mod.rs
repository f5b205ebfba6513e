//! A platform's folder as its author works in it: the manifest, what it names, and the packages that make components.

mod error;
mod guests;
pub(crate) mod place;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use innominatus_model::Diagnostic;
use innominatus_package::{
    FileRole, GoldenPathEntry, MANIFEST_NAME, Manifest, PathSource, folder_of, named_files, read_manifest,
};

use crate::cargo::Workspace;

pub use error::ProjectError;
pub(crate) use guests::Guest;

/// A platform's source folder, its manifest read.
#[derive(Debug)]
pub struct Project {
    /// The folder, absolute, without symbolic links.
    pub folder: PathBuf,
    /// What the platform says of itself.
    pub manifest: Manifest,
    /// What a person should look at, though the manifest is accepted.
    pub warnings: Vec<Diagnostic>,
    /// The manifest's file as the person named it.
    pub(crate) shown: PathBuf,
    pub(crate) text: Vec<u8>,
    /// Every file that the manifest names.
    pub(crate) named: BTreeMap<String, FileRole>,
    pub(crate) workspace: Option<Workspace>,
    pub(crate) guests: Vec<Guest>,
}

impl Project {
    /// Reads the folder with `platform.yaml`, which may be named itself.
    pub async fn open(path: &Path) -> Result<Self, ProjectError> {
        let given = folder_of(path);
        // `platform.yaml` reads better than `./platform.yaml`.
        let given_shown = if given == Path::new(".") { Path::new("") } else { given };
        let shown = given_shown.join(MANIFEST_NAME);
        let here = if given.as_os_str().is_empty() { Path::new(".") } else { given };
        let unread = |source| ProjectError::Unreadable { file: shown.clone(), source };
        let folder = std::fs::canonicalize(here).map_err(unread)?;
        let text = std::fs::read(folder.join(MANIFEST_NAME)).map_err(unread)?;
        let (manifest, warnings) = read_manifest(&shown.display().to_string(), &text)?;
        let workspace = Workspace::around(&folder).await.map_err(ProjectError::Cargo)?;
        let named = named_files(&text);
        let guests = match &workspace {
            Some(workspace) => guests::of(workspace, &folder, &named)?,
            None => Vec::new(),
        };
        Ok(Self { folder, manifest, warnings, shown, text, named, workspace, guests })
    }

    /// Where the built platform stands when nobody says otherwise: beside what cargo builds, else `dist`.
    pub fn output(&self) -> PathBuf {
        match &self.workspace {
            Some(workspace) => workspace.target.join("platforms").join(self.manifest.name.as_str()),
            None => self.folder.join("dist"),
        }
    }

    /// The same project, with cargo building into another folder than its own.
    #[must_use]
    pub fn with_target(mut self, target: PathBuf) -> Self {
        if let Some(workspace) = &mut self.workspace {
            workspace.target = target;
        }
        self
    }

    /// `<name>:<version>-dev`: what a local build is called. The stage is a matter of the label; the platform's own
    /// version is the manifest's, whatever stage it is in.
    pub fn label(&self) -> String {
        format!("{}:{}-dev", self.manifest.name, self.manifest.version)
    }

    /// A file of the folder as the person would name it.
    pub(crate) fn show(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.folder).unwrap_or(path);
        self.shown.with_file_name("").join(inside).display().to_string()
    }

    /// The paths that the manifest names as this.
    pub(crate) fn named_as(&self, role: FileRole) -> impl Iterator<Item = &str> {
        self.named.iter().filter(move |(_, known)| **known == role).map(|(path, _)| path.as_str())
    }
}

/// The component of a golden path, where it is one.
pub(crate) fn component_of(entry: &GoldenPathEntry) -> Option<&str> {
    match &entry.source {
        PathSource::Component(path) => Some(path),
        PathSource::File(_) => None,
    }
}
