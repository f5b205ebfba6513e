//! What was verified, for the lock and for the record of decisions.

use std::fmt;

use innominatus_model::Digest;

use super::error::{Rejected, shown};
use super::key::KeyId;

/// Somebody whose signature holds and whom the policy accepts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum VerifiedSigner {
    /// Whoever holds a key.
    Key {
        /// Which.
        id: KeyId,
        /// Whether a transparency log was asked for, and holds the signature.
        logged: bool,
    },
    /// Whom an issuer vouched for.
    Keyless {
        /// Who vouched.
        issuer: String,
        /// For whom.
        identity: String,
    },
}

impl fmt::Display for VerifiedSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { id, logged: false } => write!(f, "key {id}"),
            Self::Key { id, logged: true } => write!(f, "key {id}, in a transparency log"),
            Self::Keyless { issuer, identity } => {
                write!(f, "`{}`, for whom `{}` vouches", shown(identity), shown(issuer))
            }
        }
    }
}

/// A release signature that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Of the bundle's bytes.
    pub bundle: Digest,
    /// Whose it is.
    pub signer: VerifiedSigner,
}

/// An attestation that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// Of the bundle's bytes.
    pub bundle: Digest,
    /// What it says.
    pub predicate: String,
    /// Whose word it is.
    pub signer: VerifiedSigner,
}

/// Why a manifest is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The manifest.
    pub manifest: Digest,
    /// Every signature that counts. Empty only where the policy allows what is unsigned.
    pub signatures: Vec<Signature>,
    /// Every attestation that was asked for and counts.
    pub attestations: Vec<Attested>,
    /// Every other bundle, and why it did not count.
    pub ignored: Vec<Rejected>,
}

impl Verified {
    /// Who signed, each once, in a fixed order. For the lock.
    pub fn signers(&self) -> Vec<&VerifiedSigner> {
        let mut signers: Vec<_> = self.signatures.iter().map(|it| &it.signer).collect();
        signers.sort();
        signers.dedup();
        signers
    }

    /// The decision, line by line, for a log that others search.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.signatures.is_empty() {
            lines.push(format!("{} accepted unsigned, as the policy allows", self.manifest));
        }
        for Signature { bundle, signer } in &self.signatures {
            lines.push(format!("{} signed by {signer} (bundle {bundle})", self.manifest));
        }
        for Attested { bundle, predicate, signer } in &self.attestations {
            lines.push(format!("{} attested `{predicate}` by {signer} (bundle {bundle})", self.manifest));
        }
        for rejected in &self.ignored {
            lines.push(format!("{} ignored: {rejected}", self.manifest));
        }
        lines
    }
}
