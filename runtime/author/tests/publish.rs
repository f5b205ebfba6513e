//! Signing what was published: the signature, and the attestation where one was promised. A layout on disk stands for a
//! registry: behind the port they are the same.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use innominatus_author::publish::{
    Access, PrivateKey, PushInput, SignInput, Signed, Stage, new_key, pack, push, sign,
};
use innominatus_model::{Code, Coded as _, Digest};
use innominatus_package::Descriptor;
use innominatus_registry::trust::{
    AttestationRule, BUNDLE_TYPE, PROVENANCE_PREDICATE, Requirement, SIGNATURE_PREDICATE, SignatureRule,
    Signer, Verifier, bundle_of,
};
use innominatus_registry::{INDEX, Layout, Registry as _, layout_repository, put_document};
use innominatus_testkit::programs;
use innominatus_testkit::registry::{FakeRegistry, Habits};
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

#[tokio::test]
async fn a_tag_that_goes_on_leads_to_the_newest_version_and_never_back() {
    let fake = FakeRegistry::start(Habits::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let access = Access::read(folder.path()).unwrap();
    let pushed = async |version: &str, stage: Stage, description: &str| {
        let project = folder.path().join(format!("{version}{description}"));
        programs::copy_platform("fixtures", &project);
        let text = std::fs::read_to_string(project.join("platform.yaml")).unwrap();
        let text = text.replacen("  version: 1.0.0\n", &format!("  version: {version}\n"), 1);
        let text = text.replacen("well-behaved or not", description, 1);
        let tags = "[\"{version}\", \"{major}.{minor}\", stable]";
        let publish = format!("publish:\n  registry: {}/acme/fixtures\n  tags: {tags}\n", fake.host());
        std::fs::write(project.join("platform.yaml"), text + &publish).unwrap();
        let input = PushInput { folder: project, to: None, stage, replace: false, dry_run: false };
        let outcome = push(&access, &input).await.map_err(|error| error.code())?;
        let tag = |reference: &String| reference.rsplit(':').next().unwrap().to_owned();
        Ok::<_, Code>(outcome.references.iter().map(tag).collect::<Vec<_>>())
    };
    assert_eq!(pushed("1.0.0", Stage::Prod, "first").await.unwrap(), ["1.0.0", "1.0", "stable"]);
    assert_eq!(pushed("1.0.1", Stage::Prod, "mended").await.unwrap(), ["1.0.1", "1.0", "stable"]);
    // What was released stays what it is, and an older version leaves what a newer one bears.
    assert_eq!(pushed("1.0.1", Stage::Prod, "otherwise").await.unwrap_err(), Code::ArtifactExists);
    assert_eq!(pushed("0.9.0", Stage::Prod, "before").await.unwrap(), ["0.9.0", "0.9"]);
}
