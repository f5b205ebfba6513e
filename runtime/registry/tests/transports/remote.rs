//! Registries that misbehave: each edge of the protocol and of the library beneath it, with what is made of it.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Memory, image, impatient, referrer, remote, repository, signature};
use innominatus_model::{Code, Coded as _, Digest};
use innominatus_package::{
    Descriptor, IMAGE_INDEX_TYPE, IMAGE_MANIFEST_TYPE, Image, Repository, Tag, TagOrDigest,
};
use innominatus_registry::{NoCache, Nobody, Registry as _, RegistryError, Remote, copy, pull, push};
use innominatus_testkit::registry::{FakeRegistry, Fault, Gate, Habits};

const PATH: &str = "acme/platform";

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

/// A registry with a platform in it.
async fn filled(habits: Habits) -> (FakeRegistry, Repository, Image) {
    let fake = FakeRegistry::start(habits).await;
    let (repository, image) = (repository(&fake.host(), PATH), image("1.0.0", b"\0asm deploy"));
    push(&remote(), &repository, &[tag("1.0.0")], &image, &[], false).await.unwrap();
    fake.forget();
    (fake, repository, image)
}

fn lines(fake: &FakeRegistry) -> Vec<String> {
    fake.asked().iter().map(|asked| asked.line()).collect()
}

#[tokio::test]
async fn a_push_is_in_an_order_that_may_break_off() {
    let fake = FakeRegistry::start(Habits::default()).await;
    let (repository, image) = (repository(&fake.host(), PATH), image("1.0.0", b"\0asm deploy"));
    let signed = signature(&image, b"{}");
    push(&remote(), &repository, &[tag("1.0.0")], &image, &[signed], false).await.unwrap();
    let lines = lines(&fake);
    let first = |what: &str| lines.iter().position(|line| line.starts_with(what)).unwrap();
    let last = |what: &str| lines.iter().rposition(|line| line.starts_with(what)).unwrap();
    let by_digest = format!("PUT /v2/{PATH}/manifests/{}", image.digest());
    assert!(first(&by_digest) < last(&format!("PUT /v2/{PATH}/manifests/sha256:")), "the signature after it");
    assert_eq!(last(&format!("PUT /v2/{PATH}/manifests/1.0.0")), last("PUT "), "the tag last");
    assert!(last("HEAD ").max(last("GET ")) > last("PUT "), "and a look whether it is there");
    assert!(!lines.iter().any(|line| line.contains("manifests/sha256-")), "it keeps the list itself");
    // Again: everything is there.
    fake.forget();
    let again = push(&remote(), &repository, &[tag("1.0.0")], &image, &[], false).await.unwrap();
    assert_eq!((again.moved_bytes, again.skipped_bytes), (0, image.size()));
    assert!(fake.asked().iter().all(|asked| ["GET", "HEAD"].contains(&asked.method.as_str())));
}

#[tokio::test]
async fn a_pull_asks_for_what_is_not_here() {
    let (fake, repository, image) = filled(Habits::default()).await;
    let cache = Memory::default();
    let pulled = pull(&remote(), &repository, &image.digest(), &cache).await.unwrap();
    assert_eq!((pulled.image, pulled.moved_bytes), (image.clone(), image.size()));
    fake.forget();
    let again = pull(&remote(), &repository, &image.digest(), &cache).await.unwrap();
    assert_eq!((again.moved_bytes, fake.asked().len()), (0, 0));
    // What is damaged here is fetched anew, and only that.
    let deploy = Digest::of(b"\0asm deploy");
    cache.0.lock().unwrap().insert(deploy, b"rot".to_vec());
    let mended = pull(&remote(), &repository, &image.digest(), &cache).await.unwrap();
    assert_eq!((mended.moved_bytes, mended.image), (11, image));
    assert_eq!(lines(&fake), [format!("GET /v2/{PATH}/blobs/{deploy}")]);
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let (fake, repository, image) = filled(Habits::default()).await;
    for fault in [
        Fault::throttle("GET", "/manifests/", 9),
        Fault::status("GET", "/manifests/", 503),
        Fault::cut("GET", "/blobs/"),
        Fault::truncated("GET", "/blobs/"),
    ] {
        fake.order(fault);
    }
    let pulled = pull(&remote(), &repository, &image.digest(), &NoCache).await.unwrap();
    assert_eq!(pulled.image, image);
    for _ in 0..3 {
        fake.order(Fault::throttle("GET", "/manifests/", 0));
    }
    let error = remote().manifest(&repository, &image.digest()).await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryUnreachable);
    assert!(error.to_string().contains("429"), "{error}");
    // Uploads too.
    let other = crate::common::image("1.1.0", b"\0asm other");
    fake.order(Fault::status("POST", "/blobs/uploads/", 503));
    fake.order(Fault::cut("PATCH", "/blobs/uploads/"));
    push(&remote(), &repository, &[tag("1.1.0")], &other, &[], false).await.unwrap();
    // Nobody there at all.
    let gone = { FakeRegistry::start(Habits::default()).await.host() };
    let nobody = crate::common::repository(&gone, PATH);
    let error = remote().manifest(&nobody, &image.digest()).await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryUnreachable);
}

