//! OCI layouts: artifacts in a folder, or in one `.tar` file, for machines without a network.
//!
//! A layout is one repository: `index.json` lists its manifests, some with a tag, and `blobs/sha256` has the bytes.
//! `files` reads and writes named files below a folder or in an archive and knows no more; what they mean is here.

mod archive;
mod files;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use innominatus_model::{Digest, Json};
use innominatus_package::{
    Descriptor, IMAGE_INDEX_TYPE, IMAGE_MANIFEST_TYPE, ImageManifest, Repository, Tag, TagOrDigest,
};

use crate::{Referrer, Registry, RegistryError, index, limits, referrers};
use files::Files;

/// The annotation that holds a tag.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
const MARK: &str = "oci-layout";
const MARK_TEXT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
const INDEX: &str = "index.json";

/// The repository that a layout stands for: it holds one, so that nothing depends on this name.
pub fn layout_repository() -> Repository {
    "layout.invalid/platform".parse().expect("a constant that is a repository")
}

/// An OCI layout. What is put into a folder is there at once; an archive is written by [`Layout::finish`].
#[derive(Clone)]
pub struct Layout {
    files: Arc<Files>,
}

impl std::fmt::Debug for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Layout").field(&self.files.shown()).finish()
    }
}

impl Layout {
    /// Opens a layout to read: a folder, or a file that is an archive of one. Nothing of an archive is written to disk.
    pub fn open(path: &Path) -> Result<Self, RegistryError> {
        Self::checked(Files::open(path)?)
    }

    /// Opens a layout to write, and makes it where there is none: an archive where the name ends in `.tar`, else a
    /// folder.
    pub fn create(path: &Path) -> Result<Self, RegistryError> {
        let files = Files::create(path)?;
        if files.read(MARK, limits::PAGE)?.is_none() {
            files.write(MARK, MARK_TEXT)?;
            files.write(INDEX, &index::write(&[]))?;
        }
        Self::checked(files)
    }

    /// Writes the archive, if it is one: the same content is the same file. It takes its name when it is whole.
    pub fn finish(self) -> Result<(), RegistryError> {
        self.files.finish()
    }

    fn checked(files: Files) -> Result<Self, RegistryError> {
        let mark =
            files.read(MARK, limits::PAGE)?.ok_or_else(|| files.wrong("is none: it has no `oci-layout`"))?;
        let version = serde_json::from_slice::<Json>(&mark).unwrap_or_default();
        match version["imageLayoutVersion"].as_str() {
            Some(version) if version.starts_with("1.") => Ok(Self { files: Arc::new(files) }),
            _ => Err(files.wrong("is of a version that is not known")),
        }
    }

    /// The tags and the manifests that bear them.
    pub fn tagged(&self) -> Result<BTreeMap<Tag, Digest>, RegistryError> {
        let all = read_index(&self.files)?;
        let tagged = all.iter().filter_map(|entry| Some((tag_of(entry)?, entry.digest)));
        Ok(tagged.collect())
    }

    /// Files are waited for elsewhere than where requests are.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Files) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let files = Arc::clone(&self.files);
        match tokio::task::spawn_blocking(move || work(&files)).await {
            Ok(done) => done,
            Err(error) => Err(self.files.failed("was not read to its end", std::io::Error::other(error))),
        }
    }
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn tag_of(entry: &Descriptor) -> Option<Tag> {
    entry.annotations.get(REF_NAME)?.parse().ok()
}

fn read_index(files: &Files) -> Result<Vec<Descriptor>, RegistryError> {
    let bytes = files.read(INDEX, limits::PAGE)?.ok_or_else(|| files.wrong("has no `index.json`"))?;
    index::read(&bytes).map_err(|why| files.wrong(&format!("has an `index.json` that {why}")))
}

