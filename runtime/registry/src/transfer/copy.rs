//! Copying: an artifact with everything that is about it, so that signatures are good where it arrives.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use innominatus_model::Digest;
use innominatus_package::{IMAGE_MANIFEST_TYPE, ImageManifest, Repository, Tag, TagOrDigest};

use super::TransferError;
use super::push::{has_manifest, refuse_taken, taggings};
use crate::{Registry, RegistryError, limits};

/// How far what is about something is followed: a signature of an attestation of a platform.
const DEPTH: usize = 3;

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied {
    /// How many bytes moved.
    pub moved_bytes: u64,
    /// How many were there already.
    pub skipped_bytes: u64,
    /// How many manifests about the artifact went along.
    pub referrers: usize,
}

/// Copies an artifact and what is about it, byte by byte: digests stay what they are. The tags are set last; one that
/// another artifact bears is refused before anything moves, unless it is to be replaced.
pub async fn copy(
    from: (&dyn Registry, &Repository),
    to: (&dyn Registry, &Repository),
    digest: &Digest,
    tags: &[Tag],
    replace: bool,
) -> Result<Copied, TransferError> {
    if !replace {
        refuse_taken(to.1, &taggings(to.0, to.1, tags, digest).await?)?;
    }
    let mut copied = Copied::default();
    let mut manifest = None;
    // Breadth first, so that what something is about is there before it.
    let mut level = vec![(*digest, None)];
    let mut known = std::collections::BTreeSet::from([*digest]);
    for _ in 0..=DEPTH {
        let mut next = Vec::new();
        for (digest, bytes) in std::mem::take(&mut level) {
            let bytes = match bytes {
                Some(bytes) => bytes,
                None => from.0.manifest(from.1, &digest).await?,
            };
            one(from, to, &digest, &bytes, &mut copied).await?;
            for referrer in from.0.referrers(from.1, &digest).await? {
                if known.insert(referrer.descriptor.digest) {
                    next.push((referrer.descriptor.digest, Some(referrer.manifest)));
                }
            }
            manifest.get_or_insert(bytes);
        }
        copied.referrers += next.len();
        if next.is_empty() {
            break;
        }
        level = next;
    }
    for tag in tags {
        if let Some(bytes) = &manifest {
            to.0.push_manifest(to.1, &TagOrDigest::Tag(tag.clone()), IMAGE_MANIFEST_TYPE, bytes).await?;
        }
    }
    Ok(copied)
}

async fn one(
    from: (&dyn Registry, &Repository),
    to: (&dyn Registry, &Repository),
    digest: &Digest,
    bytes: &[u8],
    copied: &mut Copied,
) -> Result<(), TransferError> {
    let manifest = ImageManifest::read_any(bytes)
        .map_err(|source| TransferError::Artifact { artifact: format!("{}@{digest}", from.1), source })?;
    let moved: Vec<(u64, bool)> = stream::iter(manifest.blobs())
        .map(|blob| async move {
            // From one repository of a registry to another nothing has to move.
            if to.0.has_blob(to.1, &blob.digest).await?
                || from.1 != to.1 && to.0.mount(to.1, from.1, &blob.digest).await?
            {
                return Ok::<_, RegistryError>((blob.size, false));
            }
            let bytes = from.0.blob(from.1, blob).await?;
            Ok((blob.size, to.0.push_blob(to.1, &blob.digest, &bytes).await?))
        })
        .buffer_unordered(limits::AT_ONCE)
        .try_collect()
        .await?;
    let size = bytes.len() as u64;
    let is_there = has_manifest(to.0, to.1, digest).await?;
    if manifest.subject.is_some() {
        // Also where the manifest is there already: the list may not have it.
        to.0.push_referrer(to.1, bytes).await?;
    } else if !is_there {
        to.0.push_manifest(to.1, &TagOrDigest::Digest(*digest), IMAGE_MANIFEST_TYPE, bytes).await?;
    }
    for (size, moved) in moved.into_iter().chain([(size, !is_there)]) {
        if moved {
            copied.moved_bytes += size;
        } else {
            copied.skipped_bytes += size;
        }
    }
    Ok(())
}
