//! What a registry keeps.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Manifests and blobs, by repository.
#[derive(Default)]
pub(super) struct Store {
    blobs: BTreeMap<(String, String), Vec<u8>>,
    manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    tags: BTreeMap<(String, String), String>,
    uploads: BTreeMap<u64, Vec<u8>>,
    next: u64,
}

pub(super) fn digest(bytes: &[u8]) -> String {
    let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

impl Store {
    pub(super) fn blob(&self, repository: &str, digest: &str) -> Option<Vec<u8>> {
        self.blobs.get(&(repository.to_owned(), digest.to_owned())).cloned()
    }

    pub(super) fn put_blob(&mut self, repository: &str, bytes: &[u8]) -> String {
        let digest = digest(bytes);
        self.blobs.insert((repository.to_owned(), digest.clone()), bytes.to_vec());
        digest
    }

    pub(super) fn swap(&mut self, digest: &str, bytes: &[u8]) {
        for ((_, known), blob) in &mut self.blobs {
            if known == digest {
                *blob = bytes.to_vec();
            }
        }
    }

    /// By tag or digest: the media type and the bytes.
    pub(super) fn manifest(&self, repository: &str, at: &str) -> Option<(String, Vec<u8>)> {
        let key = |digest: &str| (repository.to_owned(), digest.to_owned());
        let digest = self.tags.get(&key(at)).map_or(at, String::as_str);
        self.manifests.get(&key(digest)).cloned()
    }

    pub(super) fn put_manifest(
        &mut self,
        repository: &str,
        tag: Option<&str>,
        media_type: &str,
        bytes: &[u8],
    ) -> String {
        let digest = digest(bytes);
        let key = |at: &str| (repository.to_owned(), at.to_owned());
        self.manifests.insert(key(&digest), (media_type.to_owned(), bytes.to_vec()));
        if let Some(tag) = tag {
            self.tags.insert(key(tag), digest.clone());
        }
        digest
    }

    /// The first blob that a manifest needs and that is not there.
    pub(super) fn lacks(&self, repository: &str, manifest: &Value) -> Option<String> {
        let layers = manifest["layers"].as_array().into_iter().flatten();
        let needed = std::iter::once(&manifest["config"]).chain(layers);
        needed
            .filter_map(|blob| blob["digest"].as_str())
            .find(|digest| self.blob(repository, digest).is_none())
            .map(str::to_owned)
    }

    pub(super) fn tags(&self, repository: &str) -> Vec<String> {
        self.tags.keys().filter(|(known, _)| known == repository).map(|(_, tag)| tag.clone()).collect()
    }

    /// Descriptors of the manifests whose subject is this.
    pub(super) fn about(&self, repository: &str, subject: &str) -> Vec<Value> {
        let mine = self.manifests.iter().filter(|((known, _), _)| known == repository);
        mine.filter_map(|((_, digest), (media_type, bytes))| {
            let manifest: Value = serde_json::from_slice(bytes).ok()?;
            (manifest["subject"]["digest"] == subject).then(|| {
                serde_json::json!({
                    "mediaType": media_type, "digest": digest, "size": bytes.len(),
                    "artifactType": manifest["artifactType"], "annotations": manifest["annotations"],
                })
            })
        })
        .collect()
    }

    pub(super) fn begin_upload(&mut self) -> u64 {
        self.next += 1;
        self.uploads.insert(self.next, Vec::new());
        self.next
    }

    /// More of an upload; none where there is no such upload.
    pub(super) fn more(&mut self, upload: u64, bytes: &[u8]) -> Option<usize> {
        let so_far = self.uploads.get_mut(&upload)?;
        so_far.extend_from_slice(bytes);
        Some(so_far.len())
    }

    pub(super) fn end_upload(&mut self, upload: u64) -> Option<Vec<u8>> {
        self.uploads.remove(&upload)
    }
}
