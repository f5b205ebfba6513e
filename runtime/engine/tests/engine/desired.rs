//! `platforms.yaml` as desired state: what is wanted is there afterwards, what is not known is said, and a lock says
//! exactly what serves.

use innominatus_engine::{Access, Answer, Became, DesiredEntry, InstallError, Terms, UpdateInput};
use innominatus_model::{Coded as _, SecretName, Version};
use innominatus_package::{LockedSigner, RegistryCredentials, VersionRule};

use crate::afar::{Key, Shelf, fixtures, newer, trusting};
use crate::house::{House, chain, name};
use crate::versions::wider;

fn entry(shelf: &Shelf, version: &str, terms: Terms) -> DesiredEntry {
    DesiredEntry {
        name: name("ours"),
        repository: format!("oci-layout:{}", shelf.path().display()),
        version: VersionRule::parse(version).unwrap(),
        enabled: true,
        answer: Some(Answer::all()),
        terms,
        locked: None,
        highest: None,
    }
}

async fn make(house: &House, entry: &DesiredEntry) -> Became {
    house.engine.make_desired(&name("default"), entry).await
}

async fn plan(house: &House, entry: &DesiredEntry) -> String {
    house.engine.plan_desired(&name("default"), entry).await.unwrap()
}

fn installed(became: Became) -> Version {
    match became {
        Became::Installed(platform) => platform.version,
        other => panic!("{other:?}"),
    }
}

async fn serving(house: &House) -> String {
    let one = house.engine.one_of(&name("default"), &name("fixtures"), None).await.unwrap();
    format!("{} {}", one.platform.version, if one.serving { "serves" } else { "is off" })
}

#[tokio::test]
async fn what_is_wanted_is_there_and_nothing_else_is_done() {
    let (house, shelf, key) = (House::empty().await, Shelf::new(), Key::new());
    shelf.put(&fixtures(), "1.0.0", Some(&key)).await;
    let first = entry(&shelf, "^1.0", trusting(&key));
    assert_eq!(plan(&house, &first).await, "1.0.0 is installed");
    assert!(house.ledger().platforms(&name("default")).await.unwrap().is_empty(), "a plan does nothing");
    assert_eq!(installed(make(&house, &first).await), Version::new(1, 0, 0));

    // Nobody has to answer twice.
    let same = DesiredEntry { answer: None, ..first.clone() };
    assert!(matches!(make(&house, &same).await, Became::Unchanged(_)));
    assert!(matches!(make(&house, &first).await, Became::Unchanged(_)));
    shelf.put(newer("1.1.0").path(), "1.1.0", Some(&key)).await;
    shelf.put(newer("2.0.0").path(), "2.0.0", Some(&key)).await;
    assert_eq!(plan(&house, &same).await, "1.0.0 becomes 1.1.0");
    assert_eq!(installed(make(&house, &same).await), Version::new(1, 1, 0));

    // What asks for more waits, and what serves goes on.
    shelf.put(wider("1.2.0").path(), "1.2.0", Some(&key)).await;
    let Became::Held(still, waits) = make(&house, &same).await else { panic!("it is not held") };
    assert_eq!((still.version, waits), (Version::new(1, 1, 0), Version::new(1, 2, 0)));
    assert_eq!(serving(&house).await, "1.1.0 serves");

    let off = DesiredEntry { enabled: false, ..same.clone() };
    assert!(matches!(make(&house, &off).await, Became::Disabled(Some(_))));
    assert_eq!(serving(&house).await, "1.1.0 is off");
    let exact = DesiredEntry { version: VersionRule::parse("1.1.0").unwrap(), ..same };
    assert!(matches!(make(&house, &exact).await, Became::Unchanged(_)));
    assert_eq!(serving(&house).await, "1.1.0 serves", "what is wanted is switched on again");
}

