//! Keys: which are read, which are refused and with what advice, and that a private one is never shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use innominatus_model::{Code, Coded as _, Digest};
use innominatus_registry::trust::{KeyError, PublicKey, SigningKey, Subject, Verifier, generate, sign};

use crate::{by_key, bytes};

#[test]
fn what_a_new_key_signs_is_accepted_from_that_key_alone() {
    let (private, public) = generate().unwrap();
    let key = SigningKey::from_pem(private.as_bytes()).unwrap();
    assert_eq!(key.public().to_pem(), public);
    let manifest = bytes("manifests/platform-a.json");
    let digest = Digest::of(&manifest);
    let subject = Subject { media_type: "m".to_owned(), digest, size: manifest.len() as u64 };
    let bundle = [sign(&key, &subject).unwrap().bundle().to_vec()];

    let verifier = Verifier::new().unwrap();
    let verified = verifier.verify(&digest, &bundle, &by_key(public.clone())).unwrap();
    assert_eq!(verified.signatures.len(), 1);
    let other = Digest::of(bytes("manifests/platform-b.json"));
    let refused = verifier.verify(&other, &bundle, &by_key(public)).unwrap_err();
    assert_eq!(refused.code(), Code::SignatureInvalid);
    let refused = verifier.verify(&digest, &bundle, &by_key(generate().unwrap().1)).unwrap_err();
    assert_eq!(refused.code(), Code::SignerNotTrusted);
}

#[test]
fn a_private_key_is_never_shown() {
    let (private, _) = generate().unwrap();
    let key = SigningKey::from_pem(private.as_bytes()).unwrap();
    let shown = format!("{key:?}");
    assert!(shown.contains(&key.public().id().to_string()), "{shown}");
    let within: Vec<_> = private.lines().filter(|line| !line.starts_with('-')).collect();
    assert!(within.len() > 2, "there is something to be shown");
    for line in within {
        assert!(!shown.contains(line.get(..16).unwrap_or(line)), "{shown}");
    }
    // Nor when it is damaged: cut within, of another algorithm, in another place.
    let damaged = private.replacen("MIG", "MIH", 1);
    for error in [
        SigningKey::from_pem(damaged.as_bytes()).unwrap_err(),
        SigningKey::from_pem(&private.as_bytes()[..100]).unwrap_err(),
        PublicKey::from_pem(private.as_bytes()).unwrap_err(),
    ] {
        let told = format!("{error} {error:?} {}", error.remedy().unwrap());
        for line in private.lines().filter(|line| !line.starts_with('-')) {
            assert!(!told.contains(line.get(..12).unwrap_or(line)), "{told}");
        }
    }
}

#[test]
fn keys_that_are_not_read_are_refused_with_what_to_do() {
    let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    let cases = [
        (block("ENCRYPTED SIGSTORE PRIVATE KEY"), "cosign sign --key"),
        (block("ENCRYPTED COSIGN PRIVATE KEY"), "cosign sign --key"),
        (block("ENCRYPTED PRIVATE KEY"), "openssl pkcs8 -in"),
        (block("EC PRIVATE KEY"), "openssl pkcs8 -topk8 -nocrypt"),
        (block("PRIVATE KEY"), "openssl genpkey"),
        (block("PUBLIC KEY"), "`PRIVATE KEY` to sign"),
        (block("CERTIFICATE"), "`PRIVATE KEY` to sign"),
        (String::new(), "`PRIVATE KEY` to sign"),
    ];
    for (text, advice) in cases {
        let error = SigningKey::from_pem(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::KeyInvalid);
        let remedy = error.remedy().unwrap();
        assert!(remedy.contains(advice), "{error}: {remedy}");
    }
    let error = PublicKey::from_pem(block("PUBLIC KEY").as_bytes()).unwrap_err();
    assert!(matches!(error, KeyError::Public { .. }), "{error:?}");
    let error = PublicKey::from_pem(block("RSA PRIVATE KEY").as_bytes()).unwrap_err();
    assert_eq!(error, KeyError::PrivateForPublic);
}

#[test]
fn a_public_key_is_known_by_the_digest_of_its_der() {
    let key = PublicKey::from_pem(&bytes("keys/acme.pub")).unwrap();
    let id = "sha256:8aca7ca9aed33150388c85d7edba3c0336fa3438750d03bf06b3f000ba7064df";
    assert_eq!(key.id().to_string(), id);
    // Cosign hints at it by the same bytes.
    let bundle = String::from_utf8(bytes("bundles/cosign-acme-a.json")).unwrap();
    assert!(bundle.contains(&STANDARD.encode(key.id().0.as_bytes())), "{bundle}");
    assert_eq!(PublicKey::from_pem(key.to_pem().as_bytes()).unwrap().id(), key.id());
}
