//! Referrers: how a bundle lies in a registry beside what it is about. An artifact manifest with an empty config, the
//! bundle as its only layer, and the signed manifest as its subject.

use innominatus_model::{Digest, Json};
use serde::Deserialize;
use serde_json::json;
use sigstore_types::MediaType;

use super::bundle::{self, BUNDLE_LIMIT, BUNDLE_TYPE};
use super::error::{KeyError, shown};
use super::key::SigningKey;
use super::statement::{self, SIGNATURE_PREDICATE};

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";
const EMPTY: &[u8] = b"{}";

/// The manifest that is signed, as a registry describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its media type.
    pub media_type: String,
    /// Of its bytes.
    pub digest: Digest,
    /// How many bytes.
    pub size: u64,
}

/// A signature or an attestation that is ready to be pushed: the blobs first, then the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReferrer {
    /// The referrer's manifest, media type `application/vnd.oci.image.manifest.v1+json`.
    pub manifest: Vec<u8>,
    /// What it refers to.
    pub blobs: Vec<(Digest, Vec<u8>)>,
}

impl SignedReferrer {
    /// Under which it is pushed.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }

    /// The bundle within, as a verifier takes it.
    pub fn bundle(&self) -> &[u8] {
        self.blobs.last().map_or(&[], |(_, bytes)| bytes)
    }
}

/// Signs a manifest. No time is written into it: the bytes say nothing but who and what.
pub fn sign(key: &SigningKey, subject: &Subject) -> Result<SignedReferrer, KeyError> {
    attest(key, subject, SIGNATURE_PREDICATE, &json!({}))
}

/// Says something about a manifest, and signs that. It has the form of a signature, and counts as none.
pub fn attest(
    key: &SigningKey,
    subject: &Subject,
    predicate_type: &str,
    predicate: &Json,
) -> Result<SignedReferrer, KeyError> {
    let bundle = bundle::write(key, &statement::write(&subject.digest, predicate_type, predicate))?;
    let digest = Digest::of(&bundle);
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "artifactType": BUNDLE_TYPE,
        "config": { "mediaType": EMPTY_TYPE, "digest": Digest::of(EMPTY).to_string(), "size": EMPTY.len() },
        "layers": [{ "mediaType": BUNDLE_TYPE, "digest": digest.to_string(), "size": bundle.len() }],
        "subject": {
            "mediaType": subject.media_type,
            "digest": subject.digest.to_string(),
            "size": subject.size,
        },
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": predicate_type,
        },
    });
    Ok(SignedReferrer {
        manifest: manifest.to_string().into_bytes(),
        blobs: vec![(Digest::of(EMPTY), EMPTY.to_vec()), (digest, bundle)],
    })
}

/// Where the bundle of a referrer lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleBlob {
    /// Of its bytes.
    pub digest: Digest,
    /// How many bytes, at most [`BUNDLE_LIMIT`].
    pub size: u64,
}

/// Why a referrer holds no bundle that could count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoBundle {
    /// It is no manifest.
    #[error("it cannot be read as a manifest: {0}")]
    Unreadable(String),
    /// It is something else: a list of parts, another tool's signature.
    #[error("it holds `{0}`, not one bundle")]
    Other(String),
    /// It refers to something else. Registries are told the subject by whoever pushes.
    #[error("it refers to `{0}`")]
    Subject(String),
    /// Its bundle is larger than is read.
    #[error("its bundle has {0} bytes, more than the {BUNDLE_LIMIT} that are read")]
    TooLarge(u64),
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Descriptor>,
    subject: Option<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
}

/// Looks into the manifest of a referrer. What the list of referrers says of it is not asked: on registries without
/// that list cosign writes another artifact type there than the manifest has.
pub fn bundle_of(manifest: &[u8], subject: &Digest) -> Result<BundleBlob, NoBundle> {
    let manifest: Manifest =
        serde_json::from_slice(manifest).map_err(|error| NoBundle::Unreadable(shown(&error.to_string())))?;
    let [layer] = manifest.layers.as_slice() else {
        return Err(NoBundle::Other(format!("{} layers", manifest.layers.len())));
    };
    if layer.media_type.parse::<MediaType>().is_err() {
        return Err(NoBundle::Other(shown(&layer.media_type)));
    }
    let of = manifest.subject.map(|subject| subject.digest).unwrap_or_default();
    if of != subject.to_string() {
        return Err(NoBundle::Subject(shown(&of)));
    }
    if usize::try_from(layer.size).map_or(true, |size| size > BUNDLE_LIMIT) {
        return Err(NoBundle::TooLarge(layer.size));
    }
    let digest = layer.digest.parse().map_err(|_| NoBundle::Unreadable(shown(&layer.digest)))?;
    Ok(BundleBlob { digest, size: layer.size })
}
