//! What a key said of an artifact before: said in the same words once more, it would only fill the list of what is beside
//! it.

use std::collections::BTreeSet;

use innominatus_model::{Digest, Json};
use innominatus_package::Descriptor;
use innominatus_registry::trust::{
    AttestationRule, BUNDLE_TYPE, Requirement, SIGNATURE_PREDICATE, SignatureRule, SignedReferrer, Signer,
    SigningKey, Verifier, bundle_of,
};

use super::PublishError;
use super::access::Opened;

/// The referrer in which this key says the same already.
pub(super) async fn said_before(
    opened: &Opened,
    subject: &Digest,
    key: &SigningKey,
    predicate: &str,
    new: &SignedReferrer,
) -> Result<Option<Digest>, PublishError> {
    let words = new.blobs.iter().find_map(|(_, bytes)| payload(bytes));
    let (registry, repository) = (opened.registry(), opened.repository());
    for referrer in registry.referrers(repository, subject).await? {
        let Ok(blob) = bundle_of(&referrer.manifest, subject) else { continue };
        let at = Descriptor::at(BUNDLE_TYPE, blob.digest, blob.size);
        // What cannot be had was not said.
        let Ok(bytes) = registry.blob(repository, &at).await else { continue };
        if words.is_some() && payload(&bytes) == words && holds(bytes, subject, key, predicate) {
            return Ok(Some(referrer.descriptor.digest));
        }
    }
    Ok(None)
}

/// The statement in a bundle, as it is written there.
fn payload(bundle: &[u8]) -> Option<String> {
    let bundle: Json = serde_json::from_slice(bundle).ok()?;
    Some(bundle.pointer("/dsseEnvelope/payload")?.as_str()?.to_owned())
}

/// Whether this key made it, and not somebody who repeats its words.
fn holds(bundle: Vec<u8>, subject: &Digest, key: &SigningKey, predicate: &str) -> bool {
    let own = || vec![Signer::Key { pem: key.public().to_pem().into_bytes(), tlog: false }];
    let requirement = match predicate == SIGNATURE_PREDICATE {
        true => Requirement {
            signature: SignatureRule::AnyOf(own()),
            attestations: Vec::new(),
            denied: BTreeSet::new(),
        },
        false => Requirement {
            signature: SignatureRule::UnsignedAllowed,
            attestations: vec![AttestationRule {
                predicates: vec![predicate.to_owned()],
                signers: Some(own()),
            }],
            denied: BTreeSet::new(),
        },
    };
    Verifier::new().is_ok_and(|verifier| verifier.verify(subject, &[bundle], &requirement).is_ok())
}
