//! Where a platform's bytes come from: a folder, or an artifact whose signatures were judged first.
//!
//! `files` reads what the operator says of registries and of trust, `access` remembers how it is asked, `connect` reaches the place,
//! `trust` judges, `logins` has the credentials, `judge` joins those for one artifact, `acquire` does all of it in order. What comes out was verified as a whole and is what gets
//! installed; nothing is fetched again.

mod access;
mod acquire;
mod connect;
mod files;
mod judge;
mod logins;
mod trust;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use innominatus_ledger::{BlobError, Blobs, Held, Origin};
use innominatus_model::Digest;
use innominatus_package::{Image, Package};

pub use access::Access;
pub use acquire::AcquireError;
pub(super) use connect::Place;
pub use files::SourceFiles;
pub(super) use judge::judge_bundles;

use crate::{EngineError, InstallError};

/// What a person names as a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A folder on this machine.
    Folder(PathBuf),
    /// A reference, as it was written.
    Reference(String),
}

/// As a person types it.
impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Reference(reference) => f.write_str(reference),
        }
    }
}

/// What holds for the bytes of one request. The default asks for what the policy files ask for, and refuses what they
/// say nothing of.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Only these bytes.
    pub digest: Option<Digest>,
    /// Public keys (what they are called, and PEM), one of which has to have signed, where no policy says otherwise.
    pub keys: Vec<(String, Vec<u8>)>,
    /// Nobody has to have signed, where no policy says otherwise.
    pub allow_unsigned: bool,
    /// A version older than the highest that was ever installed will do.
    pub allow_downgrade: bool,
    /// How its registry is asked; none where that is not said, and what is remembered holds.
    pub access: Option<Access>,
}

/// A platform whose bytes are all here and were judged.
#[derive(Clone)]
pub(super) struct Acquired {
    /// As a person named it.
    pub(super) wanted: Wanted,
    pub(super) package: Package,
    pub(super) image: Image,
    pub(super) origin: Origin,
    /// Everything that is kept for it.
    pub(super) bytes: Vec<Arc<[u8]>>,
}

impl Acquired {
    /// Of the artifact's manifest: what it is known by.
    pub(super) fn digest(&self) -> Digest {
        self.image.digest()
    }

    /// What waits for a person, as it was kept. Blocks.
    pub(super) fn kept(blobs: &Blobs, held: &Held) -> Result<Self, InstallError> {
        let get = |digest: &Digest| blobs.get(digest).map_err(EngineError::from);
        let one = |role: &str| {
            let found = held.origin.blobs.iter().find(|blob| blob.role == role);
            found.map_or(Err(EngineError::Blob(BlobError::Unlisted)), |blob| get(&blob.digest))
        };
        let files = held.origin.blobs.iter().filter(|blob| blob.role == "file");
        let files = files.map(|blob| Ok((blob.path.clone(), get(&blob.digest)?)));
        let files = files.collect::<Result<BTreeMap<_, _>, EngineError>>()?;
        let (image, package) =
            Image::unpack(&one("manifest")?, &one("config")?, files).map_err(AcquireError::from)?;
        let bytes = held.origin.blobs.iter().map(|blob| Ok(Arc::from(get(&blob.digest)?)));
        let bytes = bytes.collect::<Result<Vec<Arc<[u8]>>, EngineError>>()?;
        let wanted = Wanted::Reference(held.origin.reference.clone());
        Ok(Self { wanted, package, image, origin: held.origin.clone(), bytes })
    }

    /// Whether this is what was installed under that digest; folders were once known by another one.
    pub(super) fn is(&self, digest: &Digest) -> bool {
        *digest == self.image.digest() || *digest == self.package.digest
    }
}
