//! Judging again: what is somewhere, or what is installed, by the policies as they are now.

use innominatus_ledger::InstalledPlatform;
use innominatus_model::{Code, Digest, Name};
use innominatus_package::Reference;
use innominatus_registry::trust::Verified;

use super::source::{AcquireError, Terms, Wanted, judge_bundles};
use crate::{Engine, EngineError, InstallError};

/// What a judgement came to.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What was judged, as it was named.
    pub reference: String,
    /// Of the artifact's manifest.
    pub digest: Digest,
    /// Who signed, in words.
    pub signers: Vec<String>,
    /// The record of the decision, a line for each thing that counted or did not.
    pub lines: Vec<String>,
}

impl Judged {
    fn of(reference: String, digest: Digest, verified: &Verified) -> Self {
        let signers = verified.signers().into_iter().map(ToString::to_string).collect();
        Self { reference, digest, signers, lines: verified.lines() }
    }
}

impl Engine {
    /// Judges what a reference names, without fetching its files.
    pub async fn verify(&self, tenant: &Name, text: &str, terms: &Terms) -> Result<Judged, InstallError> {
        let named = self.named(text).await?;
        if let (Reference::Folder(folder), _) = &named {
            let wanted = Wanted::Folder(folder.clone());
            return Err(EngineError::refused(
                Code::ReferenceInvalid,
                format!("`{wanted}` is a folder: nobody signs those"),
                Some("pack it, sign the artifact, and verify that".to_owned()),
            )
            .into());
        }
        let place = self.connect(tenant, named, terms.access.as_ref()).await?;
        let judged = self.judged(tenant, &place, text, terms).await?;
        Ok(Judged::of(text.to_owned(), judged.digest, &judged.verified))
    }

    /// Judges an installed version by what was kept of its signatures.
    pub async fn verify_installed(
        &self,
        tenant: &Name,
        text: &str,
        terms: &Terms,
    ) -> Result<Judged, InstallError> {
        let platform = self.meant(tenant, text).await?;
        let InstalledPlatform { name, digest, origin, .. } = &platform;
        let origin = origin.clone().filter(|origin| origin.source.is_some()).ok_or_else(|| {
            EngineError::refused(
                Code::SignatureMissing,
                format!("{name}@{} was installed from a folder: nobody signs those", platform.version),
                Some("install it from a registry to know who signed it".to_owned()),
            )
        })?;
        let source = origin.source.clone().unwrap_or_default();
        let bundles = self.kept_bundles(&origin).await?;
        let rules = self.rules().await?;
        let reference = format!("{name}@{}", platform.version);
        let not_trusted =
            |source| AcquireError::Judge { reference: reference.clone(), source: Box::new(source) };
        let (verified, _) = judge_bundles(&rules, &source, digest, bundles, terms, origin.signer.as_ref())
            .await?
            .map_err(not_trusted)?;
        Ok(Judged::of(reference, *digest, &verified))
    }
}
