//! Buckets that are there already: whose they are, adopting them, and how far they drifted.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use innominatus_guest::{Cause, Failure, Health, Json, Progress, State, Status, Target};
use serde_json::json;
use support::{Cloud, FaultKind, Object, Store, component, deprovision, provision, remembering, target};

fn bucket_of(state: &State) -> String {
    state.get("bucket").unwrap().as_str().unwrap().to_owned()
}

fn adopt(cloud: &Cloud, target: &Target<Json>, reference: &str) -> Result<State, Failure> {
    let host = cloud.host();
    match component(|component| component.adopt(host.host(), target.clone(), reference))? {
        Progress::Ready(state) => Ok(state),
        Progress::Pending(_) => panic!("nothing here takes time"),
    }
}

fn status(cloud: &Cloud, target: &Target<Json>) -> Status {
    let host = cloud.host();
    let status = component(|component| component.get_status(host.host(), target.clone())).unwrap();
    assert_eq!(cloud.0.borrow().writes(), [""; 0], "a status only looks");
    status
}

fn tagged(pairs: &[(&str, &str)]) -> String {
    let tag = |(key, value): &(&str, &str)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    let tags: String = pairs.iter().map(tag).collect();
    format!("<Tagging><TagSet>{tags}</TagSet></Tagging>")
}

/// A bucket of somebody, with a life before us.
fn legacy(cloud: &Cloud, tags: &[(&str, &str)]) {
    let mut store = Store::default();
    store.parts.insert("tagging".to_owned(), tagged(tags));
    store.parts.insert("policy".to_owned(), json!({"Version": "2012-10-17", "Statement": []}).to_string());
    store.parts.insert("versioning".to_owned(), "<V><Status>Enabled</Status></V>".to_owned());
    store.parts.insert(
        "lifecycle".to_owned(),
        "<L><Rule><ID>theirs</ID><Status>Enabled</Status></Rule></L>".to_owned(),
    );
    store.objects.push(Object {
        key: "a".to_owned(),
        version: "null".to_owned(),
        is_marker: false,
        locked: false,
    });
    cloud.0.borrow_mut().buckets.insert("legacy".to_owned(), store);
}

#[test]
fn a_bucket_that_is_there_is_not_taken_without_being_told() {
    let namesake = {
        let cloud = Cloud::default();
        let other = Target { id: "res_2".to_owned(), ..target("s3", json!({"bucket": "legacy"})) };
        provision(&cloud, &other).unwrap();
        cloud.0.borrow().buckets["legacy"].clone()
    };
    let other = {
        let cloud = Cloud::default();
        let labels = vec![("uid".to_owned(), "s3.default#web.logs".to_owned())];
        provision(&cloud, &Target { labels, ..target("s3", json!({"bucket": "legacy"})) }).unwrap();
        cloud.0.borrow().buckets["legacy"].clone()
    };
    for (store, expected) in [
        (Store::default(), "does not say whose it is"),
        (namesake, "resource of the same name (`res_2`)"),
        (other, "belongs to `s3.default/web.logs` of application `shop`"),
    ] {
        let cloud = Cloud::default();
        cloud.0.borrow_mut().buckets.insert("legacy".to_owned(), store);
        let target = target("s3", json!({"bucket": "legacy"}));
        let failure = provision(&cloud, &target).unwrap_err();
        assert_eq!((failure.code.as_str(), &failure.cause), ("bucket-taken", &Cause::Conflict));
        assert!(failure.message.contains(expected), "{failure}");
        assert_eq!(cloud.writes(), [""; 0]);
        // Never made, so nothing is removed either.
        deprovision(&cloud, &remembering(&target, failure.partial.map(|state| *state))).unwrap();
        assert!(cloud.0.borrow().buckets.contains_key("legacy"));
    }
    let cloud = Cloud::default();
    cloud.0.borrow_mut().foreign_buckets.push("legacy".to_owned());
    let failure = provision(&cloud, &target("s3", json!({"bucket": "legacy"}))).unwrap_err();
    assert!(failure.message.contains("belongs to another account"), "{failure}");
    // Somebody takes the name between looking and making.
    let cloud = Cloud::default();
    cloud.fault("PUT s3:legacy", FaultKind::Refused(409, "BucketAlreadyExists"));
    let failure = provision(&cloud, &target("s3", json!({"bucket": "legacy"}))).unwrap_err();
    assert_eq!((failure.code.as_str(), &failure.cause), ("bucket-taken", &Cause::Conflict));
}

