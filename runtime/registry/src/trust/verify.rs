//! The verdict. The order is fixed: signature, payload type, statement type, predicate, subject, and only then
//! whether the signer is accepted. Whatever cannot be read never counts.

use std::cell::OnceCell;

use innominatus_model::Digest;

use super::bundle::{self, BUNDLES_LIMIT, Read};
use super::crypto;
use super::error::{Reason, Rejected, TrustError, TrustedRootError};
use super::keyless::{Evidence, Named};
use super::requirement::{Accepted, AttestationRule, Requirement, SignatureRule};
use super::statement::{self, Purpose};
use super::verified::{Attested, Signature, Verified, VerifiedSigner};

/// Holds bundles against requirements. Makes no request and reads no file.
pub struct Verifier {
    evidence: Evidence,
}

/// A requirement whose keys and patterns can be used.
struct Policy<'a> {
    signers: Option<Accepted>,
    /// Which predicates, and by whom, where not by the signers.
    attestations: Vec<(&'a [String], Option<Accepted>)>,
}

/// A bundle, or why there is none, with what was found out about its certificate.
struct Candidate {
    digest: Digest,
    read: Result<Read, Reason>,
    named: OnceCell<Result<Named, Reason>>,
    counted: bool,
}

impl Verifier {
    /// With the trusted root of Sigstore's public instance, as of when this program was built.
    pub fn new() -> Result<Self, TrustedRootError> {
        crypto::install();
        Ok(Self { evidence: Evidence::embedded()? })
    }

    /// With another trusted root: the JSON that `cosign trusted-root create` writes. For a Sigstore of one's own.
    pub fn with_trusted_root(json: &[u8]) -> Result<Self, TrustedRootError> {
        crypto::install();
        let json = std::str::from_utf8(json).map_err(|_| TrustedRootError("it is not text".to_owned()))?;
        Ok(Self { evidence: Evidence::with_root(json)? })
    }

    /// Judges a manifest by the bundles that are attached to it.
    ///
    /// A bundle that does not count is listed and does no harm: whoever may push may attach anything. What is asked
    /// for and not satisfied by any bundle refuses the whole.
    pub fn verify(
        &self,
        manifest: &Digest,
        bundles: &[Vec<u8>],
        requirement: &Requirement,
    ) -> Result<Verified, TrustError> {
        if requirement.denied.contains(manifest) {
            return Err(TrustError::Denied(*manifest));
        }
        let policy = Policy::of(requirement)?;
        if bundles.len() > BUNDLES_LIMIT {
            return Err(TrustError::TooMany { manifest: *manifest, found: bundles.len() });
        }
        let mut candidates: Vec<_> = bundles.iter().map(|bytes| Candidate::of(bytes)).collect();
        let mut verified = Verified {
            manifest: *manifest,
            signatures: Vec::new(),
            attestations: Vec::new(),
            ignored: Vec::new(),
        };
        if let Some(accepted) = &policy.signers {
            let (counted, found) = self.all(manifest, &mut candidates, accepted, Purpose::Signature);
            if counted.is_empty() {
                return Err(refusal(*manifest, found, accepted.words()));
            }
            let signature = |Attested { bundle, signer, .. }| Signature { bundle, signer };
            verified.signatures = counted.into_iter().map(signature).collect();
            verified.ignored = found;
        }
        for (predicates, accepted) in &policy.attestations {
            let accepted = accepted.as_ref().or(policy.signers.as_ref()).ok_or(NOBODY)?;
            let purpose = Purpose::Attestation(predicates);
            let (counted, found) = self.all(manifest, &mut candidates, accepted, purpose);
            if counted.is_empty() {
                let wanted = predicates.join("` or `");
                let accepted = accepted.words();
                return Err(TrustError::Attestation { manifest: *manifest, wanted, found, accepted });
            }
            verified.attestations.extend(counted);
        }
        verified.ignored.retain(|it| {
            !candidates.iter().any(|candidate| candidate.counted && candidate.digest == it.bundle)
        });
        if policy.signers.is_none() {
            verified.ignored =
                candidates.into_iter().filter(|it| !it.counted).map(Candidate::unasked).collect();
        }
        Ok(verified)
    }

    /// Every bundle that counts for this purpose, and the others.
    fn all(
        &self,
        manifest: &Digest,
        candidates: &mut [Candidate],
        accepted: &Accepted,
        purpose: Purpose<'_>,
    ) -> (Vec<Attested>, Vec<Rejected>) {
        let (mut counted, mut found) = (Vec::new(), Vec::new());
        for candidate in candidates {
            match self.judge(manifest, candidate, accepted, purpose) {
                Ok((signer, predicate)) => {
                    candidate.counted = true;
                    counted.push(Attested { bundle: candidate.digest, predicate, signer });
                }
                Err(reason) => found.push(candidate.rejected(reason)),
            }
        }
        (counted, found)
    }

