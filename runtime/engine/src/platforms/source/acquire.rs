//! All of it in order: resolve once, look at who signed, only then fetch.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use innominatus_ledger::{BlobRecord, Blobs, Origin};
use innominatus_model::{Code, Coded, Diagnostic, Digest, Name, Version};
use innominatus_package::{
    ArtifactError, ComponentFacts, Image, IndexError, Package, Reference, ReferenceError, Stamp, open_folder,
};
use innominatus_registry::{Cache, ConnectError, RegistryError, TransferError, pull};
use innominatus_sandbox::{ContractError, inspect};

use super::files::RulesError;
use super::judge::JudgedArtifact;
use super::trust::{self, JudgeError};
use super::{Acquired, Place, Terms, Wanted};
use crate::{Engine, EngineError, InstallError};

/// Why a platform's bytes could not be had, or are not used.
#[derive(Debug, thiserror::Error)]
pub enum AcquireError {
    /// The reference is none.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The place could not be asked.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The bytes could not be fetched.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// The artifact is not what it should be.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// What the operator says of registries and trust cannot be known; then nothing is trusted.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// An index cannot be used.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// It is not trusted.
    #[error("`{reference}` is not trusted")]
    Judge {
        /// What was asked for.
        reference: String,
        /// Why.
        #[source]
        source: Box<JudgeError>,
    },
    /// The place cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It is not the bytes that were asked for.
    #[error("`{reference}` is {found}, and not {expected}")]
    Digest {
        /// What was asked for.
        reference: String,
        /// What it is.
        found: Digest,
        /// What it was to be.
        expected: Digest,
    },
}

impl Coded for AcquireError {
    fn code(&self) -> Code {
        match self {
            Self::Reference(error) => error.code(),
            Self::Registry(error) => error.code(),
            Self::Transfer(error) => error.code(),
            Self::Artifact(error) => error.code(),
            Self::Rules(error) => error.code(),
            Self::Index(error) => error.code(),
            Self::Judge { source, .. } => source.code(),
            Self::Connect(error) => error.code(),
            Self::Digest { .. } => Code::ArtifactDigest,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Reference(error) => error.remedy(),
            Self::Registry(error) => error.remedy(),
            Self::Transfer(error) => error.remedy(),
            Self::Artifact(error) => error.remedy(),
            Self::Rules(error) => error.remedy(),
            Self::Index(error) => error.remedy(),
            Self::Judge { source, .. } => source.remedy(),
            Self::Connect(error) => error.remedy(),
            Self::Digest { .. } => Some(
                "somebody moved the tag, or the digest is that of another version: ask its author".into(),
            ),
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Transfer(error) => error.diagnostics(),
            Self::Rules(error) => error.diagnostics(),
            Self::Judge { source, .. } => source.diagnostics(),
            _ => &[],
        }
    }
}

impl Engine {
    /// The bytes of a platform, judged. Whoever signed what is installed of it signs what comes after.
    pub(in crate::platforms) async fn acquire(
        &self,
        tenant: &Name,
        wanted: &Wanted,
        terms: &Terms,
    ) -> Result<Acquired, InstallError> {
        match wanted {
            Wanted::Folder(folder) => self.in_folder(folder, wanted, terms).await,
            Wanted::Reference(text) => match self.named(text).await? {
                (Reference::Folder(folder), _) => self.in_folder(&folder, wanted, terms).await,
                named => {
                    let place = self.connect(tenant, named, terms.access.as_ref()).await?;
                    self.in_registry(tenant, place, wanted, terms).await
                }
            },
        }
    }

    async fn in_folder(
        &self,
        folder: &Path,
        wanted: &Wanted,
        terms: &Terms,
    ) -> Result<Acquired, InstallError> {
        let (folder, shown) = (folder.to_owned(), wanted.to_string());
        let opened = move || -> Result<(Package, Image), InstallError> {
            let package = open_folder(&folder)?;
            let facts = facts(&package)?;
            let image = Image::pack(&package, &facts, &Stamp::default()).map_err(AcquireError::from)?;
            Ok((package, image))
        };
        let (package, image) =
            tokio::task::spawn_blocking(opened).await.map_err(|_| EngineError::Stopping)??;
        expected(&shown, &image.digest(), terms)?;
        let rules = self.rules().await?;
        trust::folder(&rules, &image.digest())
            .map_err(|source| AcquireError::Judge { reference: shown.clone(), source: Box::new(source) })?;
        let origin = Origin { reference: shown, source: None, signer: None, blobs: blobs(&image, &[]) };
        Ok(acquired(wanted, package, image, origin, Vec::new()))
    }