#[tokio::test]
async fn an_older_version_has_to_be_meant_in_a_file_as_well() {
    let (house, shelf, key) = (House::empty().await, Shelf::new(), Key::new());
    shelf.put(&fixtures(), "1.0.0", Some(&key)).await;
    shelf.put(newer("1.1.0").path(), "1.1.0", Some(&key)).await;
    installed(make(&house, &entry(&shelf, "1.1.0", trusting(&key))).await);
    let back = entry(&shelf, "1.0.0", trusting(&key));
    let Became::Failed(error) = make(&house, &back).await else { panic!("it went back") };
    assert!(chain(&error).contains("older than 1.1.0"), "{}", chain(&error));
    let planned = house.engine.plan_desired(&name("default"), &back).await.unwrap_err();
    assert_eq!(planned.code().as_str(), "platform-downgrade", "and a plan says so before it is done");
    let meant = Terms { allow_downgrade: true, ..trusting(&key) };
    assert_eq!(
        house.ledger().platforms(&name("default")).await.unwrap().len(),
        1,
        "nothing was installed besides"
    );
    installed(make(&house, &DesiredEntry { terms: meant, ..back }).await);
    assert_eq!(serving(&house).await, "1.0.0 serves");
}

#[tokio::test]
async fn a_private_registry_is_not_asked_without_credentials() {
    let (house, shelf) = (House::empty().await, Shelf::new());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let registry = listener.local_addr().unwrap().to_string();
    let open =
        DesiredEntry { repository: format!("{registry}/acme/ours"), ..entry(&shelf, "^1", Terms::default()) };
    let access = Some(Access { credentials: None, private: true });
    let private = DesiredEntry { terms: Terms { access, ..Terms::default() }, ..open.clone() };
    for became in [make(&house, &private).await, make(&house, &private).await] {
        let Became::Failed(error) = became else { panic!("{became:?}") };
        assert_eq!(error.code().as_str(), "registry-denied");
        assert!(
            said(&error).contains(&format!("`{registry}` is private, and there are no credentials for it"))
        );
    }
    assert!(tokio::time::timeout(std::time::Duration::ZERO, listener.accept()).await.is_err());
    // The same place is asked where it need not be kept from anybody.
    tokio::select! {
        became = make(&house, &open) => panic!("nobody was asked: {became:?}"),
        asked = listener.accept() => drop(asked.unwrap()),
    }
}

#[tokio::test]
async fn how_a_registry_is_asked_is_remembered_until_the_file_says_otherwise() {
    let (house, shelf, key) = (House::empty().await, Shelf::new(), Key::new());
    shelf.put(&fixtures(), "1.0.0", Some(&key)).await;
    let secret = SecretName::new("registry/token").unwrap();
    let access = Access { credentials: Some(RegistryCredentials::Bearer { secret }), private: true };
    let wanted = entry(&shelf, "^1", Terms { access: Some(access), ..trusting(&key) });
    installed(make(&house, &wanted).await);

    // As if it had come from a registry: nobody is asked, because the secret is not there.
    let (tenant, fixtures) = (name("default"), name("fixtures"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let before = house.ledger().subscription(&tenant, &fixtures).await.unwrap().unwrap();
    assert_eq!(before.value.access.as_ref().map(|access| access.private), Some(true));
    let mut now = before.value.clone();
    now.source = Some(format!("oci://{}/acme/ours", listener.local_addr().unwrap()));
    let mut change = house.ledger().change();
    change.put_subscription(&now, Some(&before));
    change.commit().await.unwrap();
    // Another place than the one that they were said for is shown nothing.
    let input = UpdateInput::default();
    tokio::select! {
        update = house.engine.update(&tenant, &fixtures, &input) => panic!("nobody was asked: {update:?}"),
        asked = listener.accept() => drop(asked.unwrap()),
    }
    let elsewhere = house.ledger().subscription(&tenant, &fixtures).await.unwrap().unwrap();
    now.access.as_mut().unwrap().source = now.source.clone().unwrap();
    let mut change = house.ledger().change();
    change.put_subscription(&now, Some(&elsewhere));
    change.commit().await.unwrap();
    let update = house.engine.update(&tenant, &fixtures, &UpdateInput::default()).await.unwrap_err();
    assert!(said(&update).contains("the secret `registry/token` does not exist"), "{}", said(&update));
    assert!(tokio::time::timeout(std::time::Duration::ZERO, listener.accept()).await.is_err());

    let after = house.ledger().subscription(&tenant, &fixtures).await.unwrap().unwrap();
    let mut change = house.ledger().change();
    change.put_subscription(&before.value, Some(&after));
    change.commit().await.unwrap();
    let terms = Terms { access: Some(Access::default()), ..trusting(&key) };
    make(&house, &DesiredEntry { terms, answer: None, ..wanted }).await;
    let now = house.ledger().subscription(&tenant, &fixtures).await.unwrap().unwrap().value;
    assert_eq!(now.access, None);
}

#[tokio::test]
async fn how_far_a_lock_knows_a_platform_to_have_come_holds_on_every_machine() {
    let (house, shelf, key) = (House::empty().await, Shelf::new(), Key::new());
    shelf.put(&fixtures(), "1.0.0", Some(&key)).await;
    let highest = Some(Version::new(1, 2, 0));
    let older = DesiredEntry { highest: highest.clone(), ..entry(&shelf, "^1", trusting(&key)) };
    assert_eq!(make(&house, &older).await.code().map(|code| code.as_str()), Some("platform-downgrade"));
    let meant = Terms { allow_downgrade: true, ..trusting(&key) };
    let Became::Installed(platform) = make(&house, &DesiredEntry { terms: meant, ..older }).await else {
        panic!("it is meant")
    };
    let lock = house.engine.lock(&name("default"), &[(name("ours"), platform)]).await.unwrap();
    assert_eq!(lock.platforms[&name("ours")].highest, highest, "it is handed on");
}

fn said(error: &InstallError) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        said.push_str(&format!(": {error}"));
        cause = error.source();
    }
    said
}

