//! Pulling: a platform by its digest, of which only what is not here is fetched.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use innominatus_model::Digest;
use innominatus_package::{ArtifactError, Config, Descriptor, Image, ImageManifest, Package, Repository};

use super::cache::sound;
use super::{Cache, TransferError};
use crate::{Registry, limits};

/// A platform that was fetched.
#[derive(Debug)]
pub struct Pulled {
    /// The artifact, whole.
    pub image: Image,
    /// The platform in it.
    pub package: Package,
    /// Of the artifact.
    pub digest: Digest,
    /// How many bytes came over the network.
    pub moved_bytes: u64,
}

/// Fetches a platform. What is said in it of its components is not checked here: see [`Image::check`].
pub async fn pull(
    registry: &dyn Registry,
    repository: &Repository,
    digest: &Digest,
    cache: &dyn Cache,
) -> Result<Pulled, TransferError> {
    let mut moved = 0;
    let (manifest_bytes, manifest) = manifest(registry, repository, digest, cache, &mut moved).await?;
    let not_accepted = |source: ArtifactError| refused(repository, digest, source);
    let (config, bytes) = fetch(registry, repository, &manifest.config, cache).await?;
    moved += bytes;
    // What cannot be right is found before its files are fetched.
    Config::read(&config).map_err(not_accepted)?;
    let fetched: BTreeMap<Digest, (Vec<u8>, u64)> = stream::iter(once(&manifest.layers))
        // Each owns what it fetches: a future of borrowed descriptors cannot be sent between threads.
        .map(|layer: Descriptor| async move {
            Ok((layer.digest, fetch(registry, repository, &layer, cache).await?))
        })
        .buffer_unordered(limits::AT_ONCE)
        .try_collect::<Vec<_>>()
        .await
        .map_err(|error: TransferError| error)?
        .into_iter()
        .collect();
    moved += fetched.values().map(|(_, moved)| moved).sum::<u64>();
    let mut files = BTreeMap::new();
    for layer in &manifest.layers {
        if let (Some(title), Some((bytes, _))) = (layer.title(), fetched.get(&layer.digest)) {
            files.insert(title.to_owned(), bytes.clone());
        }
    }
    let (image, package) = Image::unpack(&manifest_bytes, &config, files).map_err(not_accepted)?;
    Ok(Pulled { image, package, digest: *digest, moved_bytes: moved })
}

/// Manifest and config: what a platform is and wants, without its files.
pub async fn inspect(
    registry: &dyn Registry,
    repository: &Repository,
    digest: &Digest,
    cache: &dyn Cache,
) -> Result<(ImageManifest, Config), TransferError> {
    let (_, manifest) = manifest(registry, repository, digest, cache, &mut 0).await?;
    let (config, _) = fetch(registry, repository, &manifest.config, cache).await?;
    let config = Config::read(&config).map_err(|source| refused(repository, digest, source))?;
    Ok((manifest, config))
}

fn refused(repository: &Repository, digest: &Digest, source: ArtifactError) -> TransferError {
    TransferError::Artifact { artifact: format!("{repository}@{digest}"), source }
}

async fn manifest(
    registry: &dyn Registry,
    repository: &Repository,
    digest: &Digest,
    cache: &dyn Cache,
    moved: &mut u64,
) -> Result<(Vec<u8>, ImageManifest), TransferError> {
    let (bytes, is_new) = match sound(cache, digest) {
        Some(bytes) => (bytes, false),
        None => (registry.manifest(repository, digest).await?, true),
    };
    let read = ImageManifest::read(&bytes).map_err(|source| refused(repository, digest, source))?;
    if is_new {
        *moved += bytes.len() as u64;
        cache.keep(&bytes).map_err(TransferError::Cache)?;
    }
    Ok((bytes, read))
}

/// A blob, and how many bytes of it came over the network.
async fn fetch(
    registry: &dyn Registry,
    repository: &Repository,
    descriptor: &Descriptor,
    cache: &dyn Cache,
) -> Result<(Vec<u8>, u64), TransferError> {
    if let Some(bytes) = sound(cache, &descriptor.digest) {
        return Ok((bytes, 0));
    }
    let bytes = registry.blob(repository, descriptor).await?;
    cache.keep(&bytes).map_err(TransferError::Cache)?;
    let moved = bytes.len() as u64;
    Ok((bytes, moved))
}

/// Each digest once: files with the same bytes are one blob.
fn once(layers: &[Descriptor]) -> Vec<Descriptor> {
    let mut known = std::collections::BTreeSet::new();
    layers.iter().filter(|layer| known.insert(layer.digest)).cloned().collect()
}
