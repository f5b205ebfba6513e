//! A platform as bytes: its manifest and every file that the manifest names, each with its digest.

use std::collections::BTreeMap;
use std::sync::Arc;

use innominatus_model::{Diagnostic, Digest, canonical};
use serde_json::json;

use crate::Manifest;

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

/// A platform whose bytes are all there. Says nothing about what the components contain.
#[derive(Debug, Clone)]
pub struct Package {
    /// What the platform says of itself.
    pub manifest: Manifest,
    /// The manifest as written; its digest is [`Package::manifest_digest`].
    pub manifest_bytes: Arc<[u8]>,
    /// Of the manifest as written.
    pub manifest_digest: Digest,
    /// Every component, by its path as written in the manifest.
    pub components: BTreeMap<String, Blob>,
    /// Every schema file, by its path as written in the manifest.
    pub schemas: BTreeMap<String, Blob>,
    /// Of the whole: of the manifest and of each named file with its path. Files that the manifest does not
    /// name do not count.
    pub digest: Digest,
    /// What a person should look at, though the manifest is accepted.
    pub warnings: Vec<Diagnostic>,
}

impl Package {
    pub(crate) fn new(
        manifest: Manifest,
        manifest_bytes: Vec<u8>,
        components: BTreeMap<String, Blob>,
        schemas: BTreeMap<String, Blob>,
        warnings: Vec<Diagnostic>,
    ) -> Self {
        let manifest_digest = Digest::of(&manifest_bytes);
        let files: serde_json::Map<_, _> = components
            .iter()
            .chain(&schemas)
            .map(|(path, blob)| (path.clone(), blob.digest.to_string().into()))
            .collect();
        // The word tells this digest from that of any other list, today or later.
        let list = json!({
            "format": "innominatus.package/1",
            "manifest": manifest_digest.to_string(),
            "files": files,
        });
        let digest = Digest::of(canonical(&list));
        let manifest_bytes = manifest_bytes.into();
        Self { manifest, manifest_bytes, manifest_digest, components, schemas, digest, warnings }
    }
}