/// The manifest that bears a tag.
fn find(files: &Files, tag: &Tag) -> Result<Digest, RegistryError> {
    let all = read_index(files)?;
    let mut found = all.iter().filter(|entry| tag_of(entry).as_ref() == Some(tag)).map(|entry| entry.digest);
    let first =
        found.next().ok_or_else(|| RegistryError::NotFound { what: format!("`{}:{tag}`", files.shown()) })?;
    match found.find(|other| *other != first) {
        None => Ok(first),
        Some(_) => Err(files.wrong(&format!("has two manifests with the tag `{tag}`"))),
    }
}

/// A blob whose digest was checked, with at most so many bytes.
fn read(files: &Files, digest: &Digest, limit: u64, what: String) -> Result<Vec<u8>, RegistryError> {
    let Some(bytes) = files.read(&blob_name(digest), limit)? else {
        return Err(RegistryError::NotFound { what });
    };
    let found = Digest::of(&bytes);
    if found != *digest {
        return Err(RegistryError::Digest { what, expected: *digest, found });
    }
    Ok(bytes)
}

/// Everything about a manifest: whatever the index has, and what a list under the tag for it has, which other tools
/// write.
fn about(files: &Files, subject: &Digest) -> Result<Vec<Referrer>, RegistryError> {
    let all = read_index(files)?;
    let mut digests: Vec<Digest> = all.iter().map(|entry| entry.digest).collect();
    if let Ok(list) = find(files, &Tag::of_referrers(subject)) {
        let list = read(files, &list, limits::PAGE, "a list of referrers".to_owned())?;
        digests.extend(index::read(&list).unwrap_or_default().iter().map(|entry| entry.digest));
    }
    digests.sort_unstable();
    digests.dedup();
    let mut found = Vec::new();
    for digest in digests {
        // What is larger is about nothing; what is not there is about nothing either.
        if files.size(&blob_name(&digest))?.is_none_or(|size| size > limits::REFERRER) {
            continue;
        }
        let manifest = read(files, &digest, limits::REFERRER, format!("the manifest `{digest}`"))?;
        found.extend(referrers::judge(subject, manifest));
        if found.len() > limits::REFERRERS {
            let what = format!("what is about `{subject}` in `{}`", files.shown());
            return Err(RegistryError::Limit { what, limit: limits::REFERRERS.to_string() });
        }
    }
    Ok(found)
}

/// Puts a manifest there, and into the index.
fn put(files: &Files, at: &TagOrDigest, media_type: &str, bytes: &[u8]) -> Result<Digest, RegistryError> {
    let digest = Digest::of(bytes);
    let mut entry = Descriptor::of(media_type, bytes);
    match at {
        TagOrDigest::Digest(expected) if *expected != digest => {
            let what = "the manifest that is to be kept".to_owned();
            return Err(RegistryError::Digest { what, expected: *expected, found: digest });
        }
        TagOrDigest::Digest(_) => {}
        TagOrDigest::Tag(tag) => {
            entry.annotations.insert(REF_NAME.to_owned(), tag.to_string());
        }
    }
    if media_type == IMAGE_MANIFEST_TYPE {
        let what = "the manifest that is to be kept".to_owned();
        let read =
            ImageManifest::read_any(bytes).map_err(|source| RegistryError::Artifact { what, source })?;
        for blob in read.blobs() {
            if files.size(&blob_name(&blob.digest))?.is_none() {
                return Err(files.wrong(&format!("lacks the blob `{}` of a manifest", blob.digest)));
            }
        }
        entry.artifact_type = Some(read.kind().to_owned());
    } else if media_type != IMAGE_INDEX_TYPE {
        return Err(files.wrong("keeps manifests and indexes, and nothing else"));
    }
    files.write(&blob_name(&digest), bytes)?;
    let _alone = files.lock()?;
    let mut all = read_index(files)?;
    let tag = tag_of(&entry);
    for other in &mut all {
        // A tag moves; what it was taken from stays.
        if tag.is_some() && tag_of(other) == tag {
            other.annotations.remove(REF_NAME);
        }
    }
    // One entry with this tag, or one without for what has no other.
    all.retain(|other| other.digest != digest || tag_of(other).is_some());
    if tag.is_some() || all.iter().all(|other| other.digest != digest) {
        all.push(entry);
    }
    all.sort_by_key(|entry| (tag_of(entry), entry.digest));
    all.dedup();
    files.write(INDEX, &index::write(&all))?;
    Ok(digest)
}

