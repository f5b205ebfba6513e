//! Which bytes a name stands for, and who vouches for them: asked once, before any file is fetched.

use std::path::PathBuf;

use innominatus_ledger::{Origin, Signer as Pinned};
use innominatus_model::{Digest, Name};
use innominatus_package::Registries;
use innominatus_registry::inspect;
use innominatus_registry::trust::{Requirement, Verified};

use super::acquire::{AcquireError, Kept, expected};
use super::files::Rules;
use super::trust::{self, JudgeError};
use super::{Place, Terms};
use crate::{Engine, EngineError, InstallError};

/// An artifact that somebody vouches for, or that nobody has to.
pub(in crate::platforms) struct JudgedArtifact {
    pub(in crate::platforms) digest: Digest,
    pub(super) bundles: Vec<Vec<u8>>,
    pub(in crate::platforms) verified: Verified,
    pub(super) requirement: Requirement,
}

impl Engine {
    /// Resolves a name once and judges what it stands for. Who signed what is installed of it signs what comes after.
    pub(in crate::platforms) async fn judged(
        &self,
        tenant: &Name,
        place: &Place,
        shown: &str,
        terms: &Terms,
    ) -> Result<JudgedArtifact, InstallError> {
        let Place { registry, repository, reference, rules } = place;
        let wanted = reference.wanted().map_err(AcquireError::from)?;
        let digest = registry.resolve(repository, &wanted).await.map_err(AcquireError::from)?;
        expected(shown, &digest, terms)?;
        let inspected = inspect(&**registry, repository, &digest, &Kept(self.blobs().clone())).await;
        let (_, config) = inspected.map_err(AcquireError::from)?;
        let before = self.ledger().subscription(tenant, &config.name).await?;
        let before = before.and_then(|known| known.value.signer);
        let bundles = place.bundles(&digest).await.map_err(AcquireError::from)?;
        let source = reference.source().to_string();
        let judged = judge_bundles(rules, &source, &digest, bundles.clone(), terms, before.as_ref()).await?;
        let (verified, requirement) = judged.map_err(|source| AcquireError::Judge {
            reference: shown.to_owned(),
            source: Box::new(source),
        })?;
        Ok(JudgedArtifact { digest, bundles, verified, requirement })
    }

    /// What the files say now.
    pub(in crate::platforms) async fn rules(&self) -> Result<Rules, InstallError> {
        let files = self.0.config.sources.clone();
        let rules =
            tokio::task::spawn_blocking(move || files.read()).await.map_err(|_| EngineError::Stopping)?;
        Ok(rules.map_err(AcquireError::Rules)?)
    }

    /// What is never used is not used either where it was kept before somebody said so.
    pub(in crate::platforms) async fn refuse_denied(&self, digest: &Digest) -> Result<(), InstallError> {
        match self.rules().await?.policies.denies(digest) {
            Some(level) => {
                let source = Box::new(JudgeError::Denied { digest: *digest, level });
                Err(AcquireError::Judge { reference: digest.to_string(), source }.into())
            }
            None => Ok(()),
        }
    }

    /// What was fetched when other rules held is judged by those that hold now. Where no rule speaks of its source, what
    /// was asked for then is enough.
    pub(in crate::platforms) async fn judge_again(
        &self,
        digest: &Digest,
        origin: &Origin,
    ) -> Result<(), InstallError> {
        self.refuse_denied(digest).await?;
        let Some(source) = &origin.source else { return Ok(()) };
        let bundles = self.kept_bundles(origin).await?;
        let rules = self.rules().await?;
        let before = origin.signer.as_ref();
        match judge_bundles(&rules, source, digest, bundles, &Terms::default(), before).await? {
            Ok(_) | Err(JudgeError::NoRule { .. }) => Ok(()),
            Err(error) => {
                let source = Box::new(error);
                Err(AcquireError::Judge { reference: digest.to_string(), source }.into())
            }
        }
    }

    /// The signatures and attestations that were kept with an artifact.
    pub(in crate::platforms) async fn kept_bundles(
        &self,
        origin: &Origin,
    ) -> Result<Vec<Vec<u8>>, EngineError> {
        let blobs = self.blobs().clone();
        let signatures: Vec<Digest> =
            origin.blobs.iter().filter(|blob| blob.role == "signature").map(|blob| blob.digest).collect();
        let read = move || signatures.iter().map(|digest| blobs.get(digest)).collect::<Result<Vec<_>, _>>();
        Ok(tokio::task::spawn_blocking(read).await.map_err(|_| EngineError::Stopping)??)
    }

    /// What is said of registries now, and the folder that its paths are seen from.
    pub(in crate::platforms) async fn registries(&self) -> Result<(Registries, PathBuf), InstallError> {
        let rules = self.rules().await?;
        Ok((rules.registries.clone(), rules.folder().to_owned()))
    }
}

/// Judges bundles by the rules, for a source as it is displayed.
pub(in crate::platforms) async fn judge_bundles(
    rules: &Rules,
    source: &str,
    digest: &Digest,
    bundles: Vec<Vec<u8>>,
    terms: &Terms,
    before: Option<&Pinned>,
) -> Result<Result<(Verified, Requirement), JudgeError>, EngineError> {
    let bare = source.strip_prefix("oci://").unwrap_or(source);
    let asked = match trust::asked(rules, bare, digest, terms, before) {
        Ok(asked) => asked,
        Err(error) => return Ok(Err(error)),
    };
    let digest = *digest;
    let judged = tokio::task::spawn_blocking(move || {
        trust::judge(&digest, &bundles, &asked).map(|verified| (verified, asked.requirement))
    });
    judged.await.map_err(|_| EngineError::Stopping)
}