#[tokio::test]
async fn who_is_silent_is_not_waited_for() {
    let (fake, repository, image) = filled(Habits::default()).await;
    let mut idle = impatient();
    idle.patience.tries = 1;
    let mut whole = idle.clone();
    idle.patience.idle = Duration::from_millis(150);
    // Also where something comes now and then: at the slowest rate it would have been here long ago.
    (whole.patience.whole, whole.patience.slowest) = (Duration::from_millis(150), u64::MAX);
    for (config, said) in [(idle.clone(), "silent"), (whole, "did not come within")] {
        let registry = Remote::new(config, Arc::new(Nobody)).unwrap();
        fake.order(Fault::stalled("GET", "/manifests/"));
        let error = registry.manifest(&repository, &image.digest()).await.unwrap_err();
        assert_eq!(error.code(), Code::RegistryUnreachable);
        assert!(error.to_string().contains(said), "{error}");
    }
    let registry = Remote::new(idle, Arc::new(Nobody)).unwrap();
    // Who keeps sending and never ends is bounded by what may come.
    fake.order(Fault::endless("GET", "/manifests/", 404));
    let error = registry.manifest(&repository, &image.digest()).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn nothing_larger_than_it_may_be_is_taken() {
    let (fake, repository, image) = filled(Habits::default()).await;
    let registry = remote();
    let config = &image.manifest().config;
    for fault in [Fault::longer("GET", "/blobs/"), Fault::endless("GET", "/blobs/", 200)] {
        fake.order(fault);
        let error = registry.blob(&repository, config).await.unwrap_err();
        assert_eq!(error.code(), Code::RegistryLimit, "{error}");
    }
    fake.order(Fault::endless("GET", "/manifests/", 200));
    assert_eq!(
        registry.manifest(&repository, &image.digest()).await.unwrap_err().code(),
        Code::RegistryLimit
    );
    fake.order(Fault::endless("GET", "/tags/list", 200));
    assert_eq!(registry.tags(&repository).await.unwrap_err().code(), Code::RegistryLimit);
    fake.order(Fault::endless("GET", "/referrers/", 200));
    let error = registry.referrers(&repository, &image.digest()).await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryLimit);
    // A list of more than anybody has.
    for number in 0..65_u32 {
        let about = referrer(&image.digest(), 1, "application/vnd.example", &number.to_le_bytes());
        fake.plant(PATH, None, IMAGE_MANIFEST_TYPE, &about.manifest);
    }
    let error = registry.referrers(&repository, &image.digest()).await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryLimit, "{error}");
}

#[tokio::test]
async fn other_bytes_than_were_asked_for_are_refused() {
    let (fake, repository, image) = filled(Habits::default()).await;
    let registry = remote();
    fake.order(Fault::changed("GET", "/manifests/"));
    assert_eq!(
        registry.manifest(&repository, &image.digest()).await.unwrap_err().code(),
        Code::ArtifactDigest
    );
    fake.order(Fault::changed("GET", "/blobs/"));
    let error = registry.blob(&repository, &image.manifest().config).await.unwrap_err();
    assert_eq!(error.code(), Code::ArtifactDigest);
    let by_tag = TagOrDigest::Tag(tag("1.0.0"));
    fake.order(Fault::other_digest("GET", "/manifests/"));
    assert_eq!(registry.resolve(&repository, &by_tag).await.unwrap_err().code(), Code::ArtifactDigest);
    // Fewer bytes of the right beginning.
    fake.swap_blob(&image.manifest().config.digest.to_string(), b"{}");
    let error = registry.blob(&repository, &image.manifest().config).await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryProtocol);
    // A cache keeps none of it.
    let cache = Memory::default();
    pull(&registry, &repository, &image.digest(), &cache).await.unwrap_err();
    assert!(cache.0.lock().unwrap().iter().all(|(digest, bytes)| Digest::of(bytes) == *digest));
}

