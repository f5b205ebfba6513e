//! Attestations that we make: what a policy asks for is there, by the right key and about the right manifest.

use innominatus_model::{Coded as _, Digest};
use innominatus_registry::trust::{
    AttestationRule, BUNDLE_TYPE, PROVENANCE_PREDICATE, Requirement, SigningKey, Subject, Verifier, attest,
    bundle_of, generate, sign,
};
use serde_json::{Value, json};

use crate::by_key;

/// A key, both halves.
fn pair() -> (SigningKey, String) {
    let (private, public) = generate().unwrap();
    (SigningKey::from_pem(private.as_bytes()).unwrap(), public)
}

fn subject(of: &str) -> Subject {
    let media_type = "application/vnd.oci.image.manifest.v1+json".to_owned();
    Subject { media_type, digest: Digest::of(of), size: of.len() as u64 }
}

/// Signed by the holder of this key, who also says where it was made.
fn with_provenance(public: &str) -> Requirement {
    let predicates = vec![PROVENANCE_PREDICATE.to_owned()];
    Requirement { attestations: vec![AttestationRule { predicates, signers: None }], ..by_key(public) }
}

#[test]
fn a_policy_that_asks_where_it_was_made_is_satisfied_by_that_alone() {
    let (ours, others) = (pair(), pair());
    let (this, that) = (subject("this"), subject("that"));
    let said = |key: &SigningKey, about: &Subject, predicate_type: &str| {
        attest(key, about, predicate_type, &json!({ "buildDefinition": {} })).unwrap().bundle().to_vec()
    };
    let release = sign(&ours.0, &this).unwrap().bundle().to_vec();
    let provenance = said(&ours.0, &this, PROVENANCE_PREDICATE);
    let cases = [
        ("both", vec![release.clone(), provenance.clone()], None),
        ("a signature", vec![release.clone()], Some("attestation-missing")),
        ("an attestation", vec![provenance], Some("signature-missing")),
        (
            "of something else",
            vec![release.clone(), said(&ours.0, &this, "https://spdx.dev/Document")],
            Some("attestation-missing"),
        ),
        (
            "about another",
            vec![release.clone(), said(&ours.0, &that, PROVENANCE_PREDICATE)],
            Some("attestation-missing"),
        ),
        (
            "by another",
            vec![release, said(&others.0, &this, PROVENANCE_PREDICATE)],
            Some("attestation-missing"),
        ),
    ];
    let verifier = Verifier::new().unwrap();
    for (what, bundles, code) in cases {
        let verdict = verifier.verify(&this.digest, &bundles, &with_provenance(&ours.1));
        let found = verdict.as_ref().err().map(|error| error.code().as_str());
        assert_eq!(found, code, "{what}: {verdict:?}");
        if let Ok(verified) = verdict {
            let line = format!("attested `{PROVENANCE_PREDICATE}` by key ");
            assert!(verified.lines().iter().any(|it| it.contains(&line)), "{:?}", verified.lines());
            assert_eq!((verified.signatures.len(), verified.ignored.len()), (1, 0));
        }
    }
}

#[test]
fn an_attestation_is_attached_like_a_signature() {
    let (key, _) = pair();
    let about = subject("this");
    let (signed, attested) =
        (sign(&key, &about).unwrap(), attest(&key, &about, PROVENANCE_PREDICATE, &json!({})).unwrap());
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    let (signature, attestation) = (read(&signed.manifest), read(&attested.manifest));
    for same in ["mediaType", "artifactType", "config", "subject"] {
        assert_eq!(signature[same], attestation[same], "{same}");
    }
    assert_eq!(attestation["artifactType"], BUNDLE_TYPE);
    assert_eq!(attestation["annotations"]["dev.sigstore.bundle.predicateType"], PROVENANCE_PREDICATE);
    assert_eq!(bundle_of(&attested.manifest, &about.digest).unwrap().digest, Digest::of(attested.bundle()));
}
