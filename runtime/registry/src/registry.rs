//! The port: what is asked of a place that keeps artifacts.

use async_trait::async_trait;
use innominatus_model::Digest;
use innominatus_package::{Descriptor, Repository, TagOrDigest};

use crate::RegistryError;

/// A manifest that is about another one: a signature, an attestation, a list of parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    /// Its own digest and size; type and annotations are what the manifest says, never what a list said.
    pub descriptor: Descriptor,
    /// Its bytes.
    pub manifest: Vec<u8>,
}

/// A place that keeps artifacts. Whatever it gives was checked against the digest it was asked for.
#[async_trait]
pub trait Registry: Send + Sync {
    /// Which manifest this is now. Asked once for an operation: what follows goes by the digest.
    async fn resolve(&self, repository: &Repository, wanted: &TagOrDigest) -> Result<Digest, RegistryError>;

    /// A manifest's bytes, at most 4 MiB.
    async fn manifest(&self, repository: &Repository, digest: &Digest) -> Result<Vec<u8>, RegistryError>;

    /// Whether a blob is there.
    async fn has_blob(&self, repository: &Repository, digest: &Digest) -> Result<bool, RegistryError>;

    /// A blob's bytes: as many as its descriptor says, and not one more.
    async fn blob(&self, repository: &Repository, descriptor: &Descriptor) -> Result<Vec<u8>, RegistryError>;

    /// Every tag, in order.
    async fn tags(&self, repository: &Repository) -> Result<Vec<String>, RegistryError>;

    /// Everything that is about a manifest, whatever its type, at most 64. What is there and is about something else,
    /// or cannot be read, is left out.
    async fn referrers(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Vec<Referrer>, RegistryError>;

    /// Puts a blob there, unless it is there already; whether bytes were moved.
    async fn push_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        bytes: &[u8],
    ) -> Result<bool, RegistryError>;

    /// Takes a blob over from another repository of the same registry, without moving it; whether that worked. Where
    /// not, it has to be pushed.
    async fn mount(&self, to: &Repository, from: &Repository, digest: &Digest)
    -> Result<bool, RegistryError>;

    /// Puts a manifest there, whose blobs are there already. A tag is moved.
    async fn push_manifest(
        &self,
        repository: &Repository,
        at: &TagOrDigest,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Digest, RegistryError>;

    /// Puts a manifest there that is about another one, so that [`Registry::referrers`] finds it: also in a registry
    /// that keeps no such list itself. Its blobs are there already.
    async fn push_referrer(&self, repository: &Repository, manifest: &[u8]) -> Result<Digest, RegistryError>;
}
