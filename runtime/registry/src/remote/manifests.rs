//! Manifests: got and put one by one, and listed under a tag where a registry keeps no list itself.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use innominatus_model::Digest;
use innominatus_package::{Descriptor, IMAGE_INDEX_TYPE, Repository, Tag, TagOrDigest};

use super::ask::Ask;
use super::wire::Wire;
use crate::{RegistryError, index, limits};

const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";
/// How often a list is written that others write at the same time.
const TRIES: usize = 8;

/// A manifest by its digest.
pub(super) async fn get(
    wire: &Wire,
    repository: &Repository,
    digest: &Digest,
    limit: u64,
) -> Result<Vec<u8>, RegistryError> {
    let what = format!("the manifest `{repository}@{digest}`");
    let ask = Ask::new(Method::GET, repository, format!("manifests/{digest}"), what.clone());
    let answer = wire.ask(&ask.accept(ACCEPT).limit(limit).follow()).await?;
    let bytes = answer.found(repository, &what)?;
    let found = Digest::of(&bytes);
    if found != *digest {
        return Err(RegistryError::Digest { what, expected: *digest, found });
    }
    Ok(bytes)
}

/// The manifest that bears a tag now. Never from another host: nothing says yet what it has to be.
pub(super) async fn tagged(
    wire: &Wire,
    repository: &Repository,
    tag: &Tag,
) -> Result<(Digest, Vec<u8>), RegistryError> {
    let what = format!("`{repository}:{tag}`");
    let ask = Ask::new(Method::GET, repository, format!("manifests/{tag}"), what.clone());
    let answer = wire.ask(&ask.accept(ACCEPT).limit(limits::MANIFEST)).await?;
    let said = header(&answer.headers, "docker-content-digest");
    let bytes = answer.found(repository, &what)?;
    let found = Digest::of(&bytes);
    match said {
        Some(expected) if expected != found => Err(RegistryError::Digest { what, expected, found }),
        _ => Ok((found, bytes)),
    }
}

/// Puts a manifest. The second is the manifest that it was understood to be about.
pub(super) async fn put(
    wire: &Wire,
    repository: &Repository,
    at: &TagOrDigest,
    media_type: &str,
    bytes: &[u8],
) -> Result<(Digest, Option<Digest>), RegistryError> {
    let digest = Digest::of(bytes);
    let what = format!("the manifest `{digest}`");
    if let TagOrDigest::Digest(expected) = at
        && *expected != digest
    {
        return Err(RegistryError::Digest { what, expected: *expected, found: digest });
    }
    let ask = Ask::new(Method::PUT, repository, format!("manifests/{at}"), what.clone());
    let answer = wire.ask(&ask.body(media_type, Bytes::copy_from_slice(bytes))).await?;
    if !matches!(answer.status, StatusCode::CREATED | StatusCode::OK | StatusCode::ACCEPTED) {
        return Err(answer.unexpected(repository));
    }
    // Where it is now is not asked for: registries are known that do not say.
    match header(&answer.headers, "docker-content-digest") {
        Some(found) if found != digest => Err(RegistryError::Digest { what, expected: digest, found }),
        _ => Ok((digest, header(&answer.headers, "oci-subject"))),
    }
}

/// What a registry lists under a tag; nothing where there is no such tag, or something else has it.
pub(super) async fn listed(
    wire: &Wire,
    repository: &Repository,
    tag: &Tag,
) -> Result<Vec<Descriptor>, RegistryError> {
    match tagged(wire, repository, tag).await {
        Ok((_, bytes)) => Ok(index::read(&bytes).unwrap_or_else(|why| {
            // Some registries answer with the manifest itself, whose digest the tag spells.
            tracing::debug!(%repository, %tag, why, "what bears the tag is no list");
            Vec::new()
        })),
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Puts a manifest on the list under a tag. Registries cannot swap one list for another, so it is looked at afterwards:
/// somebody may have written over it.
pub(super) async fn list(
    wire: &Wire,
    repository: &Repository,
    tag: &Tag,
    descriptor: &Descriptor,
) -> Result<(), RegistryError> {
    for _ in 0..TRIES {
        let mut all = listed(wire, repository, tag).await?;
        if all.iter().any(|known| known.digest == descriptor.digest) {
            return Ok(());
        }
        if all.len() >= limits::REFERRERS {
            let what = format!("manifests on the list `{repository}:{tag}`");
            return Err(RegistryError::Limit { what, limit: limits::REFERRERS.to_string() });
        }
        all.push(descriptor.clone());
        let at = TagOrDigest::Tag(tag.clone());
        put(wire, repository, &at, IMAGE_INDEX_TYPE, &index::write(&all)).await?;
    }
    let now = listed(wire, repository, tag).await?;
    if now.iter().any(|known| known.digest == descriptor.digest) {
        return Ok(());
    }
    Err(RegistryError::Protocol {
        registry: repository.registry().to_owned(),
        problem: format!("the list under `{tag}` does not keep what is written to it"),
    })
}

fn header(headers: &HeaderMap, name: &str) -> Option<Digest> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}
