//! A file that is an artifact of its own: fetched by its title, and put there under a tag.

use std::collections::BTreeMap;

use innominatus_model::Digest;
use innominatus_package::{
    ArtifactError, Descriptor, EMPTY_BYTES, EMPTY_TYPE, IMAGE_MANIFEST_TYPE, INDEX_LIMIT, INDEX_NAME,
    ImageManifest, Repository, TITLE, Tag, TagOrDigest,
};

use super::TransferError;
use crate::Registry;

/// What a document is.
#[derive(Debug, Clone, Copy)]
pub struct DocumentKind {
    /// Of the artifact.
    pub artifact_type: &'static str,
    /// Of the file in it.
    pub media_type: &'static str,
    /// The file's name.
    pub title: &'static str,
    /// Bytes at most.
    pub limit: u64,
}

/// The index of what is published where, as `package` reads it.
pub const INDEX: DocumentKind = DocumentKind {
    artifact_type: "application/vnd.innominatus.index.v1",
    media_type: "application/vnd.innominatus.index.v1+json",
    title: INDEX_NAME,
    limit: INDEX_LIMIT as u64,
};

/// Fetches the layer with the title; where there is one layer, that.
pub async fn document(
    registry: &dyn Registry,
    repository: &Repository,
    wanted: &TagOrDigest,
    kind: &DocumentKind,
) -> Result<Vec<u8>, TransferError> {
    let digest = registry.resolve(repository, wanted).await?;
    let refused = |source: ArtifactError| TransferError::Artifact {
        artifact: format!("{repository}@{digest}"),
        source,
    };
    let manifest =
        ImageManifest::read_any(&registry.manifest(repository, &digest).await?).map_err(refused)?;
    let titled = manifest.layers.iter().find(|layer| layer.title() == Some(kind.title));
    match titled.or(manifest.layers.first().filter(|_| manifest.layers.len() == 1)) {
        Some(layer) if layer.size <= kind.limit => Ok(registry.blob(repository, layer).await?),
        _ => {
            let (title, limit) = (kind.title, kind.limit);
            let problem = format!("it has no layer `{title}` of at most {limit} bytes");
            Err(refused(ArtifactError::invalid(problem)))
        }
    }
}

/// Puts a document there, and moves the tag to it. Gives the artifact's digest.
pub async fn put_document(
    registry: &dyn Registry,
    repository: &Repository,
    tag: &Tag,
    kind: &DocumentKind,
    bytes: &[u8],
) -> Result<Digest, TransferError> {
    let config = Descriptor::of(EMPTY_TYPE, EMPTY_BYTES);
    let mut layer = Descriptor::of(kind.media_type, bytes);
    layer.annotations.insert(TITLE.to_owned(), kind.title.to_owned());
    registry.push_blob(repository, &config.digest, EMPTY_BYTES).await?;
    registry.push_blob(repository, &layer.digest, bytes).await?;
    let manifest = ImageManifest {
        artifact_type: Some(kind.artifact_type.to_owned()),
        config,
        layers: vec![layer],
        subject: None,
        annotations: BTreeMap::new(),
    };
    let at = TagOrDigest::Tag(tag.clone());
    Ok(registry.push_manifest(repository, &at, IMAGE_MANIFEST_TYPE, &manifest.to_bytes()).await?)
}
