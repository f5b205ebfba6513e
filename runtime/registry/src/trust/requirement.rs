//! What a policy wants of a manifest, as a plain value. The file it comes from belongs to `package`.

use std::collections::BTreeSet;

use innominatus_model::Digest;

use super::error::TrustError;
use super::identity;
use super::key::{KeyId, PublicKey};

/// What has to hold before anything of a manifest is used.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// Who has to have signed it.
    pub signature: SignatureRule,
    /// What has to be said about it besides; each of these.
    pub attestations: Vec<AttestationRule>,
    /// Manifests that are refused, whoever signed them.
    pub denied: BTreeSet<Digest>,
}

/// Who has to have signed.
#[derive(Debug, Clone)]
pub enum SignatureRule {
    /// One of these.
    AnyOf(Vec<Signer>),
    /// Nobody. Said in so many words, so that a list that came out empty does not mean it.
    UnsignedAllowed,
}

/// Somebody who may vouch.
#[derive(Debug, Clone)]
pub enum Signer {
    /// Whoever holds a private key.
    Key {
        /// The public key, as PEM.
        pem: Vec<u8>,
        /// Whether the signature has to stand in a transparency log of the trusted root.
        tlog: bool,
    },
    /// Whom an issuer of the trusted root vouched for when it was signed.
    Identity {
        /// The issuer, exactly: `https://token.actions.githubusercontent.com`.
        issuer: String,
        /// A pattern for the identity: `*` for any characters but `/`, `**` for any.
        identity_glob: String,
    },
}

/// Something that has to be said about a manifest.
#[derive(Debug, Clone)]
pub struct AttestationRule {
    /// The predicates, of which any one will do: `https://slsa.dev/provenance/v1`.
    pub predicates: Vec<String>,
    /// Who has to say it; the same as for the signature where there is nothing.
    pub signers: Option<Vec<Signer>>,
}

/// Signers that were looked at: each can vouch, and there is at least one.
pub(super) struct Accepted {
    pub(super) keys: Vec<(PublicKey, bool)>,
    pub(super) identities: Vec<(String, String)>,
}

impl Accepted {
    pub(super) fn of(signers: &[Signer]) -> Result<Self, TrustError> {
        let mut accepted = Self { keys: Vec::new(), identities: Vec::new() };
        for signer in signers {
            match signer {
                Signer::Key { pem, tlog } => {
                    accepted.keys.push((PublicKey::from_pem(pem).map_err(TrustError::Key)?, *tlog));
                }
                Signer::Identity { issuer, identity_glob } => {
                    if issuer.is_empty() {
                        return Err(TrustError::Signer(
                            "an identity without an issuer, for which anybody may vouch",
                        ));
                    }
                    if !identity::names_somebody(identity_glob) {
                        return Err(TrustError::Signer("an identity that names everybody, or nobody"));
                    }
                    accepted.identities.push((issuer.clone(), identity_glob.clone()));
                }
            }
        }
        if signers.is_empty() {
            return Err(TrustError::Signer("nobody is accepted, and unsigned is not allowed"));
        }
        Ok(accepted)
    }

    pub(super) fn key(&self, id: KeyId) -> Option<KeyId> {
        self.keys.iter().map(|(key, _)| key.id()).find(|it| *it == id)
    }

    /// Whether an issuer's word for this identity is enough.
    pub(super) fn takes(&self, issuer: &str, identity: &str) -> bool {
        self.identities.iter().any(|(of, pattern)| of == issuer && identity::matches(pattern, identity))
    }

    /// For people.
    pub(super) fn words(&self) -> String {
        let keys = self.keys.iter().map(|(key, tlog)| {
            format!("key {}{}", key.id(), if *tlog { " with an entry of a transparency log" } else { "" })
        });
        let people = self.identities.iter().map(|(issuer, pattern)| format!("`{pattern}` of `{issuer}`"));
        keys.chain(people).collect::<Vec<_>>().join(" or ")
    }
}