#[test]
fn an_adopted_bucket_keeps_what_the_params_do_not_say() {
    let cloud = Cloud::default();
    legacy(&cloud, &[("cost-centre", "7")]);
    let before = cloud.0.borrow().buckets["legacy"].clone();
    let target = target("s3", json!({}));
    let state = adopt(&cloud, &target, "legacy").unwrap();
    assert_eq!(bucket_of(&state), "legacy");
    let after = cloud.0.borrow().buckets["legacy"].clone();
    for part in ["policy", "versioning", "lifecycle"] {
        assert_eq!(after.parts[part], before.parts[part], "{part}");
    }
    assert!(!after.parts.contains_key("publicAccessBlock"));
    assert!(after.parts["tagging"].contains("cost-centre") && after.parts["tagging"].contains("res_1"));
    assert_eq!(cloud.0.borrow().users.len(), 1);
    cloud.writes();
    let made = remembering(&target, Some(state.clone()));
    assert_eq!(provision(&cloud, &made).unwrap(), state);
    assert_eq!(cloud.writes(), [""; 0]);
    assert_eq!(status(&cloud, &made).health, Health::Ready);
    // What the params say is done.
    let asked = support::target("s3", json!({"blockPublicAccess": true, "versioning": false}));
    provision(&cloud, &remembering(&asked, Some(state))).unwrap();
    assert_eq!(cloud.writes(), ["PUT s3:legacy?publicAccessBlock", "PUT s3:legacy?versioning"]);
}

#[test]
fn adopting_says_no_where_it_must() {
    let target = target("s3", json!({}));
    let cloud = Cloud::default();
    assert_eq!(adopt(&cloud, &target, "legacy").unwrap_err().code, "bucket-missing");
    legacy(&cloud, &[("innominatus:identity", "0123"), ("innominatus:resource", "s3.default/web.logs")]);
    let failure = adopt(&cloud, &target, "legacy").unwrap_err();
    assert_eq!((failure.code.as_str(), &failure.cause), ("bucket-taken", &Cause::Conflict));
    assert!(failure.message.contains("s3.default/web.logs") && failure.partial.is_none(), "{failure}");
    let named = support::target("s3", json!({"bucket": "other"}));
    assert_eq!(adopt(&cloud, &named, "legacy").unwrap_err().code, "bucket-differs");
    // One that has a bucket keeps it.
    let cloud = Cloud::default();
    let made = remembering(&target, Some(provision(&cloud, &target).unwrap()));
    legacy(&cloud, &[]);
    assert_eq!(adopt(&cloud, &made, "legacy").unwrap_err().code, "bucket-differs");
}

#[test]
fn after_a_loss_of_memory_a_resource_adopts_what_was_its_own() {
    let cloud = Cloud::default();
    let before = Target { id: "res_0".to_owned(), ..target("s3", json!({})) };
    let name = bucket_of(&provision(&cloud, &before).unwrap());
    let target = target("s3", json!({}));
    assert_eq!(provision(&cloud, &target).unwrap_err().code, "bucket-taken");
    let state = adopt(&cloud, &target, &name).unwrap();
    let account = cloud.0.borrow();
    assert!(account.buckets[&name].parts["tagging"].contains("res_1"));
    // The old key's secret is lost with the memory.
    let keys = &account.users[&name].keys;
    assert_eq!(keys.len(), 1);
    assert_eq!(Some(&json!(keys[0].id)), state.get("access_key_id"));
}

