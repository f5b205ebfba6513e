//! Registries, over the network.
//!
//! `oci-client` uploads and mounts blobs, the part of the protocol that has states. All else is asked here, request by
//! request, because that library takes answers of any size, sends passwords to whatever host a registry names, follows
//! redirects anywhere, and knows neither pages nor time. `ask` is a request as a value, `wire` sends it and bounds its answer, `auth` keeps
//! credentials with their host, `place` says which hosts are the registry's own, `lists` goes through pages, `upload`
//! holds the library.

mod ask;
mod auth;
mod challenge;
mod config;
mod lists;
mod manifests;
mod place;
mod tls;
mod upload;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use http::{Method, StatusCode};
use innominatus_model::Digest;
use innominatus_package::{Descriptor, Repository, Tag, TagOrDigest};

pub use config::{Patience, RemoteConfig};

use crate::{Credentials, Referrer, Registry, RegistryError, referrers};
use ask::Ask;
use auth::Scope;
use upload::Uploads;
use wire::Wire;

/// Every registry that can be reached from here.
pub struct Remote {
    wire: Wire,
    uploads: Uploads,
}

impl Remote {
    /// Speaks to registries, as whoever the credentials say.
    pub fn new(config: RemoteConfig, credentials: Arc<dyn Credentials>) -> Result<Self, RegistryError> {
        let config = Arc::new(config);
        Ok(Self { wire: Wire::new(Arc::clone(&config), credentials)?, uploads: Uploads::new(config) })
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}

#[async_trait]
impl Registry for Remote {
    async fn resolve(&self, repository: &Repository, wanted: &TagOrDigest) -> Result<Digest, RegistryError> {
        match wanted {
            TagOrDigest::Digest(digest) => Ok(*digest),
            TagOrDigest::Tag(tag) => Ok(manifests::tagged(&self.wire, repository, tag).await?.0),
        }
    }

    async fn manifest(&self, repository: &Repository, digest: &Digest) -> Result<Vec<u8>, RegistryError> {
        manifests::get(&self.wire, repository, digest, crate::limits::MANIFEST).await
    }

    async fn has_blob(&self, repository: &Repository, digest: &Digest) -> Result<bool, RegistryError> {
        let what = || format!("the blob `{digest}` of `{repository}`");
        let ask = Ask::new(Method::HEAD, repository, format!("blobs/{digest}"), what());
        let answer = self.wire.ask(&ask.follow()).await?;
        match answer.status {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(answer.unexpected(repository)),
        }
    }

    async fn blob(&self, repository: &Repository, descriptor: &Descriptor) -> Result<Vec<u8>, RegistryError> {
        let Descriptor { digest, size, .. } = descriptor;
        let what = format!("the blob `{digest}` of `{repository}`");
        let ask = Ask::new(Method::GET, repository, format!("blobs/{digest}"), what.clone());
        let answer = self.wire.ask(&ask.limit(*size).follow()).await?;
        let bytes = answer.found(repository, &what)?;
        if bytes.len() as u64 != *size {
            let problem = format!("{what} has {} bytes, not {size}", bytes.len());
            return Err(RegistryError::Protocol { registry: repository.registry().to_owned(), problem });
        }
        let found = Digest::of(&bytes);
        if found != *digest {
            return Err(RegistryError::Digest { what, expected: *digest, found });
        }
        Ok(bytes)
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<String>, RegistryError> {
        lists::tags(&self.wire, repository).await
    }

    async fn referrers(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Vec<Referrer>, RegistryError> {
        let listed = lists::referrers(&self.wire, repository, digest).await?;
        let mut found = Vec::new();
        for descriptor in listed {
            let limit = crate::limits::REFERRER;
            match manifests::get(&self.wire, repository, &descriptor.digest, limit).await {
                Ok(manifest) => found.extend(referrers::judge(digest, manifest)),
                // A list may outlive what it names, and anybody may have attached what is no signature.
                Err(error) if error.is_about_content() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    async fn push_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        bytes: &[u8],
    ) -> Result<bool, RegistryError> {
        if self.has_blob(repository, digest).await? {
            return Ok(false);
        }
        if self.uploads.push(&self.wire, repository, digest, bytes).await?
            || self.has_blob(repository, digest).await?
        {
            return Ok(true);
        }
        Err(RegistryError::Protocol {
            registry: repository.registry().to_owned(),
            problem: "it does not have what was uploaded".to_owned(),
        })
    }

    async fn mount(
        &self,
        to: &Repository,
        from: &Repository,
        digest: &Digest,
    ) -> Result<bool, RegistryError> {
        if to.registry() != from.registry() || !self.uploads.mount(&self.wire, to, from, digest).await? {
            return Ok(false);
        }
        // Some say yes and have nothing.
        self.has_blob(to, digest).await
    }

    async fn push_manifest(
        &self,
        repository: &Repository,
        at: &TagOrDigest,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Digest, RegistryError> {
        let (digest, _) = manifests::put(&self.wire, repository, at, media_type, bytes).await?;
        Ok(digest)
    }

    async fn push_referrer(&self, repository: &Repository, manifest: &[u8]) -> Result<Digest, RegistryError> {
        let (subject, descriptor) = referrers::subject(manifest)?;
        let at = TagOrDigest::Digest(descriptor.digest);
        let media_type = innominatus_package::IMAGE_MANIFEST_TYPE;
        let (digest, listed) = manifests::put(&self.wire, repository, &at, media_type, manifest).await?;
        if listed != Some(subject) {
            // It did not say that it understood, so the list is ours to keep.
            manifests::list(&self.wire, repository, &Tag::of_referrers(&subject), &descriptor).await?;
        }
        Ok(digest)
    }
}

/// What a request may do in its repository.
fn scope_of(method: &Method) -> Scope {
    if [Method::GET, Method::HEAD].contains(method) { Scope::Pull } else { Scope::Push }
}
