//! Why one bundle does not count.

use std::fmt;

use innominatus_model::Digest;

use super::super::bundle::BUNDLE_LIMIT;
use super::super::key::KeyId;
use super::super::statement::SIGNATURE_PREDICATE;
use super::shown;

/// A bundle that did not count, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Of the bundle's bytes.
    pub bundle: Digest,
    /// The predicate it claims to hold. Nobody vouched for that; it only helps to say what was found.
    pub claims: Option<String>,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bundle, claims, reason } = self;
        write!(f, "bundle {} ", bundle.short())?;
        // What is refused for another reason than what it says may still be no signature at all.
        match claims {
            Some(claims) if claims != SIGNATURE_PREDICATE && !matches!(reason, Reason::Predicate { .. }) => {
                write!(f, "(`{}`) {reason}", shown(claims))
            }
            _ => write!(f, "{reason}"),
        }
    }
}

/// Why a bundle does not count for what was asked. Texts of strangers in it are short and fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is larger than is read.
    #[error("has {bytes} bytes, more than the {BUNDLE_LIMIT} that are read")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// It, or what is in it, is not of the known form.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It signs bytes directly, and says nothing about a manifest.
    #[error("holds no envelope with a statement")]
    NoEnvelope,
    /// It hints at an accepted key, and its signature does not hold.
    #[error("was changed after it was signed, or was not signed by {key}, whose it claims to be")]
    Tampered {
        /// The accepted key.
        key: KeyId,
    },
    /// No accepted key made it.
    #[error("was made by no accepted key{}", hinted(.hint.as_ref()))]
    OtherKey {
        /// Which key it says it was made with.
        hint: Option<KeyId>,
    },
    /// Its certificate, its log entry or its signature does not hold.
    #[error("does not hold: {0}")]
    Evidence(String),
    /// The rule wants it in a transparency log.
    #[error("is by an accepted key, but has no entry of a transparency log, which the policy wants")]
    NotLogged,
    /// Its certificate is good, and names somebody who is not accepted.
    #[error("is by `{identity}`, for whom `{issuer}` vouches, and whom the policy does not accept")]
    OtherIdentity {
        /// Who vouches.
        issuer: String,
        /// Whom the certificate names.
        identity: String,
    },
    /// The envelope holds something else than a statement.
    #[error("holds a payload of type `{0}`, not an in-toto statement")]
    PayloadType(String),
    /// The statement is of another kind.
    #[error("holds a statement of type `{0}`, which does not count here")]
    StatementType(String),
    /// The statement says something else.
    #[error("says `{found}`, not `{wanted}`")]
    Predicate {
        /// What it says.
        found: String,
        /// What counts.
        wanted: String,
    },
    /// The statement is about something else.
    #[error("is about {}, not {wanted}", about(.found))]
    Subject {
        /// What it is about; the first few.
        found: Vec<Digest>,
        /// What it should be about.
        wanted: Digest,
    },
    /// It was needed for nothing: the policy asks for no signature, or for no attestation of its kind.
    #[error("was not asked for")]
    NotAsked,
}

impl Reason {
    pub(in crate::trust) fn other_identity(issuer: &str, identity: &str) -> Self {
        Self::OtherIdentity { issuer: shown(issuer), identity: shown(identity) }
    }
}

fn hinted(hint: Option<&KeyId>) -> String {
    hint.map(|key| format!("; it says by {key}")).unwrap_or_default()
}

fn about(found: &[Digest]) -> String {
    if found.is_empty() {
        return "nothing with a SHA-256 digest".to_owned();
    }
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    found.join(", ")
}