    fn judge(
        &self,
        manifest: &Digest,
        candidate: &Candidate,
        accepted: &Accepted,
        purpose: Purpose<'_>,
    ) -> Result<(VerifiedSigner, String), Reason> {
        let read = candidate.read.as_ref().map_err(Clone::clone)?;
        if read.by_key() {
            let signer = self.key(manifest, read, accepted)?;
            let predicate = statement::judge(&read.envelope, purpose, manifest)?;
            return Ok((signer, predicate));
        }
        let named = candidate.named.get_or_init(|| self.evidence.named(read, manifest));
        let Named { issuer, identity } = named.clone()?;
        let predicate = statement::judge(&read.envelope, purpose, manifest)?;
        if !accepted.takes(&issuer, &identity) {
            return Err(Reason::other_identity(&issuer, &identity));
        }
        Ok((VerifiedSigner::Keyless { issuer, identity }, predicate))
    }

    /// Which accepted key made it. What the bundle hints at is used for words alone.
    fn key(&self, manifest: &Digest, read: &Read, accepted: &Accepted) -> Result<VerifiedSigner, Reason> {
        let signed = read.envelope.pae();
        let mut reason = match read.hint() {
            Some(hint) if accepted.key(hint).is_some() => Reason::Tampered { key: hint },
            hint => Reason::OtherKey { hint },
        };
        for (key, tlog) in &accepted.keys {
            if !key.made(&read.envelope.signature.sig, &signed) {
                continue;
            }
            if !tlog {
                return Ok(VerifiedSigner::Key { id: key.id(), logged: false });
            }
            match self.evidence.logged(read, manifest, key) {
                Ok(()) => return Ok(VerifiedSigner::Key { id: key.id(), logged: true }),
                Err(why) => reason = why,
            }
        }
        Err(reason)
    }
}

const NOBODY: TrustError =
    TrustError::Signer("an attestation is asked for, and nobody is accepted to make it");

impl<'a> Policy<'a> {
    /// All of it is looked at before anything is judged: what is broken in it must not wait for the day on which it
    /// is reached.
    fn of(requirement: &'a Requirement) -> Result<Self, TrustError> {
        let signers = match &requirement.signature {
            SignatureRule::AnyOf(signers) => Some(Accepted::of(signers)?),
            SignatureRule::UnsignedAllowed => None,
        };
        let mut attestations = Vec::new();
        for AttestationRule { predicates, signers: own } in &requirement.attestations {
            let own = own.as_deref().map(Accepted::of).transpose()?;
            if predicates.is_empty() {
                return Err(TrustError::Signer("an attestation is asked for, and not which"));
            }
            if own.is_none() && signers.is_none() {
                return Err(NOBODY);
            }
            attestations.push((predicates.as_slice(), own));
        }
        Ok(Self { signers, attestations })
    }
}

impl Candidate {
    fn of(bytes: &[u8]) -> Self {
        let read = bundle::read(bytes);
        Self { digest: Digest::of(bytes), read, named: OnceCell::new(), counted: false }
    }

    fn claims(&self) -> Option<String> {
        self.read.as_ref().ok().and_then(|read| Some(read.claims.as_ref()?.0.clone()))
    }

    fn rejected(&self, reason: Reason) -> Rejected {
        Rejected { bundle: self.digest, claims: self.claims(), reason }
    }

    fn unasked(self) -> Rejected {
        let claims = self.claims();
        Rejected { bundle: self.digest, claims, reason: self.read.err().unwrap_or(Reason::NotAsked) }
    }
}

/// Why nothing counts as a signature. What bundles claim about themselves chooses the words and nothing else.
fn refusal(manifest: Digest, found: Vec<Rejected>, accepted: String) -> TrustError {
    let other = |it: &Rejected| {
        matches!(it.reason, Reason::NoEnvelope)
            || it.claims.as_deref().is_some_and(|claims| !Purpose::Signature.is(claims))
    };
    let stranger =
        |it: &Rejected| matches!(it.reason, Reason::OtherKey { .. } | Reason::OtherIdentity { .. });
    if found.iter().all(other) {
        TrustError::Missing { manifest, found, accepted }
    } else if found.iter().all(|it| other(it) || stranger(it)) {
        TrustError::NotTrusted { manifest, found, accepted }
    } else {
        TrustError::Invalid { manifest, found, accepted }
    }
}
