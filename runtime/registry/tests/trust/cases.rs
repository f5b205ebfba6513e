//! Every file in `fixtures/trust/cases`: a manifest, what is attached to it, what the policy wants, and the verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use innominatus_model::{Code, Coded as _, Digest, ExitClass};
use innominatus_registry::trust::{
    AttestationRule, BUNDLE_LIMIT, BUNDLES_LIMIT, PublicKey, Requirement, SignatureRule, Signer, TrustError,
    Verified, VerifiedSigner, Verifier,
};
use innominatus_testkit::damage::{Damage, rounds};
use innominatus_testkit::{fixtures, golden};
use serde::Deserialize;

use crate::{by_key, bytes, folder};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// A file in `manifests`, or a digest.
    manifest: String,
    /// A file in `roots`; that of the public Sigstore where there is none.
    root: Option<String>,
    bundles: Vec<String>,
    signature: Rule,
    #[serde(default)]
    attestations: Vec<Attestation>,
    #[serde(default)]
    denied: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Rule {
    AnyOf(Vec<Who>),
    Word(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Who {
    Key {
        key: String,
        #[serde(default)]
        tlog: bool,
    },
    Identity {
        issuer: String,
        identity: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attestation {
    predicates: Vec<String>,
    signers: Option<Vec<Who>>,
}

fn signers(who: Vec<Who>) -> Vec<Signer> {
    let signer = |who| match who {
        Who::Key { key, tlog } => Signer::Key { pem: bytes(&format!("keys/{key}")), tlog },
        Who::Identity { issuer, identity } => Signer::Identity { issuer, identity_glob: identity },
    };
    who.into_iter().map(signer).collect()
}

impl Case {
    fn digest(&self) -> Digest {
        let named = || Digest::of(bytes(&format!("manifests/{}", self.manifest)));
        self.manifest.parse().unwrap_or_else(|_| named())
    }

    fn requirement(self) -> Requirement {
        let signature = match self.signature {
            Rule::AnyOf(who) => SignatureRule::AnyOf(signers(who)),
            Rule::Word(word) if word == "unsigned-allowed" => SignatureRule::UnsignedAllowed,
            Rule::Word(word) => panic!("{word} is no rule"),
        };
        let rule = |Attestation { predicates, signers: who }| AttestationRule {
            predicates,
            signers: who.map(signers),
        };
        Requirement {
            signature,
            attestations: self.attestations.into_iter().map(rule).collect(),
            denied: self.denied.iter().map(|digest| digest.parse().unwrap()).collect(),
        }
    }
}

/// What a person is told.
fn told(verdict: &Result<Verified, TrustError>) -> String {
    match verdict {
        Ok(verified) => format!("accepted\n{}\n", verified.lines().join("\n")),
        Err(error) => {
            let mut text = format!("refused: {}\n{error}\n", error.code());
            let mut source = error.source();
            while let Some(cause) = source {
                text.push_str(&format!("because: {cause}\n"));
                source = cause.source();
            }
            format!("{text}remedy: {}\n", error.remedy().unwrap())
        }
    }
}

#[test]
fn every_case_ends_as_its_file_says() {
    let public = Verifier::new().unwrap();
    let of_root = |name| (name, Verifier::with_trusted_root(&bytes(&format!("roots/{name}"))).unwrap());
    let others = BTreeMap::from(["acme.json", "staging.json"].map(of_root));
    let (mut differences, mut ends) = (Vec::new(), BTreeMap::new());
    for file in fixtures::files(folder().join("cases"), ".json") {
        let case: Case = serde_json::from_slice(&std::fs::read(&file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let bundles: Vec<_> = case.bundles.iter().map(|name| bytes(&format!("bundles/{name}"))).collect();
        let verifier = case.root.as_deref().map_or(&public, |name| &others[name]);
        let digest = case.digest();
        let verdict = verifier.verify(&digest, &bundles, &case.requirement());
        let end = verdict.as_ref().map_or_else(|error| error.code().as_str(), |_| "accepted");
        if let Err(error) = &verdict {
            assert_eq!(error.code().exit(), ExitClass::Trust, "{}", file.display());
        }
        *ends.entry(end).or_insert(0) += 1;
        differences.extend(golden::compare(file.with_extension("txt"), &told(&verdict)).err());
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    // A change that lets everything pass, or nothing, is not blessed by accident.
    for end in [
        "accepted",
        "attestation-missing",
        "digest-denied",
        "key-invalid",
        "signature-invalid",
        "signature-missing",
        "signer-invalid",
        "signer-not-trusted",
    ] {
        assert!(ends.contains_key(end), "no case ends with {end}: {ends:?}");
    }
}

fn good() -> (Digest, Vec<u8>, Requirement) {
    let digest = Digest::of(bytes("manifests/platform-a.json"));
    (digest, bytes("bundles/cosign-acme-a.json"), by_key(bytes("keys/acme.pub")))
}

#[test]
fn what_is_too_much_is_refused_or_does_not_count() {
    let verifier = Verifier::new().unwrap();
    let (digest, bundle, requirement) = good();
    let verdict = verifier.verify(&digest, &vec![bundle.clone(); BUNDLES_LIMIT], &requirement).unwrap();
    assert_eq!((verdict.signatures.len(), verdict.signers().len()), (BUNDLES_LIMIT, 1));
    let refused = verifier.verify(&digest, &vec![bundle.clone(); BUNDLES_LIMIT + 1], &requirement);
    assert_eq!(refused.unwrap_err().code(), Code::SignatureInvalid);

    // White space behind the end changes nothing but the size.
    let padded = |size: usize| [bundle.clone(), vec![b' '; size - bundle.len()]].concat();
    verifier.verify(&digest, &[padded(BUNDLE_LIMIT)], &requirement).unwrap();
    let refused = verifier.verify(&digest, &[padded(BUNDLE_LIMIT + 1)], &requirement).unwrap_err();
    assert_eq!(refused.code(), Code::SignatureInvalid);
    assert!(refused.to_string().contains("524289 bytes"), "{refused}");
}

#[test]
fn no_byte_of_an_envelope_can_be_changed() {
    let verifier = Verifier::new().unwrap();
    let (digest, bundle, requirement) = good();
    let good = verifier.verify(&digest, std::slice::from_ref(&bundle), &requirement).unwrap();
    let text = String::from_utf8(bundle).unwrap();
    for field in ["\"payload\":\"", "\"payloadType\":\"", "\"sig\":\""] {
        let from = text.find(field).unwrap() + field.len();
        let length = text[from..].find('"').unwrap();
        for at in (from..from + length).step_by(if length > 200 { 17 } else { 5 }) {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            if let Ok(verdict) = verifier.verify(&digest, &[changed], &requirement) {
                panic!("{field} at {at}: {verdict:?} instead of {good:?}");
            }
        }
    }
}

#[test]
fn damaged_bundles_never_count_for_more_than_whole_ones() {
    let corpus: Vec<_> = fixtures::files(folder().join("bundles"), ".json")
        .iter()
        .filter(|file| {
            Path::file_name(file).is_some_and(|name| name.to_string_lossy().starts_with("cosign-"))
        })
        .map(|file| std::fs::read(file).unwrap())
        .collect();
    let verifier = Verifier::new().unwrap();
    let (digest, _, requirement) = good();
    let key = PublicKey::from_pem(&bytes("keys/acme.pub")).unwrap();
    let acme = VerifiedSigner::Key { id: key.id(), logged: false };
    let mut damage = Damage::new(7);
    let (mut accepted, mut refused) = (0, BTreeSet::new());
    for _ in 0..rounds(400) {
        match verifier.verify(&digest, &[damage.of(&corpus)], &requirement) {
            // Damage outside of the envelope does not matter; the signer cannot become another.
            Ok(verified) => {
                accepted += 1;
                assert_eq!(verified.signers(), [&acme]);
            }
            Err(error) => {
                refused.insert(error.code());
                assert!(!error.to_string().chars().any(char::is_control), "{error}");
            }
        }
    }
    assert!(accepted > 0 && accepted < 200, "{accepted}");
    assert!(refused.contains(&Code::SignatureInvalid), "{refused:?}");
}

#[test]
fn tasks_may_share_a_verifier() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&Verifier::new().unwrap());
}

#[test]
fn a_root_that_is_none_is_refused() {
    let root = String::from_utf8(bytes("roots/acme.json")).unwrap();
    let cut = &root[..root.len() / 2];
    let no_key = root.replace("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", "AAAwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE");
    for wrong in ["", "{}", cut, &no_key] {
        let Err(error) = Verifier::with_trusted_root(wrong.as_bytes()) else { panic!("accepted: {wrong}") };
        assert_eq!(error.code(), Code::TrustedRootInvalid);
    }
    assert!(Verifier::with_trusted_root(&[0xff]).is_err());
}