#[tokio::test]
async fn tags_come_in_pages_of_every_kind() {
    let fake = FakeRegistry::start(Habits::default()).await;
    let repository = repository(&fake.host(), PATH);
    let mut all: Vec<String> = (0..1_500).map(|number| format!("1.0.{number}")).collect();
    for tag in &all {
        fake.plant(PATH, Some(tag), IMAGE_MANIFEST_TYPE, b"{}");
    }
    all.sort();
    for habits in [
        Habits { page: Some(300), ..Habits::default() },
        Habits { links: false, ..Habits::default() },
        // It gives all at once, whatever it is asked.
        Habits { links: false, last: false, ..Habits::default() },
    ] {
        fake.change(|now| *now = habits.clone());
        assert_eq!(remote().tags(&repository).await.unwrap(), all, "{habits:?}");
    }
    // It says that more follows and goes on with the same.
    fake.change(|now| *now = Habits { page: Some(300), last: false, ..Habits::default() });
    assert_eq!(remote().tags(&repository).await.unwrap().len(), 300);
    // The next page is at somebody else's.
    let elsewhere = FakeRegistry::start(Habits::default()).await;
    fake.order(Fault::redirect(
        "GET",
        "/tags/list",
        &format!("http://{}/v2/{PATH}/tags/list", elsewhere.host()),
    ));
    assert_eq!(remote().tags(&repository).await.unwrap_err().code(), Code::RegistryProtocol);
    assert_eq!(elsewhere.asked(), []);
}

#[tokio::test]
async fn what_is_about_a_platform_is_found_in_every_registry() {
    for referrers in [true, false] {
        for (page, location) in [(None, true), (Some(1), false)] {
            let (fake, repository, image) =
                filled(Habits { referrers, page, location, ..Habits::default() }).await;
            let registry = remote();
            for text in [&b"1"[..], b"2", b"3"] {
                let about = signature(&image, text);
                for blob in &about.blobs {
                    registry.push_blob(&repository, &Digest::of(blob), blob).await.unwrap();
                }
                registry.push_referrer(&repository, &about.manifest).await.unwrap();
                registry.push_referrer(&repository, &about.manifest).await.unwrap();
            }
            let about = registry.referrers(&repository, &image.digest()).await.unwrap();
            assert_eq!(about.len(), 3, "referrers {referrers}, pages {page:?}");
            let list = fake.tagged(PATH, &Tag::of_referrers(&image.digest()).to_string());
            assert_eq!(list.is_some(), !referrers);
            if let Some(list) = list {
                let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
                assert_eq!(list["manifests"].as_array().unwrap().len(), 3);
                assert_eq!(list["manifests"][0]["artifactType"], "application/vnd.example.signature+json");
                assert_eq!(list["manifests"][0]["annotations"]["dev.example"], "yes");
            }
        }
    }
}

#[tokio::test]
async fn a_registry_that_knows_no_referrers_may_say_so_in_other_ways() {
    let (fake, repository, image) = filled(Habits { referrers: false, ..Habits::default() }).await;
    let elsewhere = FakeRegistry::start(Habits::default()).await;
    let registry = remote();
    let about = signature(&image, b"1");
    for blob in &about.blobs {
        registry.push_blob(&repository, &Digest::of(blob), blob).await.unwrap();
    }
    registry.push_referrer(&repository, &about.manifest).await.unwrap();
    let site = format!("http://{}/acme", elsewhere.host());
    for way in [
        Fault::redirect("GET", "/referrers/", &site),
        // A page for people.
        Fault::status("GET", "/referrers/", 200),
        Fault::status("GET", "/referrers/", 405),
    ] {
        fake.order(way.clone());
        assert_eq!(registry.referrers(&repository, &image.digest()).await.unwrap().len(), 1, "{way:?}");
    }
    assert_eq!(elsewhere.asked(), []);
}

