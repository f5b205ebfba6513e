//! What a rule demands.

use super::glob::Glob;

/// What is demanded of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// A signature of any of these, and each of the attestations.
    Signed {
        /// Never empty.
        any_of: Vec<AcceptedSigner>,
        /// May be empty.
        attestations: Vec<AttestationRule>,
    },
    /// No signature: the file says so in words.
    Unsigned,
}

/// Who may have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptedSigner {
    /// Whoever holds the private half of this key.
    Key {
        /// The public half.
        key: KeySource,
        /// Whether the signature has to stand in a transparency log as well.
        log: TransparencyLog,
    },
    /// Whom a certificate names; such a signature always stands in a transparency log.
    Identity {
        /// A URL or a mail address, `*` for anything between slashes, `**` for anything.
        identity: Glob,
        /// The URL of who vouches for it, exactly.
        issuer: String,
    },
}

/// Where a public key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// In a file: absolute, or seen from the policy file.
    File(String),
    /// In the policy file itself, as PEM.
    Pem(String),
}

/// Whether a transparency log has to know of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransparencyLog {
    /// No: for machines without the internet.
    None,
    /// Yes.
    Required,
}

/// A statement about an artifact that has to be there, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestationRule {
    /// The predicate type: a URL.
    pub predicate: String,
    /// Who may have signed it; empty for those who may sign the artifact.
    pub any_of: Vec<AcceptedSigner>,
}