#[tokio::test]
async fn a_lock_says_what_serves_and_brings_exactly_that() {
    let (house, shelf, key) = (House::empty().await, Shelf::new(), Key::new());
    let digest = shelf.put(&fixtures(), "1.0.0", Some(&key)).await;
    let wanted = entry(&shelf, "^1", trusting(&key));
    let Became::Installed(platform) = make(&house, &wanted).await else { panic!("it is not installed") };
    let lock = house.engine.lock(&name("default"), &[(name("ours"), platform)]).await.unwrap();
    let locked = &lock.platforms[&name("ours")];
    assert_eq!((locked.version.clone(), locked.digest), (Version::new(1, 0, 0), digest));
    assert!(matches!(locked.signer, LockedSigner::Key { .. }), "{:?}", locked.signer);

    // Another machine, later: something newer is there, and the tag is something else by now.
    shelf.put(newer("1.1.0").path(), "1.1.0", Some(&key)).await;
    let other = House::empty().await;
    let terms = Terms { digest: Some(locked.digest), ..trusting(&key) };
    let exactly = DesiredEntry { locked: Some(locked.version.clone()), terms, ..wanted };
    assert_eq!(plan(&other, &exactly).await, "1.0.0 is installed");
    assert_eq!(installed(make(&other, &exactly).await), Version::new(1, 0, 0));
    assert!(matches!(make(&other, &exactly).await, Became::Unchanged(_)));

    // A lock that was edited contradicts itself.
    let third = House::empty().await;
    let edited = DesiredEntry { locked: Some(Version::new(1, 1, 0)), ..exactly };
    assert_eq!(make(&third, &edited).await.code().map(|code| code.as_str()), Some("lock-invalid"));
    assert!(third.ledger().platforms(&name("default")).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_there_or_not_trusted_is_said_and_nothing_is_changed() {
    let (house, shelf, key) = (House::empty().await, Shelf::new(), Key::new());
    shelf.put(&fixtures(), "1.0.0", Some(&key)).await;
    for (version, terms, code) in [
        ("^2", trusting(&key), "artifact-not-found"),
        ("^1", trusting(&Key::new()), "signer-not-trusted"),
        ("^1", Terms::default(), "signature-missing"),
    ] {
        let became = make(&house, &entry(&shelf, version, terms)).await;
        assert_eq!(became.code().map(|code| code.as_str()), Some(code), "{became:?}");
    }
    assert!(house.ledger().platforms(&name("default")).await.unwrap().is_empty());
}
