//! Against Debian's `docker-registry`, which keeps no list of referrers: what is pushed is pulled again, byte by byte.

use std::sync::Arc;

use crate::common::{Memory, facts, fresh, image, referrer, remote, remote_as, repository, signature};
use innominatus_model::{Code, Coded as _, Digest};
use innominatus_package::{Tag, TagOrDigest};
use innominatus_registry::{
    Keychain, Layout, NoCache, Registry as _, Tagging, copy, inspect, layout_repository, plan_push, pull,
    push,
};
use innominatus_testkit::registry::real;

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

#[tokio::test]
async fn what_is_pushed_is_pulled_again() {
    let Some(real) = real("what is pushed is pulled again") else { return };
    let (registry, repository) = (remote(), repository(&real.open, &fresh("platform")));
    let first = image("1.0.0", b"\0asm deploy 1");

    let plan = plan_push(&registry, &repository, &[tag("1.0.0")], &first).await.unwrap();
    assert_eq!(plan.tags, [(tag("1.0.0"), Tagging::New)]);
    assert_eq!((plan.moved_bytes(), plan.parts.len()), (first.size(), 7));
    assert!(registry.resolve(&repository, &TagOrDigest::Tag(tag("1.0.0"))).await.unwrap_err().is_not_found());

    let bundle = signature(&first, b"{\"bundle\": 1}");
    let (tags, signatures) = ([tag("1.0.0")], [bundle.clone()]);
    let pushed = push(&registry, &repository, &tags, &first, &signatures, false).await.unwrap();
    assert!(pushed.moved_bytes > first.size());

    let digest = registry.resolve(&repository, &TagOrDigest::Tag(tag("1.0.0"))).await.unwrap();
    assert_eq!(digest, first.digest());
    let cache = Memory::default();
    let pulled = pull(&registry, &repository, &digest, &cache).await.unwrap();
    assert_eq!(pulled.image, first);
    assert_eq!(pulled.moved_bytes, first.size());
    pulled.image.check(&pulled.package, &facts()).unwrap();
    let (_, config) = inspect(&registry, &repository, &digest, &NoCache).await.unwrap();
    assert_eq!(config.version.to_string(), "1.0.0");

    // A new version moves what is new.
    let second = image("1.1.0", b"\0asm deploy 2");
    let pushed =
        push(&registry, &repository, &[tag("1.1.0"), tag("latest")], &second, &[], false).await.unwrap();
    assert!(pushed.moved_bytes < 10_000, "{pushed:?}");
    assert!(pushed.skipped_bytes > 200_000, "{pushed:?}");
    let pulled = pull(&registry, &repository, &second.digest(), &cache).await.unwrap();
    assert!(pulled.moved_bytes < 10_000, "{}", pulled.moved_bytes);
    assert_eq!(
        registry.tags(&repository).await.unwrap().len(),
        4,
        "three, and the list of what is about the first"
    );

    // What is published does not change, unless somebody says so.
    let other = image("1.1.0", b"\0asm another");
    let error = push(&registry, &repository, &[tag("1.1.0")], &other, &[], false).await.unwrap_err();
    assert_eq!(error.code(), Code::ArtifactExists);
    push(&registry, &repository, &[tag("1.1.0")], &other, &[], true).await.unwrap();

    // What is about it is listed though this registry keeps no list.
    let about = registry.referrers(&repository, &digest).await.unwrap();
    assert_eq!(about.len(), 1);
    assert_eq!(about[0].manifest, bundle.manifest);
    assert_eq!(about[0].descriptor.artifact_type.as_deref(), Some("application/vnd.example.signature+json"));
    assert_eq!(registry.referrers(&repository, &other.digest()).await.unwrap(), []);
}

