//! How much is taken from a registry, whatever it sends.

/// Bytes of a manifest; registries keep no larger ones.
pub(crate) const MANIFEST: u64 = innominatus_package::IMAGE_MANIFEST_LIMIT as u64;
/// Bytes of a page of a list.
pub(crate) const PAGE: u64 = 4 * 1024 * 1024;
/// Pages of a list.
pub(crate) const PAGES: usize = 100;
/// Tags of a repository.
pub(crate) const TAGS: usize = 50_000;
/// Manifests about one manifest.
pub(crate) const REFERRERS: usize = 64;
/// Bytes of each of them.
pub(crate) const REFERRER: u64 = 512 * 1024;
/// Bytes of a token's answer.
pub(crate) const TOKEN: u64 = 64 * 1024;
/// Bytes of a refusal that are read, to show what it says.
pub(crate) const REFUSAL: usize = 16 * 1024;
/// Blobs on their way at the same time.
pub(crate) const AT_ONCE: usize = 4;
