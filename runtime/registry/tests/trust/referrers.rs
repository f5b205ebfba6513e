//! Referrers: what is written is what cosign writes, and what is read is looked into.

use innominatus_model::Digest;
use innominatus_registry::trust::{
    BUNDLE_LIMIT, BUNDLE_TYPE, NoBundle, SIGNATURE_PREDICATE, SigningKey, Subject, bundle_of, generate, sign,
};
use serde_json::{Value, json};

use crate::bytes;

fn manifest() -> (Vec<u8>, Subject) {
    let manifest = bytes("manifests/platform-a.json");
    let subject = Subject {
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        digest: Digest::of(&manifest),
        size: manifest.len() as u64,
    };
    (manifest, subject)
}

/// Names of fields, all the way down; what stands in them is of another key and another day.
fn form(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), form(value))).collect(),
        Value::Array(items) => items.iter().map(form).collect(),
        _ => json!("…"),
    }
}

#[test]
fn a_referrer_has_the_form_of_cosigns() {
    let key = SigningKey::from_pem(generate().unwrap().0.as_bytes()).unwrap();
    let (_, subject) = manifest();
    let ours = sign(&key, &subject).unwrap();
    let written: Value = serde_json::from_slice(&ours.manifest).unwrap();
    let mut cosigns: Value = serde_json::from_slice(&bytes("referrers/cosign-acme-a.json")).unwrap();
    // Cosign also writes the time, and the artifact type into the config's descriptor, where it has no meaning.
    cosigns["annotations"].as_object_mut().unwrap().remove("org.opencontainers.image.created");
    cosigns["config"].as_object_mut().unwrap().remove("artifactType");
    assert_eq!(form(&written), form(&cosigns));
    for same in ["artifactType", "annotations", "subject", "config", "mediaType", "schemaVersion"] {
        assert_eq!(written[same], cosigns[same], "{same}");
    }
    assert_eq!(written["artifactType"], BUNDLE_TYPE);
    assert_eq!(written["annotations"]["dev.sigstore.bundle.predicateType"], SIGNATURE_PREDICATE);

    let bundle: Value = serde_json::from_slice(ours.bundle()).unwrap();
    let cosigns: Value = serde_json::from_slice(&bytes("bundles/cosign-acme-a.json")).unwrap();
    assert_eq!(form(&bundle), form(&cosigns));

    let digests: Vec<_> = ours.blobs.iter().map(|(digest, _)| *digest).collect();
    let of: Vec<_> = ours.blobs.iter().map(|(_, bytes)| Digest::of(bytes)).collect();
    assert_eq!(digests, of);
    assert_eq!(written["config"]["digest"], digests[0].to_string());
    assert_eq!(bundle_of(&ours.manifest, &subject.digest).unwrap().digest, digests[1]);
    assert_eq!(ours.digest(), Digest::of(&ours.manifest));
}

#[test]
fn the_bundle_of_cosigns_referrers_is_found() {
    let (_, subject) = manifest();
    for name in ["cosign-acme-a.json", "cosign-acme-spdx-a.json"] {
        let found = bundle_of(&bytes(&format!("referrers/{name}")), &subject.digest).unwrap();
        let bundle = bytes(&format!("bundles/{name}"));
        assert_eq!((found.digest, found.size), (Digest::of(&bundle), bundle.len() as u64));
    }
}

#[test]
fn referrers_without_a_bundle_for_this_manifest_are_said_to_have_none() {
    let (own, subject) = manifest();
    let good: Value = serde_json::from_slice(&bytes("referrers/cosign-acme-a.json")).unwrap();
    let with = |change: fn(&mut Value)| {
        let mut changed = good.clone();
        change(&mut changed);
        bundle_of(changed.to_string().as_bytes(), &subject.digest).unwrap_err()
    };
    let other = Digest::of(b"another");
    let found = bundle_of(good.to_string().as_bytes(), &other).unwrap_err();
    assert_eq!(found, NoBundle::Subject(subject.digest.to_string()), "it is about another manifest");
    let no_subject = with(|it| drop(it.as_object_mut().unwrap().remove("subject")));
    assert_eq!(no_subject, NoBundle::Subject(String::new()));
    let foreign = with(|it| it["layers"][0]["mediaType"] = json!("application/spdx+json"));
    assert_eq!(foreign, NoBundle::Other("application/spdx+json".to_owned()));
    let two = with(|it| it["layers"] = json!([it["layers"][0], it["layers"][0]]));
    assert_eq!(two, NoBundle::Other("2 layers".to_owned()));
    let large = with(|it| it["layers"][0]["size"] = json!(BUNDLE_LIMIT + 1));
    assert_eq!(large, NoBundle::TooLarge(BUNDLE_LIMIT as u64 + 1));
    let digest = with(|it| it["layers"][0]["digest"] = json!("sha512:00"));
    assert!(matches!(digest, NoBundle::Unreadable(_)), "{digest:?}");
    assert!(matches!(bundle_of(b"{\"layers\":", &subject.digest), Err(NoBundle::Unreadable(_))));
    assert!(matches!(bundle_of(&own, &subject.digest), Err(NoBundle::Other(_))), "a platform is no bundle");
}
