//! Why a manifest is not trusted.

use innominatus_model::{Code, Coded, Digest};

use super::super::bundle::BUNDLES_LIMIT;
use super::super::statement::PROVENANCE_PREDICATE;
use super::{KeyError, Rejected};

/// Why a manifest is not trusted. Nothing of it may be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The policy refuses this digest, whoever signed it.
    #[error("{0} is denied by the policy, whoever signed it")]
    Denied(Digest),
    /// Somebody attached more than is looked at.
    #[error("{manifest} has {found} bundles attached; at most {BUNDLES_LIMIT} are looked at")]
    TooMany {
        /// The manifest.
        manifest: Digest,
        /// How many.
        found: usize,
    },
    /// A key of the policy cannot be used.
    #[error("an accepted key of the policy cannot be used")]
    Key(#[source] KeyError),
    /// A signer of the policy accepts nobody, or everybody.
    #[error("the policy cannot be used: {0}")]
    Signer(&'static str),
    /// Nothing attached is a release signature.
    #[error("{manifest} has no release signature, and nothing else counts as one; {}", list(.found))]
    Missing {
        /// The manifest.
        manifest: Digest,
        /// What is attached, and why none of it counts.
        found: Vec<Rejected>,
        /// Who would be accepted.
        accepted: String,
    },
    /// What is attached as a signature does not hold.
    #[error("no signature of {manifest} holds; {}", list(.found))]
    Invalid {
        /// The manifest.
        manifest: Digest,
        /// What is attached, and why none of it counts.
        found: Vec<Rejected>,
        /// Who would be accepted.
        accepted: String,
    },
    /// Somebody else signed it.
    #[error("{manifest} is signed, but by nobody whom the policy accepts; {}", list(.found))]
    NotTrusted {
        /// The manifest.
        manifest: Digest,
        /// What is attached, and why none of it counts.
        found: Vec<Rejected>,
        /// Who would be accepted.
        accepted: String,
    },
    /// An attestation that the policy asks for is not there, or does not hold.
    #[error("{manifest} lacks the attestation `{wanted}`; {}", list(.found))]
    Attestation {
        /// The manifest.
        manifest: Digest,
        /// The predicates of which one is asked for.
        wanted: String,
        /// What is attached, and why none of it counts.
        found: Vec<Rejected>,
        /// Who would be accepted.
        accepted: String,
    },
}

impl Coded for TrustError {
    fn code(&self) -> Code {
        match self {
            Self::Denied(_) => Code::DigestDenied,
            Self::Key(error) => error.code(),
            Self::Signer(_) => Code::SignerInvalid,
            Self::Missing { .. } => Code::SignatureMissing,
            Self::TooMany { .. } | Self::Invalid { .. } => Code::SignatureInvalid,
            Self::NotTrusted { .. } => Code::SignerNotTrusted,
            Self::Attestation { .. } => Code::AttestationMissing,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Denied(_) => {
                "install another version; or take the digest off the policy's list, if it stands there by mistake"
                    .to_owned()
            }
            Self::TooMany { .. } => "remove from the registry what nobody needs: `cosign clean`, or by digest".to_owned(),
            Self::Key(error) => return error.remedy(),
            Self::Signer(_) => "name a key, or an issuer and an identity with at least some letters".to_owned(),
            Self::Missing { accepted, .. } => {
                format!("ask for a signature by {accepted}: `innominatus platform sign`, or `cosign sign` from version 3")
            }
            Self::Invalid { accepted, .. } => {
                format!("fetch it again; if it stays so, somebody changed it. What would do: a signature by {accepted}")
            }
            Self::NotTrusted { accepted, .. } => {
                format!("accept its signer in the policy, if that is right; now it is {accepted}")
            }
            Self::Attestation { wanted, accepted, .. } => {
                let ours = match wanted.contains(PROVENANCE_PREDICATE) {
                    true => "`innominatus platform sign --provenance`, or ",
                    false => "",
                };
                format!("attach it: {ours}`cosign attest --type {wanted}`, made by {accepted}")
            }
        })
    }
}

fn list(rejected: &[Rejected]) -> String {
    if rejected.is_empty() {
        return "nothing is attached to it".to_owned();
    }
    let rejected: Vec<_> = rejected.iter().map(ToString::to_string).collect();
    rejected.join("; ")
}

/// Why a trusted root cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the trusted root cannot be used: {0}")]
pub struct TrustedRootError(pub(in crate::trust) String);

impl Coded for TrustedRootError {
    fn code(&self) -> Code {
        Code::TrustedRootInvalid
    }

    fn remedy(&self) -> Option<String> {
        Some(
            "write one with `cosign trusted-root create`, or take the `trusted_root.json` of your Sigstore"
                .to_owned(),
        )
    }
}
