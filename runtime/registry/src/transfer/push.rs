//! Pushing: blobs, then the manifest by its digest, then what is about it, and the tags last. Broken off anywhere, it
//! leaves what nobody finds, and another try goes on from there.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use innominatus_model::Digest;
use innominatus_package::{IMAGE_MANIFEST_TYPE, Image, Repository, Tag, TagOrDigest};

use super::TransferError;
use crate::{Registry, RegistryError, limits};

/// A manifest about the platform that goes along: a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReferrer {
    /// Its bytes; its `subject` is the platform.
    pub manifest: Vec<u8>,
    /// Config and layers of it.
    pub blobs: Vec<Vec<u8>>,
}

/// One thing that would move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The file's path; `config` and `manifest` for these.
    pub name: String,
    /// Of its bytes.
    pub digest: Digest,
    /// How many bytes.
    pub size: u64,
    /// Whether it is there already.
    pub is_there: bool,
}

/// What becomes of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tagging {
    /// There was none.
    New,
    /// It is there, and right.
    Same,
    /// Another artifact bears it.
    Taken(Digest),
}

/// What a push would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushPlan {
    /// Of the artifact.
    pub digest: Digest,
    /// Config, files and manifest.
    pub parts: Vec<Part>,
    /// The tags.
    pub tags: Vec<(Tag, Tagging)>,
}

impl PushPlan {
    /// How many bytes would move.
    pub fn moved_bytes(&self) -> u64 {
        self.parts.iter().filter(|part| !part.is_there).map(|part| part.size).sum()
    }
}

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Of the artifact.
    pub digest: Digest,
    /// How many bytes moved, of the platform and of what is about it.
    pub moved_bytes: u64,
    /// How many were there already.
    pub skipped_bytes: u64,
}

/// Says what a push would do, and does none of it.
pub async fn plan_push(
    registry: &dyn Registry,
    repository: &Repository,
    tags: &[Tag],
    image: &Image,
) -> Result<PushPlan, TransferError> {
    let digest = image.digest();
    let tags = taggings(registry, repository, tags, &digest).await?;
    let mut parts: Vec<Part> = stream::iter(image.blobs())
        .map(|(blob, _)| async move {
            let is_there = has(registry, repository, &blob.digest).await?;
            let name = blob.title().unwrap_or("config").to_owned();
            Ok::<_, RegistryError>(Part { name, digest: blob.digest, size: blob.size, is_there })
        })
        .buffered(limits::AT_ONCE)
        .try_collect()
        .await?;
    let is_there = has_manifest(registry, repository, &digest).await?;
    let size = image.manifest_bytes().len() as u64;
    parts.push(Part { name: "manifest".to_owned(), digest, size, is_there });
    Ok(PushPlan { digest, parts, tags })
}

/// Pushes a platform. A tag that another artifact bears is refused before anything moves, unless it is to be replaced.
pub async fn push(
    registry: &dyn Registry,
    repository: &Repository,
    tags: &[Tag],
    image: &Image,
    referrers: &[NewReferrer],
    replace: bool,
) -> Result<Pushed, TransferError> {
    let digest = image.digest();
    let tags = taggings(registry, repository, tags, &digest).await?;
    if !replace {
        refuse_taken(repository, &tags)?;
    }
    let mut pushed = Pushed { digest, moved_bytes: 0, skipped_bytes: 0 };
    let moved: Vec<(u64, bool)> = stream::iter(image.blobs())
        .map(|(blob, bytes)| async move {
            Ok::<_, RegistryError>((blob.size, registry.push_blob(repository, &blob.digest, bytes).await?))
        })
        .buffer_unordered(limits::AT_ONCE)
        .try_collect()
        .await?;
    moved.into_iter().for_each(|(size, moved)| pushed.count(size, moved));
    let size = image.manifest_bytes().len() as u64;
    let is_there = has_manifest(registry, repository, &digest).await?;
    if !is_there {
        let at = TagOrDigest::Digest(digest);
        registry.push_manifest(repository, &at, IMAGE_MANIFEST_TYPE, image.manifest_bytes()).await?;
    }
    pushed.count(size, !is_there);
    for referrer in referrers {
        for blob in &referrer.blobs {
            let moved = registry.push_blob(repository, &Digest::of(blob), blob).await?;
            pushed.count(blob.len() as u64, moved);
        }
        registry.push_referrer(repository, &referrer.manifest).await?;
        pushed.count(referrer.manifest.len() as u64, true);
    }
    for (tag, now) in &tags {
        if *now != Tagging::Same {
            let at = TagOrDigest::Tag(tag.clone());
            registry.push_manifest(repository, &at, IMAGE_MANIFEST_TYPE, image.manifest_bytes()).await?;
        }
    }
    // Registries move a tag for whoever comes last: who came first looks again, and does not say that it is there.
    let tags: Vec<Tag> = tags.into_iter().map(|(tag, _)| tag).collect();
    refuse_taken(repository, &taggings(registry, repository, &tags, &digest).await?)?;
    Ok(pushed)
}

impl Pushed {
    fn count(&mut self, size: u64, moved: bool) {
        if moved {
            self.moved_bytes += size;
        } else {
            self.skipped_bytes += size;
        }
    }
}

/// A tag that another artifact bears stays with it.
pub(super) fn refuse_taken(repository: &Repository, tags: &[(Tag, Tagging)]) -> Result<(), TransferError> {
    match tags.iter().find(|(_, now)| matches!(now, Tagging::Taken(_))) {
        Some((tag, Tagging::Taken(digest))) => {
            let repository = Box::new(repository.clone());
            Err(TransferError::Taken { repository, tag: tag.clone(), digest: *digest })
        }
        _ => Ok(()),
    }
}

pub(super) async fn taggings(
    registry: &dyn Registry,
    repository: &Repository,
    tags: &[Tag],
    digest: &Digest,
) -> Result<Vec<(Tag, Tagging)>, RegistryError> {
    let mut found = Vec::new();
    for tag in tags {
        let now = match registry.resolve(repository, &TagOrDigest::Tag(tag.clone())).await {
            Ok(now) if now == *digest => Tagging::Same,
            Ok(now) => Tagging::Taken(now),
            Err(error) if error.is_not_found() => Tagging::New,
            Err(error) => return Err(error),
        };
        found.push((tag.clone(), now));
    }
    Ok(found)
}

async fn has(
    registry: &dyn Registry,
    repository: &Repository,
    digest: &Digest,
) -> Result<bool, RegistryError> {
    match registry.has_blob(repository, digest).await {
        // A repository that is not there yet.
        Err(error) if error.is_not_found() => Ok(false),
        answer => answer,
    }
}

pub(super) async fn has_manifest(
    registry: &dyn Registry,
    repository: &Repository,
    digest: &Digest,
) -> Result<bool, RegistryError> {
    match registry.manifest(repository, digest).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}
