//! Both ways between us and the real `cosign`, on a real registry: what we sign it verifies, what it signs we do.
//!
//! Runs where `INNOMINATUS_COSIGN` names a cosign from version 3 and `INNOMINATUS_TEST_REGISTRY` a registry without
//! certificate, as `cargo xtask test` sets them. Elsewhere it says that it is skipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use innominatus_model::{Code, Coded as _, Digest};
use innominatus_registry::trust::{
    AttestationRule, PROVENANCE_PREDICATE, SignedReferrer, SigningKey, Subject, Verifier, attest, bundle_of,
    generate, sign,
};
use oci_client::client::{Client, ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_client::{Reference, RegistryOperation};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::by_key;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A registry, a cosign, and a folder for both.
struct Place {
    cosign: PathBuf,
    address: String,
    client: Client,
    folder: TempDir,
}

impl Place {
    fn here() -> Option<Self> {
        let (cosign, registry) =
            (std::env::var_os("INNOMINATUS_COSIGN"), std::env::var("INNOMINATUS_TEST_REGISTRY"));
        let (Some(cosign), Ok(address)) = (cosign, registry) else {
            #[expect(clippy::print_stderr, reason = "a skipped test says so")]
            {
                eprintln!(
                    "skipped: signatures between cosign and us: INNOMINATUS_COSIGN or INNOMINATUS_TEST_REGISTRY is not set"
                );
            }
            return None;
        };
        let _refused = rustls::crypto::ring::default_provider().install_default();
        let client = Client::new(ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() });
        Some(Self { cosign: cosign.into(), address, client, folder: tempfile::tempdir().unwrap() })
    }

    fn reference(&self, name: &str, at: &str) -> Reference {
        let separator = if at.starts_with("sha256:") { '@' } else { ':' };
        format!("{}/{name}{separator}{at}", self.address).parse().unwrap()
    }

    async fn push(
        &self,
        name: &str,
        at: &str,
        manifest: &[u8],
        kind: &'static str,
        blobs: &[(Digest, Vec<u8>)],
    ) {
        let reference = self.reference(name, at);
        self.client.auth(&reference, &RegistryAuth::Anonymous, RegistryOperation::Push).await.unwrap();
        for (digest, bytes) in blobs {
            self.client.push_blob(&reference, bytes.clone(), &digest.to_string()).await.unwrap();
        }
        let kind = http::HeaderValue::from_static(kind);
        self.client.push_manifest_raw(&reference, manifest.to_vec(), kind).await.unwrap();
    }

    /// Pushes something to be signed.
    async fn platform(&self, name: &str) -> Subject {
        let (config, layer) =
            (format!("{{\"name\":\"{name}\"}}").into_bytes(), format!("name: {name}\n").into_bytes());
        let descriptor = |kind: &str, bytes: &[u8]| json!({ "mediaType": kind, "digest": Digest::of(bytes).to_string(), "size": bytes.len() });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": "application/vnd.example.platform.v1",
            "config": descriptor("application/vnd.example.config.v1+json", &config),
            "layers": [descriptor("text/yaml", &layer)],
        });
        let manifest = manifest.to_string().into_bytes();
        let blobs = [config, layer].map(|bytes| (Digest::of(&bytes), bytes));
        self.push(name, "1.0.0", &manifest, MANIFEST, &blobs).await;
        Subject {
            media_type: MANIFEST.to_owned(),
            digest: Digest::of(&manifest),
            size: manifest.len() as u64,
        }
    }

    /// Attaches one thing, and lists it under the tag.
    async fn attach(&self, name: &str, subject: &Subject, signed: &SignedReferrer) {
        self.push(name, &signed.digest().to_string(), &signed.manifest, MANIFEST, &signed.blobs).await;
        let manifest: Value = serde_json::from_slice(&signed.manifest).unwrap();
        let list = json!({
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [{
                "mediaType": MANIFEST,
                "digest": signed.digest().to_string(),
                "size": signed.manifest.len(),
                "artifactType": manifest["artifactType"],
            }],
        });
        let tag = subject.digest.to_string().replace(':', "-");
        self.push(name, &tag, list.to_string().as_bytes(), INDEX, &[]).await;
    }

    /// Every bundle that is attached, by the list that stands under a tag where a registry keeps none itself.
    async fn bundles(&self, name: &str, subject: &Digest) -> Vec<Vec<u8>> {
        let anonymous = RegistryAuth::Anonymous;
        let list = self.reference(name, &subject.to_string().replace(':', "-"));
        let (list, _) = self.client.pull_manifest_raw(&list, &anonymous, &[INDEX]).await.unwrap();
        let list: Value = serde_json::from_slice(&list).unwrap();
        let mut bundles = Vec::new();
        for entry in list["manifests"].as_array().unwrap() {
            let referrer = self.reference(name, entry["digest"].as_str().unwrap());
            let (manifest, _) =
                self.client.pull_manifest_raw(&referrer, &anonymous, &[MANIFEST]).await.unwrap();
            let blob = bundle_of(&manifest, subject).unwrap();
            let mut bundle = Vec::new();
            self.client.pull_blob(&referrer, blob.digest.to_string().as_str(), &mut bundle).await.unwrap();
            assert_eq!((Digest::of(&bundle), bundle.len() as u64), (blob.digest, blob.size));
            bundles.push(bundle);
        }
        bundles
    }

    fn cosign(&self, arguments: &[&str]) -> Output {
        Command::new(&self.cosign)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("COSIGN_PASSWORD", "only for this test")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    #[track_caller]
    fn cosign_does(&self, arguments: &[&str]) {
        let output = self.cosign(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn verifies(&self, key: &Path, image: &Reference) -> bool {
        let (key, image) = (key.to_str().unwrap(), image.to_string());
        let arguments =
            ["verify", "--key", key, "--insecure-ignore-tlog", "--allow-http-registry", image.as_str()];
        self.cosign(&arguments).status.success()
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }
}

#[tokio::test]
async fn cosign_verifies_what_we_sign() {
    let Some(place) = Place::here() else { return };
    let subject = place.platform("trust/ours").await;
    let image = place.reference("trust/ours", &subject.digest.to_string());
    let (private, public) = generate().unwrap();
    let own = place.file("own.pub", &public);
    let other = place.file("other.pub", generate().unwrap().1);
    assert!(!place.verifies(&own, &image), "nothing is signed yet");

    let key = SigningKey::from_pem(private.as_bytes()).unwrap();
    let signed = sign(&key, &subject).unwrap();
    place.attach("trust/ours", &subject, &signed).await;
    assert!(place.verifies(&own, &image));
    assert!(!place.verifies(&other, &image), "another key verifies nothing");
    let bundles = place.bundles("trust/ours", &subject.digest).await;
    assert_eq!(bundles, [signed.bundle()], "what comes back is what was signed");
}

#[tokio::test]
async fn cosign_verifies_what_we_attest() {
    let Some(place) = Place::here() else { return };
    let subject = place.platform("trust/attested").await;
    let (private, public) = generate().unwrap();
    let key = SigningKey::from_pem(private.as_bytes()).unwrap();
    let predicate = json!({
        "buildDefinition": {
            "buildType": "https://innominatus.io/provenance/platform/v1",
            "externalParameters": { "platform": "acme", "version": "1.0.0" },
        },
        "runDetails": { "builder": { "id": "https://innominatus.io/provenance/author/v1" }, "metadata": {} },
    });
    let attested = attest(&key, &subject, PROVENANCE_PREDICATE, &predicate).unwrap();
    place.attach("trust/attested", &subject, &attested).await;
    place.file("own.pub", &public);
    let image = place.reference("trust/attested", &subject.digest.to_string()).to_string();
    let verifies = |kind: &str| {
        let by_key = ["--key", "own.pub", "--insecure-ignore-tlog", "--allow-http-registry"];
        let verify = [&["verify-attestation", "--type", kind], by_key.as_slice(), &[image.as_str()]].concat();
        place.cosign(&verify).status.success()
    };
    assert!(verifies("slsaprovenance1"));
    assert!(!verifies("spdxjson"), "it is of another kind");
}

#[tokio::test]
async fn we_verify_what_cosign_signs() {
    let Some(place) = Place::here() else { return };
    let subject = place.platform("trust/theirs").await;
    let image = place.reference("trust/theirs", &subject.digest.to_string()).to_string();
    let key = |name: &str| format!("{name}.key");
    for name in ["own", "other"] {
        place.cosign_does(&["generate-key-pair", "--output-key-prefix", name]);
    }
    // No log and no clock of others: this test needs no network.
    place.cosign_does(&["signing-config", "create", "--out", "alone.json"]);
    let public = |name: &str| std::fs::read(place.folder.path().join(format!("{name}.pub"))).unwrap();
    let alone = ["--yes", "--signing-config", "alone.json", "--allow-http-registry"];
    let does = |command: &[&str]| place.cosign_does(&[command, &alone, &[&image]].concat());
    let private = std::fs::read(place.folder.path().join("own.key")).unwrap();
    assert_eq!(SigningKey::from_pem(&private).unwrap_err().code(), Code::KeyInvalid, "cosign alone reads it");

    let verifier = Verifier::new().unwrap();
    let predicate = json!({ "buildDefinition": {}, "runDetails": {} }).to_string();
    let predicate = place.file("slsa.json", predicate);
    does(&[
        "attest",
        "--key",
        &key("own"),
        "--type",
        "slsaprovenance1",
        "--predicate",
        predicate.to_str().unwrap(),
    ]);
    let bundles = place.bundles("trust/theirs", &subject.digest).await;
    let refused = verifier.verify(&subject.digest, &bundles, &by_key(public("own"))).unwrap_err();
    assert_eq!(refused.code(), Code::SignatureMissing, "an attestation is no signature: {refused}");

    does(&["sign", "--key", &key("own")]);
    let bundles = place.bundles("trust/theirs", &subject.digest).await;
    assert_eq!(bundles.len(), 2);
    let mut requirement = by_key(public("own"));
    requirement.attestations =
        vec![AttestationRule { predicates: vec![PROVENANCE_PREDICATE.to_owned()], signers: None }];
    let verified = verifier.verify(&subject.digest, &bundles, &requirement).unwrap();
    assert_eq!((verified.signatures.len(), verified.attestations.len(), verified.ignored.len()), (1, 1, 0));
    let refused = verifier.verify(&subject.digest, &bundles, &by_key(public("other"))).unwrap_err();
    assert_eq!(refused.code(), Code::SignerNotTrusted, "{refused}");
}