#[test]
fn a_bucket_with_objects_stays_unless_the_params_say_otherwise() {
    let cloud = Cloud::default();
    let careful = target("s3", json!({}));
    let state = provision(&cloud, &careful).unwrap();
    let name = bucket_of(&state);
    let object = |at: usize, is_marker| Object {
        key: format!("a+b c&<d>/%{at}"),
        version: format!("v{at}"),
        is_marker,
        locked: false,
    };
    let objects = (0..2500).map(|at| object(at, at % 3 == 0)).collect();
    cloud.0.borrow_mut().buckets.get_mut(&name).unwrap().objects = objects;
    let failure = deprovision(&cloud, &remembering(&careful, Some(state.clone()))).unwrap_err();
    assert_eq!((failure.code.as_str(), &failure.cause), ("bucket-not-empty", &Cause::Conflict));
    assert!(failure.message.contains("forceDestroy"), "{failure}");
    assert_eq!(cloud.0.borrow().users.len(), 1, "its users can still work");
    let careless = remembering(&target("s3", json!({"forceDestroy": true})), Some(state));
    // With little time, one page after the other.
    let mut rounds = 0;
    loop {
        let host = cloud.host().with_remaining_ms(5_000);
        rounds += 1;
        match component(|component| component.deprovision(host.host(), careless.clone())).unwrap() {
            innominatus_guest::Removal::Gone => break,
            innominatus_guest::Removal::Pending(pending) => assert!(pending.reason.contains("emptying")),
        }
        assert!(rounds < 20);
    }
    assert_eq!(rounds, 11);
    let account = cloud.0.borrow();
    assert!(account.buckets.is_empty() && account.users.is_empty());
}

#[test]
fn names_of_objects_may_be_as_long_as_they_can_be() {
    let cloud = Cloud::default();
    let target = target("s3", json!({"forceDestroy": true}));
    let state = provision(&cloud, &target).unwrap();
    let name = bucket_of(&state);
    let object = |at: usize| Object {
        key: format!("{at:0>1024}"),
        version: format!("v{at}"),
        is_marker: false,
        locked: false,
    };
    cloud.0.borrow_mut().buckets.get_mut(&name).unwrap().objects = (0..300).map(object).collect();
    deprovision(&cloud, &remembering(&target, Some(state))).unwrap();
    assert!(cloud.0.borrow().buckets.is_empty());
}

#[test]
fn with_time_enough_a_bucket_is_emptied_in_one_go_and_a_lock_is_said() {
    let cloud = Cloud::default();
    let target = target("s3", json!({"forceDestroy": true}));
    let state = provision(&cloud, &target).unwrap();
    let name = bucket_of(&state);
    let object =
        |locked| Object { key: "k".to_owned(), version: format!("v{locked}"), is_marker: false, locked };
    cloud.0.borrow_mut().buckets.get_mut(&name).unwrap().objects = vec![object(true), object(false)];
    let made = remembering(&target, Some(state));
    let failure = deprovision(&cloud, &made).unwrap_err();
    assert!(failure.message.contains("`k`: AccessDenied locked"), "{failure}");
    cloud.0.borrow_mut().buckets.get_mut(&name).unwrap().objects = vec![object(false)];
    cloud.fault(&format!("POST s3:{name}?delete"), FaultKind::Lost);
    assert_eq!(deprovision(&cloud, &made).unwrap(), 2);
}

#[test]
fn removing_what_never_was_or_is_gone_is_fine() {
    let target = target("s3", json!({}));
    assert_eq!(deprovision(&Cloud::default(), &target).unwrap(), 1);
    let cloud = Cloud::default();
    let made = remembering(&target, Some(provision(&cloud, &target).unwrap()));
    assert_eq!(deprovision(&cloud, &made).unwrap(), 1);
    cloud.writes();
    assert_eq!(deprovision(&cloud, &made).unwrap(), 1);
    assert_eq!(cloud.writes(), [""; 0]);
}

#[test]
fn removing_survives_lost_answers_and_names_who_holds_the_user() {
    let target = target("s3", json!({}));
    let clean = Cloud::default();
    let made = remembering(&target, Some(provision(&clean, &target).unwrap()));
    clean.writes();
    deprovision(&clean, &made).unwrap();
    for write in clean.writes() {
        let cloud = Cloud::default();
        let made = remembering(&target, Some(provision(&cloud, &target).unwrap()));
        cloud.fault(&write, FaultKind::Lost);
        deprovision(&cloud, &made).unwrap();
        assert!(cloud.0.borrow().buckets.is_empty() && cloud.0.borrow().users.is_empty(), "{write}");
    }
    let cloud = Cloud::default();
    let made = remembering(&target, Some(provision(&cloud, &target).unwrap()));
    cloud.0.borrow_mut().users.values_mut().for_each(|user| user.in_group = true);
    assert_eq!(deprovision(&cloud, &made).unwrap_err().code, "user-in-use");
}

