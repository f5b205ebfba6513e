//! Platforms from artifacts: who signed is judged first, and what was judged is what is installed. Layouts on disk stand
//! for registries here: behind the port they are the same.

use std::collections::BTreeMap;
use std::path::Path;

use innominatus_engine::{Answer, Installed, Terms, UpdateInput, Updated, Wanted};
use innominatus_model::{Coded as _, Digest};
use innominatus_package::{ComponentFacts, IMAGE_MANIFEST_TYPE, Image, Stamp, Tag, open_folder};
use innominatus_registry::trust::{self, SigningKey, Subject};
use innominatus_registry::{Layout, NewReferrer, layout_repository, push};
use innominatus_sandbox::inspect;
use innominatus_testkit::programs;
use tempfile::TempDir;

use crate::house::{House, chain, name};
use crate::platforms::changed;
use crate::versions::wider;

/// A key, both halves.
pub(crate) struct Key {
    private: String,
    public: Vec<u8>,
}

impl Key {
    pub(crate) fn new() -> Self {
        let (private, public) = trust::generate().unwrap();
        Self { private: private.to_string(), public: public.into_bytes() }
    }
}

/// A layout that versions of the fixtures are put into.
pub(crate) struct Shelf(TempDir);

impl Shelf {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.0.path().join("layout")
    }

    pub(crate) async fn put(&self, folder: &Path, tag: &str, key: Option<&Key>) -> Digest {
        let package = open_folder(folder).unwrap();
        let facts = package
            .components()
            .map(|(path, blob)| (path.to_owned(), ComponentFacts::from(&inspect(&blob.bytes).unwrap())));
        let image = Image::pack(&package, &facts.collect::<BTreeMap<_, _>>(), &Stamp::default()).unwrap();
        let subject = Subject {
            media_type: IMAGE_MANIFEST_TYPE.into(),
            digest: image.digest(),
            size: image.manifest_bytes().len() as u64,
        };
        let signed = key.map(|key| {
            let signed =
                trust::sign(&SigningKey::from_pem(key.private.as_bytes()).unwrap(), &subject).unwrap();
            let blobs = signed.blobs.into_iter().map(|(_, bytes)| bytes).collect();
            NewReferrer { manifest: signed.manifest, blobs }
        });
        let layout = Layout::create(&self.path()).unwrap();
        let tags: Vec<Tag> = vec![tag.parse().unwrap()];
        push(&layout, &layout_repository(), &tags, &image, signed.as_slice(), true).await.unwrap();
        image.digest()
    }

    fn wanted(&self, tag: &str) -> Wanted {
        Wanted::Reference(format!("oci-layout:{}:{tag}", self.path().display()))
    }
}

pub(crate) fn trusting(key: &Key) -> Terms {
    Terms { keys: vec![("acme.pub".into(), key.public.clone())], ..Terms::default() }
}

async fn install(house: &House, wanted: &Wanted, terms: &Terms) -> Result<Installed, (String, String)> {
    let came = house.engine.install_from(&name("default"), wanted, Some(&Answer::all()), terms).await;
    came.map_err(|error| (error.code().to_string(), chain(&error)))
}

async fn refused(house: &House, wanted: &Wanted, terms: &Terms) -> String {
    let before = house.installed().await.0;
    let (code, _) = install(house, wanted, terms).await.expect_err("it is refused");
    assert_eq!(house.installed().await.0, before, "nothing has changed");
    code
}

pub(crate) fn fixtures() -> std::path::PathBuf {
    programs::platform("fixtures")
}

pub(crate) fn newer(version: &str) -> TempDir {
    changed("  version: 1.0.0\n", &format!("  version: {version}\n"))
}

#[tokio::test]
async fn what_nobody_vouches_for_is_refused_unless_that_is_said() {
    let (house, shelf) = (House::empty().await, Shelf::new());
    let digest = shelf.put(&fixtures(), "1.0.0", None).await;
    let wanted = shelf.wanted("1.0.0");
    assert_eq!(refused(&house, &wanted, &Terms::default()).await, "signature-missing");
    assert_eq!(refused(&house, &wanted, &trusting(&Key::new())).await, "signature-missing");
    let unsigned = Terms { allow_unsigned: true, ..Terms::default() };
    let installed = install(&house, &wanted, &unsigned).await.unwrap();
    assert_eq!(installed.platform.digest, digest);
    // A folder with the same files is the same platform.
    let again = house.engine.install(&name("default"), &fixtures(), None).await.unwrap();
    assert!(again.unchanged);
}

