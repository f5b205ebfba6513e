//! Reaches the place that a reference names.

use std::sync::Arc;

use innominatus_model::{Digest, Name};
use innominatus_package::{Descriptor, Reference, Repository};
use innominatus_registry::{
    Connected, CredentialError, Credentials as _, DocumentKind, Registry, RegistryError, connect, document,
    trust,
};

use super::Access;
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
        access: Option<&Access>,
    ) -> Result<Place, InstallError> {
        let mut logins = Logins::new(self.ledger(), tenant, &rules.registries);
        let access = self.access_of(tenant, &reference, access).await?;
        if let Reference::Registry { repository, .. } = &reference {
            let registry = repository.registry();
            if let Some(credentials) = &access.credentials {
                logins.told(registry, credentials.clone());
            }
            if access.private {
                shown(&logins, registry).await.map_err(AcquireError::from)?;
            }
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

/// Fails where there is nothing to show to a registry.
async fn shown(logins: &Logins, registry: &str) -> Result<(), RegistryError> {
    let found = logins.of(registry).await;
    let found = found.and_then(|found| found.ok_or_else(|| CredentialError::Private(registry.to_owned())));
    found.map(drop).map_err(|source| RegistryError::Credentials { registry: registry.to_owned(), source })
}

impl Place {
    /// The signatures and attestations of a manifest: what refers to it and is a bundle.
    pub(super) async fn bundles(&self, digest: &Digest) -> Result<Vec<Vec<u8>>, RegistryError> {
        let mut bundles = Vec::new();
        for referrer in self.registry.referrers(&self.repository, digest).await? {
            // What refers to it and is no bundle is somebody else's.
            let Ok(blob) = trust::bundle_of(&referrer.manifest, digest) else { continue };
            let at = Descriptor::at(trust::BUNDLE_TYPE, blob.digest, blob.size);
            match self.registry.blob(&self.repository, &at).await {
                Ok(bytes) => bundles.push(bytes),
                // Who may attach something may not keep anybody from what others vouch for.
                Err(error) if error.is_about_content() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(bundles)
    }

    /// A file that is an artifact of its own.
    pub(in crate::platforms) async fn document(&self, kind: &DocumentKind) -> Result<Vec<u8>, InstallError> {
        let wanted = self.reference.wanted().map_err(AcquireError::from)?;
        let fetched = document(&*self.registry, &self.repository, &wanted, kind).await;
        Ok(fetched.map_err(AcquireError::from)?)
    }
}