#[async_trait]
impl Registry for Layout {
    async fn resolve(&self, _: &Repository, wanted: &TagOrDigest) -> Result<Digest, RegistryError> {
        match wanted.clone() {
            TagOrDigest::Digest(digest) => Ok(digest),
            TagOrDigest::Tag(tag) => self.with(move |files| find(files, &tag)).await,
        }
    }

    async fn manifest(&self, _: &Repository, digest: &Digest) -> Result<Vec<u8>, RegistryError> {
        let digest = *digest;
        self.with(move |files| {
            let what = format!("the manifest `{digest}` in `{}`", files.shown());
            read(files, &digest, limits::MANIFEST, what)
        })
        .await
    }

    async fn has_blob(&self, _: &Repository, digest: &Digest) -> Result<bool, RegistryError> {
        let name = blob_name(digest);
        self.with(move |files| Ok(files.size(&name)?.is_some())).await
    }

    async fn blob(&self, _: &Repository, descriptor: &Descriptor) -> Result<Vec<u8>, RegistryError> {
        let Descriptor { digest, size, .. } = descriptor.clone();
        self.with(move |files| {
            let what = format!("the blob `{digest}` in `{}`", files.shown());
            let bytes = read(files, &digest, size, what)?;
            if bytes.len() as u64 != size {
                return Err(files.wrong(&format!("has a blob `{digest}` of another size than was said")));
            }
            Ok(bytes)
        })
        .await
    }

    async fn tags(&self, _: &Repository) -> Result<Vec<String>, RegistryError> {
        let layout = self.clone();
        self.with(move |_| Ok(layout.tagged()?.into_keys().map(|tag| tag.to_string()).collect())).await
    }

    async fn referrers(&self, _: &Repository, digest: &Digest) -> Result<Vec<Referrer>, RegistryError> {
        let digest = *digest;
        self.with(move |files| about(files, &digest)).await
    }

    async fn push_blob(&self, _: &Repository, digest: &Digest, bytes: &[u8]) -> Result<bool, RegistryError> {
        let (digest, bytes) = (*digest, bytes.to_vec());
        self.with(move |files| {
            let found = Digest::of(&bytes);
            if found != digest {
                let what = "the blob that is to be kept".to_owned();
                return Err(RegistryError::Digest { what, expected: digest, found });
            }
            if files.size(&blob_name(&digest))? == Some(bytes.len() as u64) {
                return Ok(false);
            }
            files.write(&blob_name(&digest), &bytes)?;
            Ok(true)
        })
        .await
    }

    async fn mount(&self, _: &Repository, _: &Repository, digest: &Digest) -> Result<bool, RegistryError> {
        // There is one repository: what is there is there.
        let name = blob_name(digest);
        self.with(move |files| Ok(files.size(&name)?.is_some())).await
    }

    async fn push_manifest(
        &self,
        _: &Repository,
        at: &TagOrDigest,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Digest, RegistryError> {
        let (at, media_type, bytes) = (at.clone(), media_type.to_owned(), bytes.to_vec());
        self.with(move |files| put(files, &at, &media_type, &bytes)).await
    }

    async fn push_referrer(&self, _: &Repository, manifest: &[u8]) -> Result<Digest, RegistryError> {
        let (_, descriptor) = referrers::subject(manifest)?;
        let manifest = manifest.to_vec();
        let at = TagOrDigest::Digest(descriptor.digest);
        self.with(move |files| put(files, &at, IMAGE_MANIFEST_TYPE, &manifest)).await
    }
}

/// Where a layout is, in messages.
fn shown(path: &Path) -> String {
    let path: PathBuf = path.to_path_buf();
    format!("oci-layout:{}", path.display())
}
