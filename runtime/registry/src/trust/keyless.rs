//! Evidence of Sigstore: certificates that were good for minutes, and logs that say when. Judged by `sigstore-verify`
//! against a trusted root that is at hand; nothing is fetched.

use innominatus_model::Digest;
use sigstore_types::Sha256Hash;
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::{Error, Policy, PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult};

use super::bundle::Read;
use super::error::{Reason, TrustedRootError, shown};
use super::key::PublicKey;

/// Whom a certificate names, and who vouches for it.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) issuer: String,
    pub(super) identity: String,
}

/// Holds evidence against one trusted root.
pub(super) struct Evidence(sigstore_verify::Verifier);

impl Evidence {
    /// With the trusted root of Sigstore's public instance, as of when this was built.
    pub(super) fn embedded() -> Result<Self, TrustedRootError> {
        Self::with_root(SIGSTORE_PRODUCTION_TRUSTED_ROOT)
    }

    pub(super) fn with_root(json: &str) -> Result<Self, TrustedRootError> {
        let refused = |error: &dyn std::error::Error| TrustedRootError(shown(&error.to_string()));
        let root = TrustedRoot::from_json(json).map_err(|error| refused(&error))?;
        Ok(Self(sigstore_verify::Verifier::new(&root).map_err(|error| refused(&error))?))
    }

    /// Who signed, if the certificate, its log, the entry of the transparency log and the signature all hold. Whether
    /// that person is accepted is asked afterwards, of what was verified.
    pub(super) fn named(&self, read: &Read, manifest: &Digest) -> Result<Named, Reason> {
        if !in_a_log(read) {
            return Err(Reason::Evidence("it has no entry of a transparency log with a proof".to_owned()));
        }
        let result = self.hold(read, manifest, &VerificationPolicy::any_identity())?;
        let whole = result.certificate_verified() && result.sct_verified() && result.tlog_verified();
        let (Some(identity), Some(issuer)) = (result.identity(), result.issuer()) else {
            return Err(Reason::Evidence("its certificate names no identity, or no issuer".to_owned()));
        };
        if !whole {
            return Err(Reason::Evidence("not all of its evidence was looked at".to_owned()));
        }
        Ok(Named { issuer: issuer.to_owned(), identity: identity.as_str().to_owned() })
    }

    /// Whether a signature by this key stands in a transparency log.
    pub(super) fn logged(&self, read: &Read, manifest: &Digest, key: &PublicKey) -> Result<(), Reason> {
        if !in_a_log(read) {
            return Err(Reason::NotLogged);
        }
        let result = self.hold(read, manifest, &PublicKeyVerificationPolicy::new(key.der().clone()))?;
        if result.tlog_verified() { Ok(()) } else { Err(Reason::NotLogged) }
    }

    fn hold(
        &self,
        read: &Read,
        manifest: &Digest,
        policy: &dyn Policy,
    ) -> Result<VerificationResult, Reason> {
        let artifact = Sha256Hash::new(*manifest.as_bytes());
        self.0.verify(artifact, &read.bundle, policy).map_err(|error| match error {
            Error::ArtifactMismatch(_) => Reason::Subject { found: read.subjects(), wanted: *manifest },
            other => Reason::Evidence(shown(&other.to_string())),
        })
    }
}

/// Whether it brings entries of transparency logs, each with a proof. A log's promise alone is not asked for by
/// `sigstore-verify` in each of its ways, so it does not count in any.
fn in_a_log(read: &Read) -> bool {
    let entries = &read.bundle.verification_material.tlog_entries;
    !entries.is_empty() && entries.iter().all(|entry| entry.inclusion_proof.is_some())
}
