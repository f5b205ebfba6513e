//! Signing what was published: the signature, and the attestation where one was promised. A layout on disk stands for a
//! registry: behind the port they are the same.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use innominatus_author::publish::{Access, PrivateKey, SignInput, Signed, Stage, new_key, pack, sign};
use innominatus_model::{Code, Coded as _, Digest};
use innominatus_package::Descriptor;
use innominatus_registry::trust::{
    AttestationRule, BUNDLE_TYPE, PROVENANCE_PREDICATE, Requirement, SIGNATURE_PREDICATE, SignatureRule,
    Signer, Verifier, bundle_of,
};
use innominatus_registry::{INDEX, Layout, Registry as _, layout_repository, put_document};
use innominatus_testkit::programs;
use tempfile::TempDir;

/// A packed platform, and a key to sign it with.
struct Shelf {
    folder: TempDir,
    access: Access,
    reference: String,
}

impl Shelf {
    /// With this at the end of `platform.yaml`.
    async fn with(publish: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        programs::copy_platform("fixtures", &project);
        let manifest = OpenOptions::new().append(true).open(project.join("platform.yaml"));
        manifest.unwrap().write_all(publish.as_bytes()).unwrap();
        let access = Access::read(folder.path()).unwrap();
        let packed = pack(&access, &project, &folder.path().join("layout"), Stage::Prod).await.unwrap();
        new_key(&folder.path().join("acme")).unwrap();
        Self { folder, access, reference: packed.reference }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn input(&self, provenance: bool) -> SignInput {
        SignInput {
            reference: self.reference.clone(),
            key: PrivateKey::read(&self.at("acme.key")).unwrap(),
            project: self.at("project"),
            provenance,
        }
    }

    async fn sign(&self, provenance: bool) -> Signed {
        sign(&self.access, &self.input(provenance)).await.unwrap()
    }

    /// The code of whoever judges it, where the policy wants to know where it was made; `good` if it is accepted.
    async fn judged(&self, signed: &Signed) -> &'static str {
        let (layout, place) = (Layout::open(&self.at("layout")).unwrap(), layout_repository());
        let mut bundles = Vec::new();
        for referrer in layout.referrers(&place, &signed.digest).await.unwrap() {
            let blob = bundle_of(&referrer.manifest, &signed.digest).unwrap();
            let at = Descriptor::at(BUNDLE_TYPE, blob.digest, blob.size);
            bundles.push(layout.blob(&place, &at).await.unwrap());
        }
        let pem = std::fs::read(self.at("acme.pub")).unwrap();
        let predicates = vec![PROVENANCE_PREDICATE.to_owned()];
        let requirement = Requirement {
            signature: SignatureRule::AnyOf(vec![Signer::Key { pem, tlog: false }]),
            attestations: vec![AttestationRule { predicates, signers: None }],
            denied: Default::default(),
        };
        match Verifier::new().unwrap().verify(&signed.digest, &bundles, &requirement) {
            Ok(_) => "good",
            Err(error) => error.code().as_str(),
        }
    }
}

const PUBLISH: &str = "publish:\n  registry: registry.example/acme/fixtures\n";

#[tokio::test]
async fn what_platform_yaml_promises_is_attested() {
    let shelf = Shelf::with(&format!("{PUBLISH}  provenance: true\n")).await;
    let signed = shelf.sign(false).await;
    let attestation = signed.attestation.clone().unwrap();
    assert_eq!(attestation.predicate_type, PROVENANCE_PREDICATE);
    assert_eq!(attestation.source, None, "git does not keep this project");
    let layout = Layout::open(&shelf.at("layout")).unwrap();
    let found = layout.referrers(&layout_repository(), &signed.digest).await.unwrap();
    let mut said: Vec<_> = found
        .iter()
        .map(|it| {
            (it.descriptor.digest, it.descriptor.annotations["dev.sigstore.bundle.predicateType"].as_str())
        })
        .collect();
    said.sort_by_key(|(_, predicate)| *predicate);
    let both = [(signed.signature, SIGNATURE_PREDICATE), (attestation.digest, PROVENANCE_PREDICATE)];
    assert_eq!(said, both);
    assert_eq!(shelf.judged(&signed).await, "good");
}

#[tokio::test]
async fn what_is_not_promised_is_attested_where_that_is_asked_for() {
    for publish in ["", PUBLISH] {
        let shelf = Shelf::with(publish).await;
        let signed = shelf.sign(false).await;
        assert_eq!(signed.attestation, None, "{publish}");
        assert_eq!(shelf.judged(&signed).await, "attestation-missing", "{publish}");
        let signed = shelf.sign(true).await;
        assert!(signed.attestation.is_some(), "{publish}");
        assert_eq!(shelf.judged(&signed).await, "good", "{publish}");
    }
}

#[tokio::test]
async fn what_was_said_before_is_not_said_again() {
    let shelf = Shelf::with(&format!("{PUBLISH}  provenance: true\n")).await;
    let beside = async |digest: &Digest| {
        let layout = Layout::open(&shelf.at("layout")).unwrap();
        layout.referrers(&layout_repository(), digest).await.unwrap().len()
    };
    let first = shelf.sign(false).await;
    assert_eq!(beside(&first.digest).await, 2);
    assert_eq!(shelf.sign(false).await, first);
    assert_eq!(beside(&first.digest).await, 2);
    // Another key says it for itself.
    new_key(&shelf.at("other")).unwrap();
    let input = SignInput { key: PrivateKey::read(&shelf.at("other.key")).unwrap(), ..shelf.input(false) };
    let other = sign(&shelf.access, &input).await.unwrap();
    assert_ne!(other.signature, first.signature);
    assert_eq!(beside(&first.digest).await, 4);
    assert_eq!(shelf.judged(&first).await, "good");
}

#[tokio::test]
async fn what_is_no_platform_is_signed_and_says_nothing_of_where_it_was_made() {
    let mut shelf = Shelf::with("").await;
    let layout = Layout::open(&shelf.at("layout")).unwrap();
    let tag = "index".parse().unwrap();
    put_document(&layout, &layout_repository(), &tag, &INDEX, b"{}").await.unwrap();
    shelf.reference = format!("oci-layout:{}:index", shelf.at("layout").display());
    assert_eq!(shelf.sign(false).await.attestation, None);
    let refused = sign(&shelf.access, &shelf.input(true)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ArtifactInvalid, "{refused}");
}