    async fn in_registry(
        &self,
        tenant: &Name,
        place: Place,
        wanted: &Wanted,
        terms: &Terms,
    ) -> Result<Acquired, InstallError> {
        let judged = self.judged(tenant, &place, &wanted.to_string(), terms).await?;
        let JudgedArtifact { digest, bundles, verified, requirement } = judged;
        let signer = trust::remembered(&verified, &requirement);
        let Place { registry, repository, reference, .. } = &place;
        let pulled = pull(&**registry, repository, &digest, &Kept(self.blobs().clone()))
            .await
            .map_err(AcquireError::from)?;
        let (package, image) = (pulled.package, pulled.image);
        as_tagged(reference, &package.manifest.version)?;
        let checked = {
            let (package, image) = (package.clone(), image.clone());
            move || -> Result<(), InstallError> {
                Ok(image.check(&package, &facts(&package)?).map_err(AcquireError::from)?)
            }
        };
        tokio::task::spawn_blocking(checked).await.map_err(|_| EngineError::Stopping)??;
        let origin = Origin {
            reference: wanted.to_string(),
            source: Some(reference.source().to_string()),
            signer,
            blobs: blobs(&image, &bundles),
        };
        Ok(acquired(wanted, package, image, origin, bundles))
    }

    pub(in crate::platforms) fn blobs(&self) -> &Blobs {
        self.0.components.blobs()
    }
}

/// A tag that reads as a version is one.
fn as_tagged(reference: &Reference, found: &Version) -> Result<(), AcquireError> {
    let tag = match reference {
        Reference::Registry { tag, .. } | Reference::Layout { tag, .. } => tag.as_ref(),
        Reference::Folder(_) => None,
    };
    match tag.and_then(|tag| tag.names_another(found)) {
        Some(named) => {
            Err(ArtifactError::invalid(format!("its tag says {named}, and it is version {found}")).into())
        }
        None => Ok(()),
    }
}

pub(super) fn expected(shown: &str, found: &Digest, terms: &Terms) -> Result<(), AcquireError> {
    match terms.digest {
        Some(expected) if expected != *found => {
            Err(AcquireError::Digest { reference: shown.to_owned(), found: *found, expected })
        }
        _ => Ok(()),
    }
}

fn acquired(
    wanted: &Wanted,
    package: Package,
    image: Image,
    origin: Origin,
    bundles: Vec<Vec<u8>>,
) -> Acquired {
    let files = image.blobs().into_iter().map(|(_, bytes)| Arc::from(bytes));
    let bytes =
        files.chain([Arc::from(image.manifest_bytes())]).chain(bundles.into_iter().map(Arc::from)).collect();
    Acquired { wanted: wanted.clone(), package, image, origin, bytes }
}

/// What is inside each component, by its path.
fn facts(package: &Package) -> Result<BTreeMap<String, ComponentFacts>, InstallError> {
    let refused = |path: &str, error: ContractError| InstallError::Component {
        entry: path.to_owned(),
        source: Box::new(error.into()),
    };
    let of = |(path, blob): (&str, &innominatus_package::Blob)| {
        let contract = inspect(&blob.bytes).map_err(|error| refused(path, error))?;
        Ok((path.to_owned(), ComponentFacts::from(&contract)))
    };
    package.components().map(of).collect()
}

/// Everything that is kept, and what it is.
fn blobs(image: &Image, bundles: &[Vec<u8>]) -> Vec<BlobRecord> {
    let record = |role: &str, path: &str, digest: Digest, size: usize| BlobRecord {
        role: role.to_owned(),
        path: path.to_owned(),
        digest,
        size: size as u64,
    };
    let mut all = vec![
        record("manifest", "", image.digest(), image.manifest_bytes().len()),
        record("config", "", image.manifest().config.digest, image.config_bytes().len()),
    ];
    for (path, digest) in &image.config().files {
        let size = image.manifest().layers.iter().find(|layer| layer.digest == *digest);
        all.push(BlobRecord { size: size.map_or(0, |layer| layer.size), ..record("file", path, *digest, 0) });
    }
    all.extend(bundles.iter().map(|bytes| record("signature", "", Digest::of(bytes), bytes.len())));
    all
}

/// What is here already is not fetched; what is fetched is kept once everything about it is right.
pub(super) struct Kept(pub(super) Blobs);

impl Cache for Kept {
    fn get(&self, digest: &Digest) -> Option<Vec<u8>> {
        self.0.get(digest).ok()
    }

    fn keep(&self, _bytes: &[u8]) -> Result<(), std::io::Error> {
        Ok(())
    }
}
