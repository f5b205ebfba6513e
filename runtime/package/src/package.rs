//! A platform as bytes: its manifest and every file that belongs to it, each with its digest.

use std::collections::BTreeMap;
use std::sync::Arc;

use innominatus_model::{Diagnostic, Digest, Kind, Name, ResourceDefinition, WrittenPath, canonical};
use serde_json::json;

use crate::{MANIFEST_NAME, Manifest};

/// Bytes and their digest.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob {
    /// Of the bytes.
    pub digest: Digest,
    /// Shared: a component of some megabytes is handed on, not copied.
    pub bytes: Arc<[u8]>,
}

impl Blob {
    /// Takes the bytes over and computes their digest.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self { digest: Digest::of(&bytes), bytes }
    }
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({}, {} bytes)", self.digest, self.bytes.len())
    }
}

/// What a file is in its platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileRole {
    /// `platform.yaml`.
    Manifest,
    /// A WebAssembly component.
    Component,
    /// A copy of a component's config schema.
    Schema,
    /// A golden path as YAML.
    GoldenPath,
    /// A resource definition.
    Definition,
    /// What people read: `README.md`, `CHANGELOG.md`, `LICENSE`.
    Document,
}

/// One file of a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFile {
    /// What it is.
    pub role: FileRole,
    /// Its bytes.
    pub blob: Blob,
}

/// A platform whose bytes are all there. Says nothing about what the components contain.
#[derive(Debug, Clone)]
pub struct Package {
    /// What the platform says of itself.
    pub manifest: Manifest,
    /// Every file, by its path in the platform's folder, with `/` and without `./`.
    pub files: BTreeMap<String, PackageFile>,
    /// Of the whole: of the manifest and of each file with its path. Files that are not the platform's do not count.
    pub digest: Digest,
    /// Golden paths that are written down, by the name of their entry.
    pub written: BTreeMap<Name, WrittenPath>,
    /// Resource definitions, by type.
    pub definitions: BTreeMap<Kind, ResourceDefinition>,
    /// What a person should look at, though the manifest is accepted.
    pub warnings: Vec<Diagnostic>,
}

impl Package {
    pub(crate) fn new(
        manifest: Manifest,
        files: BTreeMap<String, PackageFile>,
        written: BTreeMap<Name, WrittenPath>,
        definitions: BTreeMap<Kind, ResourceDefinition>,
        warnings: Vec<Diagnostic>,
    ) -> Self {
        let digests = |role: Option<FileRole>| {
            let of = files.iter().filter(move |(_, file)| role.is_none_or(|role| file.role == role));
            of.map(|(path, file)| (path, file.blob.digest))
        };
        let manifest_digest = digests(Some(FileRole::Manifest)).next().map(|(_, digest)| digest.to_string());
        let others: serde_json::Map<_, _> = digests(None)
            .filter(|(path, _)| *path != MANIFEST_NAME)
            .map(|(path, digest)| (path.clone(), digest.to_string().into()))
            .collect();
        // The word tells this digest from that of any other list, today or later.
        let list = json!({ "format": "innominatus.package/1", "manifest": manifest_digest, "files": others });
        let digest = Digest::of(canonical(&list));
        Self { manifest, files, digest, written, definitions, warnings }
    }

    /// The bytes of a component, by its path in the folder.
    pub fn component(&self, path: &str) -> Option<&Blob> {
        self.file(FileRole::Component, path)
    }

    /// Every component, each once.
    pub fn components(&self) -> impl Iterator<Item = (&str, &Blob)> {
        let components = self.files.iter().filter(|(_, file)| file.role == FileRole::Component);
        components.map(|(path, file)| (path.as_str(), &file.blob))
    }

    /// Every file that has to be there while the platform is installed, each once: components, and golden paths that
    /// are written down.
    pub fn run(&self) -> impl Iterator<Item = &Blob> {
        let runs = |file: &&PackageFile| matches!(file.role, FileRole::Component | FileRole::GoldenPath);
        self.files.values().filter(runs).map(|file| &file.blob)
    }

    /// A file that is this in the platform.
    pub fn file(&self, role: FileRole, path: &str) -> Option<&Blob> {
        self.files.get(path).filter(|file| file.role == role).map(|file| &file.blob)
    }
}