#[tokio::test]
async fn many_who_push_at_once_lose_no_referrer() {
    let Some(real) = real("many who push at once lose no referrer") else { return };
    let repository = repository(&real.open, &fresh("crowd"));
    let first = image("1.0.0", b"\0asm deploy 1");
    push(&remote(), &repository, &[], &first, &[], false).await.unwrap();
    let mut crowd = tokio::task::JoinSet::new();
    for number in 0..3_u8 {
        let (repository, bundle) = (repository.clone(), signature(&first, &[number]));
        crowd.spawn(async move {
            let registry = remote();
            for blob in &bundle.blobs {
                registry.push_blob(&repository, &Digest::of(blob), blob).await.unwrap();
            }
            registry.push_referrer(&repository, &bundle.manifest).await.unwrap();
        });
    }
    crowd.join_all().await;
    // A list that is written by several at once is good in the end, because each looks again.
    for number in 0..3_u8 {
        remote().push_referrer(&repository, &signature(&first, &[number]).manifest).await.unwrap();
    }
    assert_eq!(remote().referrers(&repository, &first.digest()).await.unwrap().len(), 3);
}

#[tokio::test]
async fn it_goes_through_a_file_to_another_place_and_is_the_same() {
    let Some(real) = real("it goes through a file to another place") else { return };
    let (registry, from) = (remote(), repository(&real.open, &fresh("here")));
    let first = image("1.0.0", b"\0asm deploy 1");
    let bundle = signature(&first, b"{\"bundle\": 1}");
    push(&registry, &from, &[tag("1.0.0")], &first, std::slice::from_ref(&bundle), false).await.unwrap();
    // A signature of the signature.
    let deeper = referrer(
        &Digest::of(&bundle.manifest),
        bundle.manifest.len() as u64,
        "application/vnd.example.more",
        b"x",
    );
    for blob in &deeper.blobs {
        registry.push_blob(&from, &Digest::of(blob), blob).await.unwrap();
    }
    registry.push_referrer(&from, &deeper.manifest).await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.tar");
    let layout = Layout::create(&file).unwrap();
    let copied =
        copy((&registry, &from), (&layout, &layout_repository()), &first.digest(), &[tag("1.0.0")], false)
            .await
            .unwrap();
    assert_eq!(copied.referrers, 2);
    layout.finish().unwrap();

    let layout = Layout::open(&file).unwrap();
    let digest = layout.resolve(&layout_repository(), &TagOrDigest::Tag(tag("1.0.0"))).await.unwrap();
    let to = repository(&real.open, &fresh("there"));
    let copied = copy((&layout, &layout_repository()), (&registry, &to), &digest, &[tag("1.0.0")], false)
        .await
        .unwrap();
    assert_eq!(copied.referrers, 2);
    let pulled = pull(&registry, &to, &digest, &NoCache).await.unwrap();
    assert_eq!(pulled.image, first);
    assert_eq!(registry.referrers(&to, &digest).await.unwrap()[0].manifest, bundle.manifest);

    // From one repository to another of a registry nothing but manifests moves.
    let beside = repository(&real.open, &fresh("beside"));
    let copied = copy((&registry, &from), (&registry, &beside), &digest, &[], false).await.unwrap();
    assert!(copied.moved_bytes < 10_000, "{copied:?}");
}

#[tokio::test]
async fn who_has_no_password_stays_outside() {
    let Some(real) = real("who has no password stays outside") else { return };
    let repository = repository(&real.locked, &fresh("locked"));
    let first = image("1.0.0", b"\0asm deploy 1");
    let error = push(&remote(), &repository, &[tag("1.0.0")], &first, &[], false).await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryDenied);

    let keychain = |password: String| {
        let username = real.username.clone();
        Arc::new(Keychain::new().with_environment(move |name| {
            if name.starts_with("INNOMINATUS_REGISTRY_USERNAME_127_0_0_1_") {
                Some(username.clone())
            } else if name.starts_with("INNOMINATUS_REGISTRY_PASSWORD_127_0_0_1_") {
                Some(password.clone())
            } else {
                None
            }
        }))
    };
    let wrong = remote_as(keychain("guess-of-a-stranger".to_owned()));
    let error = push(&wrong, &repository, &[tag("1.0.0")], &first, &[], false).await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryDenied);
    let shown = format!("{error} {error:?} {:?}", error.remedy());
    assert!(shown.contains("the environment") && !shown.contains("guess"), "{shown}");

    let right = remote_as(keychain(real.password.clone()));
    push(&right, &repository, &[tag("1.0.0")], &first, &[signature(&first, b"{}")], false).await.unwrap();
    assert_eq!(pull(&right, &repository, &first.digest(), &NoCache).await.unwrap().image, first);
}
