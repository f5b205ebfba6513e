//! Statements: what is signed. An in-toto statement says something (the predicate) about digests (the subjects).

use innominatus_model::{Digest, Json};
use serde_json::json;
use sigstore_types::{DsseEnvelope, Sha256Hash, Statement};

use super::error::{Reason, shown};

/// The payload type of an envelope with a statement in it.
pub(super) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// What a release signature says: this is mine. The only predicate that counts as one, because an attestation (a list
/// of parts, a report of flaws) is about the same digest and by the same key, and vouches for nothing.
pub const SIGNATURE_PREDICATE: &str = "https://sigstore.dev/cosign/sign/v1";
/// What an attestation says that tells where something was built.
pub const PROVENANCE_PREDICATE: &str = "https://slsa.dev/provenance/v1";
/// `cosign attest` still writes the older one.
const STATEMENT_V01: &str = "https://in-toto.io/Statement/v0.1";

/// What a statement is wanted for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// To vouch for a release.
    Signature,
    /// To say one of these things.
    Attestation(&'a [String]),
}

impl Purpose<'_> {
    /// Whether this predicate is what is wanted.
    pub(super) fn is(self, predicate: &str) -> bool {
        match self {
            Self::Signature => predicate == SIGNATURE_PREDICATE,
            Self::Attestation(wanted) => wanted.iter().any(|it| it == predicate),
        }
    }

    fn takes(self, statement: &str) -> bool {
        statement == Statement::TYPE_V1 || matches!(self, Self::Attestation(_)) && statement == STATEMENT_V01
    }

    fn predicates(self) -> String {
        match self {
            Self::Signature => SIGNATURE_PREDICATE.to_owned(),
            Self::Attestation(wanted) => wanted.join("` or `"),
        }
    }
}

/// The payload that says this of a manifest.
pub(super) fn write(manifest: &Digest, predicate_type: &str, predicate: &Json) -> Vec<u8> {
    let statement = json!({
        "_type": Statement::TYPE_V1,
        "subject": [{ "digest": { "sha256": manifest.hex() } }],
        "predicateType": predicate_type,
        "predicate": predicate,
    });
    statement.to_string().into_bytes()
}

/// The predicate and the subjects that an envelope claims to hold; nothing has vouched for them.
pub(super) fn claimed(envelope: &DsseEnvelope) -> Option<(String, Vec<Digest>)> {
    let statement: Statement = serde_json::from_slice(envelope.payload.as_bytes()).ok()?;
    let about = subjects(&statement);
    Some((statement.predicate_type, about))
}

/// What it is about; the first few.
fn subjects(statement: &Statement) -> Vec<Digest> {
    let about = statement.subject.iter().filter_map(|subject| subject.digest.sha256.as_ref());
    about.take(3).map(|digest| Digest::from_bytes(*digest.as_bytes())).collect()
}

/// Judges an envelope whose signature holds: payload type, statement type, predicate, subject, in this order.
/// Returns the predicate.
pub(super) fn judge(
    envelope: &DsseEnvelope,
    purpose: Purpose<'_>,
    manifest: &Digest,
) -> Result<String, Reason> {
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(Reason::PayloadType(shown(&envelope.payload_type)));
    }
    let statement: Statement = serde_json::from_slice(envelope.payload.as_bytes())
        .map_err(|error| Reason::Unreadable(format!("its statement: {}", shown(&error.to_string()))))?;
    if !purpose.takes(&statement.type_) {
        return Err(Reason::StatementType(shown(&statement.type_)));
    }
    if !purpose.is(&statement.predicate_type) {
        return Err(Reason::Predicate {
            found: shown(&statement.predicate_type),
            wanted: purpose.predicates(),
        });
    }
    if !statement.matches_sha256(&Sha256Hash::new(*manifest.as_bytes())) {
        return Err(Reason::Subject { found: subjects(&statement), wanted: *manifest });
    }
    Ok(statement.predicate_type)
}
