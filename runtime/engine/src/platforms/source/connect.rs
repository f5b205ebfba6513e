//! Reaches the place that a reference names.

use std::sync::Arc;

use innominatus_model::{Digest, Name};
use innominatus_package::{Descriptor, Reference, RegistryCredentials, Repository};
use innominatus_registry::{Layout, Registry, RegistryError, Remote, layout_repository, trust};

use super::acquire::AcquireError;
use super::files::Rules;
use super::logins::Logins;
use super::trust::JudgeError;
use crate::{Engine, EngineError, InstallError};

/// Where artifacts are kept, and what holds there.
pub(in crate::platforms) struct Place {
    pub(in crate::platforms) registry: Box<dyn Registry>,
    pub(in crate::platforms) repository: Repository,
    pub(in crate::platforms) reference: Reference,
    pub(super) rules: Rules,
}

impl Engine {
    /// What a text names, by the files as they are now.
    pub(in crate::platforms) async fn named(&self, text: &str) -> Result<(Reference, Rules), InstallError> {
        let files = self.0.config.sources.clone();
        let rules =
            tokio::task::spawn_blocking(move || files.read()).await.map_err(|_| EngineError::Stopping)?;
        let rules = rules.map_err(|error| AcquireError::Judge {
            reference: text.to_owned(),
            source: JudgeError::Rules(error),
        })?;
        let reference = Reference::parse(text, &rules.hosts()).map_err(AcquireError::from)?;
        Ok((reference, rules))
    }

    /// The place of a reference.
    pub(in crate::platforms) async fn connect(
        &self,
        tenant: &Name,
        (reference, rules): (Reference, Rules),
        credentials: Option<&RegistryCredentials>,
    ) -> Result<Place, InstallError> {
        let judged = |error| AcquireError::Judge {
            reference: reference.to_string(),
            source: JudgeError::Rules(error),
        };
        let (registry, repository): (Box<dyn Registry>, Repository) = match &reference {
            Reference::Registry { repository, .. } => {
                let mut logins = Logins::new(self.ledger(), tenant, &rules.registries);
                if let Some(credentials) = credentials {
                    logins.told(repository.registry(), credentials.clone());
                }
                let remote =
                    Remote::new(rules.remote(repository.registry()).map_err(judged)?, Arc::new(logins));
                (Box::new(remote.map_err(AcquireError::from)?), repository.clone())
            }
            Reference::Layout { path, .. } => {
                let path = path.clone();
                let layout = tokio::task::spawn_blocking(move || Layout::open(&path)).await;
                let layout = layout.map_err(|_| EngineError::Stopping)?.map_err(AcquireError::from)?;
                (Box::new(layout), layout_repository())
            }
            Reference::Folder(_) => return Err(AcquireError::NoArtifact(reference.to_string()).into()),
        };
        Ok(Place { registry, repository, reference, rules })
    }
}

impl Place {
    /// The signatures and attestations of a manifest: what refers to it and is a bundle.
    pub(super) async fn bundles(&self, digest: &Digest) -> Result<Vec<Vec<u8>>, RegistryError> {
        let mut bundles = Vec::new();
        for referrer in self.registry.referrers(&self.repository, digest).await? {
            // What refers to it and is no bundle is somebody else's.
            let Ok(blob) = trust::bundle_of(&referrer.manifest, digest) else { continue };
            let at = Descriptor::at(trust::BUNDLE_TYPE, blob.digest, blob.size);
            bundles.push(self.registry.blob(&self.repository, &at).await?);
        }
        Ok(bundles)
    }
}