#[tokio::test]
async fn who_signed_is_judged_before_anything_else_and_remembered() {
    let (house, shelf, key) = (House::empty().await, Shelf::new(), Key::new());
    let digest = shelf.put(&fixtures(), "1.0.0", Some(&key)).await;
    let wanted = shelf.wanted("1.0.0");
    assert_eq!(refused(&house, &wanted, &trusting(&Key::new())).await, "signer-not-trusted");
    let other = Terms { digest: Some(Digest::of("other")), ..trusting(&key) };
    assert_eq!(refused(&house, &wanted, &other).await, "artifact-digest");

    let terms = Terms { digest: Some(digest), ..trusting(&key) };
    let installed = install(&house, &wanted, &terms).await.unwrap();
    let origin = installed.platform.origin.unwrap();
    assert!(origin.signer.unwrap().to_string().starts_with("key sha256:"));
    assert!(origin.blobs.iter().any(|blob| blob.role == "signature"), "kept, to be looked at again");

    // Whoever signed the first signs the next, and nobody has to say so again.
    shelf.put(newer("1.1.0").path(), "1.1.0", Some(&Key::new())).await;
    let update = UpdateInput::default();
    let foreign = house.engine.update(&name("default"), &name("fixtures"), &update).await.unwrap_err();
    assert_eq!(foreign.code().as_str(), "signer-not-trusted", "{}", chain(&foreign));
    shelf.put(newer("1.2.0").path(), "1.2.0", Some(&key)).await;
    let updated = house.engine.update(&name("default"), &name("fixtures"), &update).await;
    let updated = updated.unwrap_or_else(|error| panic!("{}", chain(&error)));
    let Updated::Installed(installed) = updated else { panic!("{updated:?}") };
    assert_eq!(installed.platform.version.to_string(), "1.2.0");
    let updated = house.engine.update(&name("default"), &name("fixtures"), &update).await.unwrap();
    assert!(matches!(updated, Updated::Current(_)), "{updated:?}");
}

#[tokio::test]
async fn the_machines_policy_cannot_be_talked_out_of_it() {
    let (folder, shelf) = (std::sync::Arc::new(tempfile::tempdir().unwrap()), Shelf::new());
    let system = tempfile::tempdir().unwrap();
    let (mine, theirs) = (Key::new(), Key::new());
    let mut config = crate::house::quick(folder.path());
    config.sources.system = system.path().to_owned();
    let house = House::configured(Default::default(), folder, config).await;
    let digest = shelf.put(&fixtures(), "1.0.0", Some(&theirs)).await;
    std::fs::write(system.path().join("acme.pub"), &mine.public).unwrap();
    let policy =
        |deny: &str| format!("trust:\n  - scope: local\n    require:\n      - key: acme.pub\n{deny}");
    std::fs::write(system.path().join("policy.yaml"), policy("")).unwrap();
    let wanted = shelf.wanted("1.0.0");
    for terms in [trusting(&theirs), Terms { allow_unsigned: true, ..Terms::default() }] {
        assert_eq!(refused(&house, &wanted, &terms).await, "signer-not-trusted");
    }
    std::fs::write(system.path().join("acme.pub"), &theirs.public).unwrap();
    std::fs::write(system.path().join("policy.yaml"), policy(&format!("deny: [\"{digest}\"]\n"))).unwrap();
    assert_eq!(refused(&house, &wanted, &Terms::default()).await, "digest-denied");
    std::fs::write(system.path().join("policy.yaml"), "trust: {\n").unwrap();
    let code = refused(&house, &wanted, &trusting(&theirs)).await;
    assert!(
        code.starts_with("policy") || code.ends_with("syntax"),
        "{code}: what cannot be read allows nothing"
    );
    std::fs::remove_file(system.path().join("policy.yaml")).unwrap();
    std::os::unix::fs::symlink("nowhere", system.path().join("policy.yaml")).unwrap();
    let code = refused(&house, &wanted, &trusting(&theirs)).await;
    assert_eq!(code, "file-unreadable", "a link that leads nowhere is not the same as no policy");
    std::fs::remove_file(system.path().join("policy.yaml")).unwrap();
    std::fs::write(system.path().join("policy.yaml"), policy("")).unwrap();
    install(&house, &wanted, &Terms::default()).await.unwrap();
}