#[tokio::test]
async fn a_list_of_referrers_is_only_a_hint() {
    let (fake, repository, image) = filled(Habits { referrers: false, ..Habits::default() }).await;
    let registry = remote();
    let list = Tag::of_referrers(&image.digest()).to_string();
    let other = referrer(&Digest::of(b"another"), 1, "application/vnd.example", b"1");
    let right = signature(&image, b"1");
    let mut entries = Vec::new();
    for manifest in [&other.manifest, &right.manifest] {
        fake.plant(PATH, None, IMAGE_MANIFEST_TYPE, manifest);
        let mut entry = Descriptor::of(IMAGE_MANIFEST_TYPE, manifest);
        // As a well-known client writes it: with the type of the config.
        entry.artifact_type = Some("application/vnd.oci.empty.v1+json".to_owned());
        entries.push(entry.to_json());
    }
    entries.push(Descriptor::of(IMAGE_MANIFEST_TYPE, b"not there").to_json());
    fake.plant(PATH, None, IMAGE_MANIFEST_TYPE, b"no manifest");
    entries.push(Descriptor::of(IMAGE_MANIFEST_TYPE, b"no manifest").to_json());
    // Who may attach something must not keep others from what is signed.
    let large = vec![b' '; 600 * 1024];
    fake.plant(PATH, None, IMAGE_MANIFEST_TYPE, &large);
    entries.push(Descriptor::of(IMAGE_MANIFEST_TYPE, &large).to_json());
    let index =
        serde_json::json!({ "schemaVersion": 2, "mediaType": IMAGE_INDEX_TYPE, "manifests": entries });
    fake.plant(PATH, Some(&list), IMAGE_INDEX_TYPE, index.to_string().as_bytes());
    let about = registry.referrers(&repository, &image.digest()).await.unwrap();
    assert_eq!(about.len(), 1);
    assert_eq!(about[0].manifest, right.manifest);
    assert_eq!(about[0].descriptor.artifact_type.as_deref(), Some("application/vnd.example.signature+json"));

    // One that answers the tag with the platform itself has no list.
    let (fake, repository, image) =
        filled(Habits { referrers: false, digest_tags: true, ..Habits::default() }).await;
    assert_eq!(registry.referrers(&repository, &image.digest()).await.unwrap(), []);
    drop(fake);
}

#[tokio::test]
async fn a_tag_stays_with_what_bears_it_unless_that_is_meant() {
    let (fake, from, first) = filled(Habits::default()).await;
    let (to, second) = (repository(&fake.host(), "acme/copy"), image("1.0.0", b"\0asm another"));
    push(&remote(), &to, &[tag("1.0.0")], &second, &[], false).await.unwrap();
    let (whence, whither) = (remote(), remote());
    let copied = async |replace| {
        copy((&whence, &from), (&whither, &to), &first.digest(), &[tag("1.0.0")], replace).await
    };
    let error = copied(false).await.unwrap_err();
    assert_eq!(error.code(), Code::ArtifactExists, "{error}");
    assert!(!remote().has_blob(&to, &first.manifest().config.digest).await.unwrap(), "nothing has moved");
    copied(true).await.unwrap();
    copied(false).await.unwrap();
}

#[tokio::test]
async fn a_blob_is_taken_over_where_that_is_possible() {
    for mounts in [true, false] {
        let (fake, from, image) = filled(Habits { mounts, ..Habits::default() }).await;
        let to = repository(&fake.host(), "acme/copy");
        let config = &image.manifest().config;
        assert_eq!(remote().mount(&to, &from, &config.digest).await.unwrap(), mounts);
        let copied = copy((&remote(), &from), (&remote(), &to), &image.digest(), &[], false).await.unwrap();
        assert_eq!(copied.moved_bytes > 100_000, !mounts, "{copied:?}");
        assert_eq!(pull(&remote(), &to, &image.digest(), &NoCache).await.unwrap().image, image);
    }
    // With the right to both.
    let fake = FakeRegistry::start(Habits {
        gate: Some(Gate::Token { login: None, realm: None }),
        ..Habits::default()
    })
    .await;
    let (from, to) = (repository(&fake.host(), PATH), repository(&fake.host(), "acme/copy"));
    fake.plant_blob(PATH, b"x");
    assert!(remote().mount(&to, &from, &Digest::of(b"x")).await.unwrap());
    let last = fake.asked().into_iter().rfind(|asked| asked.line() == "GET /token");
    let scopes = fake.asked().into_iter().filter(|asked| asked.path.contains("acme%2Fcopy")).count();
    assert!(last.is_some() && scopes > 0);
    assert!(
        fake.asked()
            .iter()
            .any(|asked| asked.path.contains("acme%2Fcopy") && asked.path.contains("acme%2Fplatform"))
    );
}

#[tokio::test]
async fn an_artifact_that_names_other_places_is_refused() {
    let (fake, repository, image) = filled(Habits::default()).await;
    let trap = FakeRegistry::start(Habits::default()).await;
    let mut json: serde_json::Value = serde_json::from_slice(image.manifest_bytes()).unwrap();
    json["layers"][0]["urls"] = serde_json::json!([format!("http://{}/x", trap.host())]);
    let digest = fake.plant(PATH, None, IMAGE_MANIFEST_TYPE, json.to_string().as_bytes()).parse().unwrap();
    let error = pull(&remote(), &repository, &digest, &NoCache).await.unwrap_err();
    assert_eq!(error.code(), Code::ArtifactInvalid);
    assert_eq!(trap.asked(), []);
}

#[tokio::test]
async fn settings_that_do_not_work_are_said() {
    let mut config = impatient();
    config.certificates = Some(b"no certificate".to_vec());
    assert!(matches!(Remote::new(config, Arc::new(Nobody)), Err(RegistryError::Setup { .. })));
}