#[test]
fn drift_is_found_where_it_is_and_mended() {
    let params = json!({"versioning": true, "lifecycle": {"expirationDays": 30}, "tags": {"team": "a"}});
    type Tamper = fn(&mut Store);
    let cases: [(&str, Tamper, &str); 8] = [
        ("/versioning", |store| drop(store.parts.remove("versioning")), "?versioning"),
        ("/policy", |store| drop(store.parts.remove("policy")), "?policy"),
        (
            "/policy",
            |store| drop(store.parts.insert("policy".into(), "{\"Statement\":[]}".into())),
            "?policy",
        ),
        ("/lifecycle", |store| drop(store.parts.remove("lifecycle")), "?lifecycle"),
        (
            "/lifecycle",
            |store| {
                let rule = store.parts["lifecycle"]
                    .replace("</Rule>", "<Transition><Days>3</Days></Transition></Rule>");
                store.parts.insert("lifecycle".into(), rule);
            },
            "?lifecycle",
        ),
        ("/blockPublicAccess", |store| drop(store.parts.remove("publicAccessBlock")), "?publicAccessBlock"),
        (
            "/kmsKey",
            |store| {
                let kms = store.parts["encryption"].replace("AES256", "aws:kms");
                store.parts.insert("encryption".into(), kms);
            },
            "?encryption",
        ),
        (
            "/tags/team",
            |store| {
                let tags = store.parts["tagging"].replace("<Value>a</Value>", "<Value>b</Value>");
                store.parts.insert("tagging".into(), tags);
            },
            "?tagging",
        ),
    ];
    for (pointer, tamper, part) in cases {
        let cloud = Cloud::default();
        let target = target("s3", params.clone());
        let state = provision(&cloud, &target).unwrap();
        let name = bucket_of(&state);
        let made = remembering(&target, Some(state));
        cloud.writes();
        let fine = status(&cloud, &made);
        assert_eq!((fine.health, fine.drift.len()), (Health::Ready, 0), "{fine:?}");
        tamper(cloud.0.borrow_mut().buckets.get_mut(&name).unwrap());
        let drifted = status(&cloud, &made);
        let pointers: Vec<&str> =
            drifted.drift.iter().map(|difference| difference.pointer.as_str()).collect();
        assert_eq!(
            (drifted.health, drifted.reason.as_str(), pointers),
            (Health::Degraded, "Drifted", vec![pointer])
        );
        assert_ne!(drifted.drift[0].desired, drifted.drift[0].observed);
        provision(&cloud, &made).unwrap();
        assert_eq!(cloud.writes(), [format!("PUT s3:{name}{part}")]);
        assert_eq!(status(&cloud, &made).health, Health::Ready);
    }
}

#[test]
fn a_status_says_what_is_missing() {
    let target = target("s3", json!({}));
    let made = |cloud: &Cloud| {
        let made = remembering(&target, Some(provision(cloud, &target).unwrap()));
        cloud.writes();
        made
    };
    let cloud = Cloud::default();
    assert_eq!(status(&cloud, &target).reason, "NotProvisioned");
    type Tamper = fn(&mut support::Account);
    let cases: [(&str, Health, Tamper); 6] = [
        ("BucketMissing", Health::Missing, |account| account.buckets.clear()),
        ("UserMissing", Health::Degraded, |account| account.users.clear()),
        ("UserPolicyDrifted", Health::Degraded, |account| {
            account.users.values_mut().for_each(|user| user.policies.clear());
        }),
        ("KeyMissing", Health::Degraded, |account| {
            account.users.values_mut().for_each(|user| user.keys.clear())
        }),
        ("KeyInactive", Health::Degraded, |account| {
            account.users.values_mut().for_each(|user| user.keys[0].status = "Inactive");
        }),
        ("BucketTaken", Health::Degraded, |account| {
            let tags = tagged(&[("innominatus:identity", "0123")]);
            account
                .buckets
                .values_mut()
                .for_each(|store| drop(store.parts.insert("tagging".into(), tags.clone())));
        }),
    ];
    for (reason, health, tamper) in cases {
        let cloud = Cloud::default();
        let made = made(&cloud);
        tamper(&mut cloud.0.borrow_mut());
        let found = status(&cloud, &made);
        assert_eq!((found.reason.as_str(), found.health), (reason, health), "{found:?}");
    }
}