/// An engine whose machine has a policy, and where that is written.
async fn policed() -> (House, TempDir) {
    let (folder, system) = (std::sync::Arc::new(tempfile::tempdir().unwrap()), tempfile::tempdir().unwrap());
    let mut config = crate::house::quick(folder.path());
    config.sources.system = system.path().to_owned();
    (House::configured(Default::default(), folder, config).await, system)
}

fn deny(system: &TempDir, digest: Digest) {
    std::fs::write(system.path().join("policy.yaml"), format!("deny: [\"{digest}\"]\n")).unwrap();
}

#[tokio::test]
async fn a_folder_is_judged_by_the_rules_for_this_machine() {
    let ((house, system), shelf) = (policed().await, Shelf::new());
    let digest = shelf.put(&fixtures(), "1.0.0", None).await;
    let (folder, terms) = (Wanted::Folder(fixtures()), Terms::default());
    deny(&system, digest);
    assert_eq!(refused(&house, &folder, &terms).await, "digest-denied");
    std::fs::write(system.path().join("acme.pub"), Key::new().public).unwrap();
    let signed = "trust:\n  - scope: local\n    require:\n      - key: acme.pub\n";
    std::fs::write(system.path().join("policy.yaml"), signed).unwrap();
    assert_eq!(refused(&house, &folder, &terms).await, "signature-missing");
    std::fs::write(system.path().join("policy.yaml"), "trust:\n  - scope: local\n    allow: unsigned\n")
        .unwrap();
    install(&house, &folder, &terms).await.unwrap();
}

#[tokio::test]
async fn what_is_denied_later_is_neither_gone_back_to_nor_approved_nor_switched_on() {
    let ((house, system), shelf, key) = (policed().await, Shelf::new(), Key::new());
    let (tenant, fixtures_name) = (name("default"), name("fixtures"));
    let first = shelf.put(&fixtures(), "1.0.0", Some(&key)).await;
    let second = shelf.put(newer("1.1.0").path(), "1.1.0", Some(&key)).await;
    install(&house, &shelf.wanted("1.0.0"), &trusting(&key)).await.unwrap();
    install(&house, &shelf.wanted("1.1.0"), &trusting(&key)).await.unwrap();
    deny(&system, first);
    let back = house.engine.rollback(&tenant, &fixtures_name, None, true).await.unwrap_err();
    assert_eq!(back.code().as_str(), "digest-denied");
    house.engine.enable(&tenant, &fixtures_name, false).await.unwrap();
    deny(&system, second);
    let on = house.engine.enable(&tenant, &fixtures_name, true).await.unwrap_err();
    assert_eq!(on.code().as_str(), "digest-denied");

    // What waits is judged by the rules that hold when a person says yes.
    let third = shelf.put(wider("1.2.0").path(), "1.2.0", Some(&key)).await;
    deny(&system, first);
    let update = UpdateInput { from: Some(shelf.wanted("1.2.0")), ..UpdateInput::default() };
    let held = house.engine.update(&tenant, &fixtures_name, &update).await.unwrap();
    assert!(matches!(held, Updated::Held { .. }), "{held:?}");
    let yes =
        async |digest: Digest| house.engine.approve(&tenant, &fixtures_name, None, Some(&digest), None).await;
    assert_eq!(yes(first).await.unwrap_err().code().as_str(), "nothing-held", "that was not what was read");
    std::fs::write(system.path().join("other.pub"), Key::new().public).unwrap();
    let rule = "trust:\n  - scope: local\n    require:\n      - key: other.pub\n";
    std::fs::write(system.path().join("policy.yaml"), rule).unwrap();
    assert_eq!(yes(third).await.unwrap_err().code().as_str(), "signer-not-trusted");
    deny(&system, third);
    assert_eq!(yes(third).await.unwrap_err().code().as_str(), "digest-denied");
    std::fs::remove_file(system.path().join("policy.yaml")).unwrap();
    yes(third).await.unwrap();
}

