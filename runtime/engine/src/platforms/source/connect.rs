//! Reaches the place that a reference names.

use std::sync::Arc;

use innominatus_model::{Digest, Name};
use innominatus_package::{
    Descriptor, ImageManifest, IndexError, Reference, RegistryCredentials, Repository,
};
use innominatus_registry::{Connected, Registry, RegistryError, connect, trust};

use super::acquire::AcquireError;
use super::files::Rules;
use super::logins::Logins;
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
        let rules = self.rules().await?;
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
        let mut logins = Logins::new(self.ledger(), tenant, &rules.registries);
        if let (Reference::Registry { repository, .. }, Some(credentials)) = (&reference, credentials) {
            logins.told(repository.registry(), credentials.clone());
        }
        let connected = {
            let (reference, registries) = (reference.clone(), rules.registries.clone());
            let folder = rules.folder().to_owned();
            tokio::task::spawn_blocking(move || connect(&reference, &registries, &folder, Arc::new(logins)))
        };
        let Connected { registry, repository } =
            connected.await.map_err(|_| EngineError::Stopping)?.map_err(AcquireError::from)?;
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

    /// One layer of an artifact that is no platform, by its title; where there is one layer, that.
    pub(in crate::platforms) async fn document(
        &self,
        title: &str,
        limit: u64,
    ) -> Result<Vec<u8>, InstallError> {
        let failed = |error: RegistryError| InstallError::from(AcquireError::from(error));
        let wanted = self.reference.wanted().map_err(AcquireError::from)?;
        let digest = self.registry.resolve(&self.repository, &wanted).await.map_err(failed)?;
        let bytes = self.registry.manifest(&self.repository, &digest).await.map_err(failed)?;
        let manifest = ImageManifest::read_any(&bytes).map_err(AcquireError::from)?;
        let titled = manifest.layers.iter().find(|layer| layer.title() == Some(title));
        let layer = titled.or(manifest.layers.first().filter(|_| manifest.layers.len() == 1));
        match layer {
            Some(layer) if layer.size <= limit => {
                self.registry.blob(&self.repository, layer).await.map_err(failed)
            }
            _ => Err(AcquireError::Index(IndexError {
                index: self.reference.to_string(),
                reason: format!("it has no layer `{title}` of at most {limit} bytes"),
            })
            .into()),
        }
    }
}
