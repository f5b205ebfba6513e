//! Bundles: an envelope with a statement, its signature, and what is needed to verify it. Sigstore's format 0.3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use innominatus_model::Digest;
use serde_json::json;
use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_types::{Bundle, DsseEnvelope, SignatureContent, pae};

use super::error::{KeyError, Reason, shown};
use super::key::{KeyId, SigningKey};
use super::statement::{self, PAYLOAD_TYPE};

/// The media type of a bundle, and the artifact type of its referrer.
pub const BUNDLE_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// No bundle is read that has more bytes. Bundles of today have up to 20 KiB; attestations hold whole lists of parts.
pub const BUNDLE_LIMIT: usize = 512 * 1024;
/// No more bundles are looked at for one manifest.
pub const BUNDLES_LIMIT: usize = 64;

/// A bundle that was read. Nothing in it is believed yet.
pub(super) struct Read {
    pub(super) bundle: Bundle,
    pub(super) envelope: DsseEnvelope,
    /// The predicate and the subjects it claims.
    pub(super) claims: Option<(String, Vec<Digest>)>,
}

/// Reads bundles, as many and as large as is allowed.
pub(super) fn read(bytes: &[u8]) -> Result<Read, Reason> {
    if bytes.len() > BUNDLE_LIMIT {
        return Err(Reason::TooLarge { bytes: bytes.len() });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Reason::Unreadable("it is not text".to_owned()))?;
    let bundle = Bundle::from_json(text).map_err(|error| Reason::Unreadable(shown(&error.to_string())))?;
    let SignatureContent::DsseEnvelope(envelope) = &bundle.content else {
        return Err(Reason::NoEnvelope);
    };
    let envelope = envelope.clone();
    let claims = statement::claimed(&envelope);
    Ok(Read { bundle, envelope, claims })
}

impl Read {
    /// Whether a key made it, as opposed to a certificate. A hint that is none tells nothing.
    pub(super) fn by_key(&self) -> bool {
        matches!(self.bundle.verification_material.content, VerificationMaterialContent::PublicKey(_))
    }

    /// What it claims to be about.
    pub(super) fn subjects(&self) -> Vec<Digest> {
        self.claims.as_ref().map(|(_, about)| about.clone()).unwrap_or_default()
    }

    /// Which key it says it was made with.
    pub(super) fn hint(&self) -> Option<KeyId> {
        let VerificationMaterialContent::PublicKey(key) = &self.bundle.verification_material.content else {
            return None;
        };
        let bytes = STANDARD.decode(&key.hint).ok()?;
        Some(KeyId(Digest::from_bytes(bytes.try_into().ok()?)))
    }
}

/// A statement with its signature.
pub(super) fn write(key: &SigningKey, payload: &[u8]) -> Result<Vec<u8>, KeyError> {
    let signature = key.sign(&pae(PAYLOAD_TYPE, payload))?;
    let bundle = json!({
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": { "publicKey": { "hint": STANDARD.encode(key.public().id().0.as_bytes()) } },
        "dsseEnvelope": {
            "payload": STANDARD.encode(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{ "sig": STANDARD.encode(&signature) }],
        },
    });
    Ok(bundle.to_string().into_bytes())
}