#[tokio::test]
async fn nobody_takes_over_what_a_platform_of_the_same_name_may_do() {
    let (house, shelf, key) = (House::empty().await, Shelf::new(), Key::new());
    let (other, theirs) = (Shelf::new(), Key::new());
    shelf.put(&fixtures(), "1.0.0", Some(&key)).await;
    other.put(newer("1.1.0").path(), "1.1.0", Some(&theirs)).await;
    install(&house, &shelf.wanted("1.0.0"), &trusting(&key)).await.unwrap();
    let update =
        UpdateInput { from: Some(other.wanted("1.1.0")), terms: trusting(&theirs), ..UpdateInput::default() };
    let held = house.engine.update(&name("default"), &name("fixtures"), &update).await.unwrap();
    let Updated::Held { held, .. } = held else { panic!("{held:?}") };
    assert!(held.wider[0].starts_with("it comes from `oci-layout:"), "{:?}", held.wider);
    let came =
        house.engine.install_from(&name("default"), &other.wanted("1.1.0"), None, &trusting(&theirs)).await;
    assert_eq!(came.unwrap_err().code().as_str(), "capability-not-granted");
    // Whatever it may do: nothing is as much a place to take as much.
    let poor = House::empty().await;
    let nothing = Answer { choices: vec!["none".parse().unwrap()], file: None };
    let first = shelf.wanted("1.0.0");
    poor.engine.install_from(&name("default"), &first, Some(&nothing), &trusting(&key)).await.unwrap();
    let held = poor.engine.update(&name("default"), &name("fixtures"), &update).await.unwrap();
    assert!(matches!(held, Updated::Held { .. }), "{held:?}");
    let folder = poor.engine.install(&name("default"), newer("1.3.0").path(), None).await.unwrap_err();
    assert!(chain(&folder).contains("would stand in for what is installed"), "{}", chain(&folder));

    // Elsewhere, but of the same hand.
    other.put(newer("1.2.0").path(), "1.2.0", Some(&key)).await;
    let came =
        house.engine.install_from(&name("default"), &other.wanted("1.2.0"), None, &trusting(&key)).await;
    came.unwrap_or_else(|error| panic!("{}", chain(&error)));
}

#[tokio::test]
async fn a_tag_that_is_a_version_names_that_version() {
    let (house, shelf, key) = (House::empty().await, Shelf::new(), Key::new());
    for (tag, code) in [("2.0.0", Some("artifact-invalid")), ("1.0.0-dev", None), ("latest", None)] {
        shelf.put(&fixtures(), tag, Some(&key)).await;
        match code {
            Some(code) => assert_eq!(refused(&house, &shelf.wanted(tag), &trusting(&key)).await, code),
            None => drop(install(&house, &shelf.wanted(tag), &trusting(&key)).await.unwrap()),
        }
    }
}

#[tokio::test]
async fn an_older_version_from_afar_has_to_be_meant() {
    let (house, shelf, key) = (House::empty().await, Shelf::new(), Key::new());
    shelf.put(&fixtures(), "1.0.0", Some(&key)).await;
    shelf.put(newer("1.1.0").path(), "1.1.0", Some(&key)).await;
    install(&house, &shelf.wanted("1.1.0"), &trusting(&key)).await.unwrap();
    assert_eq!(refused(&house, &shelf.wanted("1.0.0"), &trusting(&key)).await, "platform-downgrade");
    let meant = Terms { allow_downgrade: true, ..trusting(&key) };
    install(&house, &shelf.wanted("1.0.0"), &meant).await.unwrap();
    let serving = house.engine.one_of(&name("default"), &name("fixtures"), None).await.unwrap();
    assert_eq!(serving.platform.version.to_string(), "1.1.0", "it stands beside the newer one");
    assert_eq!(refused(&house, &shelf.wanted("3.0.0"), &meant).await, "artifact-not-found");
}
