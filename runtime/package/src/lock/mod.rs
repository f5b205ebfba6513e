//! `platforms.lock`: what exactly is installed, for people to commit and for machines to install again.
//!
//! It is made by the program, reads back as what it was made of, and equal locks are equal texts: one line for each
//! fact, sorted, so that two changes of different platforms merge.

mod error;
mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use innominatus_model::{CoreRange, Digest, Name, Version};

pub use error::LockError;
pub use read::read_lock;
pub use write::render_lock;

/// What the file is called.
pub const LOCK_NAME: &str = "platforms.lock";

/// The version of the format that is written.
pub const LOCK_VERSION: u64 = 1;

/// What `platforms.lock` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    /// By the name in `platforms.yaml`.
    pub platforms: BTreeMap<Name, LockedPlatform>,
}

/// One platform, pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPlatform {
    /// Where it came from, in full and without version: `oci://ghcr.io/acme/platform-aws`. An update never changes it.
    pub source: String,
    /// The version.
    pub version: Version,
    /// Of the artifact's manifest, which pins every file.
    pub digest: Digest,
    /// The core versions it works with.
    pub core: CoreRange,
    /// The contracts its components were built for: `innominatus:platform@1.0.0`.
    pub contracts: BTreeSet<String>,
    /// Who signed it.
    pub signer: LockedSigner,
    /// What it was granted, as [`crate::grants_hash`] says it.
    pub grants: Digest,
    /// The highest version that was ever installed from here, where that is another: going below needs a decision.
    pub highest: Option<Version>,
    /// The index that offered it, and how far that was.
    pub index: Option<LockedIndex>,
    /// The digest of each component, by the entry of the manifest.
    pub components: BTreeMap<Name, Digest>,
}

/// Who signed what is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockedSigner {
    /// Nobody.
    None,
    /// Whoever holds a key.
    Key {
        /// The digest of the public key, as SubjectPublicKeyInfo in DER.
        id: Digest,
    },
    /// Whom a certificate named.
    Keyless {
        /// Who vouched.
        issuer: String,
        /// For whom.
        identity: String,
    },
}

/// Where an index stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedIndex {
    /// Its name in `registries.yaml`.
    pub name: Name,
    /// Its generation: an older one is an attack, or a restored copy.
    pub generation: u64,
}
