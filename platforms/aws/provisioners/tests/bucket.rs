//! Buckets: made once whatever happens, changed in place, removed whole.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use innominatus_guest::testing::FakeHost;
use innominatus_guest::{Cause, Json, State, Target};
use serde_json::json;
use support::{
    Cloud, Ended, FaultKind, Key, SECRET, component, provision, provision_once, remembering, target,
};

/// All that can be wished for.
fn full() -> Json {
    json!({
        "versioning": true,
        "policy": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{bucket}/*",
        }]},
        "lifecycle": {"expirationDays": 30, "noncurrentDays": 7, "abortMultipartDays": 2},
        "tags": {"team": "storefront & co"},
    })
}

fn bucket_of(state: &State) -> String {
    state.get("bucket").unwrap().as_str().unwrap().to_owned()
}

/// What is left in the account that matters: no times, no ids of keys.
fn account(cloud: &Cloud) -> String {
    let account = cloud.0.borrow();
    let users = account.users.iter().map(|(name, user)| {
        let keys: Vec<&str> = user.keys.iter().map(|key| key.status).collect();
        format!("{name} {} {:?} {:?} {keys:?}", user.path, user.tags, user.policies)
    });
    format!("{:#?}\n{:#?}", account.buckets, users.collect::<Vec<_>>())
}

#[test]
fn a_bucket_is_made_with_all_that_protects_it_and_a_user_of_its_own() {
    let cloud = Cloud::default();
    let target = target("s3", json!({}));
    let host = cloud.host();
    let (Ended::Ready(state), _) = provision_once(&host, &target) else { panic!() };
    let name = bucket_of(&state);
    assert!(name.starts_with("shop-data-") && name.len() == 20, "{name}");
    let token = state.get("secret_key").unwrap().as_str().unwrap();
    assert!(token.starts_with("tokensecretkey"), "{token}");
    let expected = [
        ("endpoint", json!("https://s3.eu-west-1.amazonaws.com"), false),
        ("region", json!("eu-west-1"), false),
        ("bucket", json!(name), false),
        ("access_key_id", json!("AKIA0000000000000003"), false),
        ("secret_key", json!(token), true),
        ("aws_access_key_id", json!("AKIA0000000000000003"), false),
        ("aws_secret_key", json!(token), true),
    ];
    let found: Vec<_> = state
        .outputs
        .iter()
        .map(|output| (output.name.as_str(), output.value.clone(), output.sensitive))
        .collect();
    assert_eq!(found, expected);

    let account = cloud.0.borrow();
    let bucket = &account.buckets[&name];
    assert_eq!(bucket.location, "eu-west-1");
    assert!(bucket.parts["publicAccessBlock"].matches("true").count() == 4);
    assert!(bucket.parts["policy"].contains("aws:SecureTransport"));
    assert!(bucket.parts["encryption"].contains("AES256"));
    for tag in ["<Key>innominatus:id</Key><Value>res_1</Value>", "<Value>s3.default/web.data</Value>"] {
        assert!(bucket.parts["tagging"].contains(tag), "{}", bucket.parts["tagging"]);
    }
    assert!(!bucket.parts.contains_key("versioning") && !bucket.parts.contains_key("lifecycle"));
    let user = &account.users[&name];
    assert_eq!((user.path.as_str(), user.keys.len()), ("/innominatus/", 1));
    let policy: Json = serde_json::from_str(&user.policies["bucket"]).unwrap();
    let resources: Vec<&Json> =
        policy["Statement"].as_array().unwrap().iter().map(|s| &s["Resource"]).collect();
    assert_eq!(resources, [&json!(format!("arn:aws:s3:::{name}")), &json!(format!("arn:aws:s3:::{name}/*"))]);
    assert_eq!(
        account.writes(),
        [
            format!("PUT s3:{name}"),
            format!("PUT s3:{name}?tagging"),
            format!("PUT s3:{name}?publicAccessBlock"),
            format!("PUT s3:{name}?policy"),
            "POST iam:CreateUser".to_owned(),
            "POST iam:PutUserPolicy".to_owned(),
            "POST iam:CreateAccessKey".to_owned(),
        ]
    );
}

#[test]
fn storage_is_the_same_under_another_name() {
    let cloud = Cloud::default();
    let state = provision(&cloud, &target("storage", full())).unwrap();
    assert!(state.get("secret_key").is_some());
    assert_eq!(cloud.0.borrow().buckets.len(), 1);
}

#[test]
fn a_second_provision_changes_nothing() {
    for params in [json!({}), full()] {
        let cloud = Cloud::default();
        let target = target("s3", params);
        let first = provision(&cloud, &target).unwrap();
        cloud.writes();
        let second = provision(&cloud, &remembering(&target, Some(first.clone()))).unwrap();
        assert_eq!(second, first);
        assert_eq!(cloud.writes(), [""; 0]);
    }
}

/// Every write fails once in every way, with what the host keeps of the failure, and as if it had crashed.
#[test]
fn whatever_breaks_the_end_is_the_same_and_nothing_is_there_twice() {
    let undisturbed = Cloud::default();
    let target = target("s3", full());
    let expected = bucket_of(&provision(&undisturbed, &target).unwrap());
    let writes = undisturbed.writes();
    assert_eq!(writes.len(), 9, "{writes:?}");
    let kinds = [
        FaultKind::Lost,
        FaultKind::NotSent,
        FaultKind::Refused(503, "SlowDown"),
        FaultKind::Refused(500, "InternalError"),
        FaultKind::Refused(409, "OperationAborted"),
    ];
    for write in &writes {
        for kind in &kinds {
            for crashed in [false, true] {
                let cloud = Cloud::default();
                cloud.fault(write, kind.clone());
                let host = cloud.host();
                let (Ended::Failed(failure), kept) = provision_once(&host, &target) else {
                    panic!("{write}")
                };
                assert!(matches!(failure.cause, Cause::Transient(_)), "{write}: {failure}");
                let kept = if crashed { host.checkpoints().pop() } else { kept };
                let state = provision(&cloud, &remembering(&target, kept)).unwrap();
                assert_eq!(bucket_of(&state), expected);
                assert_eq!(account(&cloud), account(&undisturbed), "{write}");
                let account = cloud.0.borrow();
                assert_eq!(
                    account.users[&expected].keys[0].id,
                    state.get("access_key_id").unwrap().as_str().unwrap()
                );
                // Only a key cannot be found again: its secret is said once.
                let is_lost_key = matches!(kind, FaultKind::Lost) && write.ends_with("CreateAccessKey");
                assert_eq!(account.made, if is_lost_key { 4 } else { 3 }, "{write}");
            }
        }
    }
}

#[test]
fn what_a_half_done_provision_made_is_removed() {
    let target = target("s3", full());
    let undisturbed = Cloud::default();
    provision(&undisturbed, &target).unwrap();
    for write in undisturbed.writes() {
        for forgotten in [false, true] {
            let cloud = Cloud::default();
            cloud.fault(&write, FaultKind::Lost);
            let (_, kept) = provision_once(&cloud.host(), &target);
            let kept = kept.filter(|_| !forgotten);
            assert_eq!(support::deprovision(&cloud, &remembering(&target, kept)).unwrap(), 1, "{write}");
            let account = cloud.0.borrow();
            assert!(account.buckets.is_empty() && account.users.is_empty(), "{write} {forgotten}");
        }
    }
}

#[test]
fn a_key_whose_answer_was_lost_goes_and_a_person_s_later_one_stays() {
    let cloud = Cloud::default();
    let target = target("s3", json!({}));
    let state = provision(&cloud, &target).unwrap();
    let name = bucket_of(&state);
    let key = |id: &str, made: &str| Key { id: id.to_owned(), status: "Active", made: made.to_owned() };
    let keys = |cloud: &Cloud| {
        cloud.0.borrow().users[&name].keys.iter().map(|key| key.id.clone()).collect::<Vec<_>>()
    };
    cloud.0.borrow_mut().users.get_mut(&name).unwrap().keys.push(key("AKIALATER", "2027-01-01T00:00:00Z"));
    let again = provision(&cloud, &remembering(&target, Some(state.clone()))).unwrap();
    assert_eq!(again, state);
    assert_eq!(keys(&cloud), ["AKIA0000000000000003", "AKIALATER"]);
    cloud.0.borrow_mut().users.get_mut(&name).unwrap().keys[1] = key("AKIALOST", "2025-01-01T00:00:00Z");
    let again = provision(&cloud, &remembering(&target, Some(state.clone()))).unwrap();
    assert_eq!(again, state);
    assert_eq!(keys(&cloud), ["AKIA0000000000000003"]);
    // Ours is gone: whatever is there instead has no secret that anybody knows.
    cloud.0.borrow_mut().users.get_mut(&name).unwrap().keys = vec![key("AKIAX", "2027-01-01T00:00:00Z")];
    let again = provision(&cloud, &remembering(&target, Some(state))).unwrap();
    assert_eq!(keys(&cloud), [again.get("access_key_id").unwrap().as_str().unwrap()]);
}

#[test]
fn a_failed_update_forgets_neither_key_nor_secret() {
    let cloud = Cloud::default();
    let first = target("s3", json!({}));
    let state = provision(&cloud, &first).unwrap();
    cloud.fault("PUT s3", FaultKind::Refused(503, "SlowDown"));
    let update = remembering(&target("s3", full()), Some(state.clone()));
    let (Ended::Failed(_), kept) = provision_once(&cloud.host(), &update) else { panic!() };
    let kept = kept.unwrap();
    assert_eq!(kept.get("secret_key"), state.get("secret_key"));
    let done = provision(&cloud, &remembering(&update, Some(kept))).unwrap();
    assert_eq!(done.get("access_key_id"), state.get("access_key_id"));
    assert_eq!(cloud.0.borrow().made, 3);
}

#[test]
fn an_update_writes_what_changed() {
    let merged = |more: Json| {
        let mut params = full();
        let entries = params.as_object_mut().unwrap();
        for (key, value) in more.as_object().unwrap() {
            if value.is_null() {
                entries.remove(key);
            } else {
                entries.insert(key.clone(), value.clone());
            }
        }
        params
    };
    let cases: [(Json, &[&str]); 9] = [
        (json!({"versioning": false}), &["PUT s3:{B}?versioning"]),
        (json!({"policy": null}), &["PUT s3:{B}?policy"]),
        (json!({"lifecycle": null}), &["DELETE s3:{B}?lifecycle"]),
        (json!({"lifecycle": {"expirationDays": 31}}), &["PUT s3:{B}?lifecycle"]),
        (json!({"kmsKey": "alias/shop"}), &["PUT s3:{B}?encryption"]),
        (json!({"blockPublicAccess": false}), &["PUT s3:{B}?publicAccessBlock"]),
        (json!({"tags": {"team": "other"}}), &["PUT s3:{B}?tagging", "POST iam:TagUser"]),
        (json!({"size": "large", "image": "minio"}), &[]),
        (json!({"forceDestroy": true}), &[]),
    ];
    for (change, expected) in cases {
        let cloud = Cloud::default();
        let state = provision(&cloud, &target("s3", full())).unwrap();
        let name = bucket_of(&state);
        cloud.writes();
        let updated = remembering(&target("s3", merged(change.clone())), Some(state.clone()));
        let after = provision(&cloud, &updated).unwrap();
        assert_eq!(after, state);
        let expected: Vec<String> = expected.iter().map(|line| line.replace("{B}", &name)).collect();
        assert_eq!(cloud.writes(), expected, "{change}");
        provision(&cloud, &remembering(&updated, Some(after))).unwrap();
        assert_eq!(cloud.writes(), [""; 0], "{change} settles");
    }
}

#[test]
fn a_tag_that_is_not_asked_for_any_more_goes_and_others_stay() {
    let cloud = Cloud::default();
    let state = provision(&cloud, &target("s3", full())).unwrap();
    let name = bucket_of(&state);
    let theirs = "<Tag><Key>cost-centre</Key><Value>7</Value></Tag></TagSet>";
    let tagging = cloud.0.borrow().buckets[&name].parts["tagging"].replace("</TagSet>", theirs);
    cloud.0.borrow_mut().buckets.get_mut(&name).unwrap().parts.insert("tagging".to_owned(), tagging);
    cloud.writes();
    let mut params = full();
    params["tags"] = json!({"owner": "ada"});
    let state = provision(&cloud, &remembering(&target("s3", params), Some(state))).unwrap();
    let expected =
        [format!("PUT s3:{name}?tagging"), "POST iam:TagUser".to_owned(), "POST iam:UntagUser".to_owned()];
    assert_eq!(cloud.writes(), expected);
    let account = cloud.0.borrow();
    let tagging = &account.buckets[&name].parts["tagging"];
    assert!(
        tagging.contains("cost-centre") && tagging.contains("ada") && !tagging.contains("storefront"),
        "{tagging}"
    );
    assert!(!account.users[&name].tags.contains_key("team"));
    assert!(state.handle["tags"] == json!(["owner"]), "{}", state.handle);
}

#[test]
fn regions_accounts_and_emulators_are_spoken_to_as_they_want() {
    let cloud = Cloud::default();
    let settings = json!({"region": "us-east-1", "account": "111122223333", "namePrefix": "acme"});
    let host = cloud.host_with(settings);
    let (Ended::Ready(state), _) = provision_once(&host, &target("s3", json!({}))) else { panic!() };
    let name = bucket_of(&state);
    assert!(name.starts_with("acme-shop-data-"), "{name}");
    assert_eq!(cloud.0.borrow().buckets[&name].location, "", "the oldest region is not named");
    let owner = ("x-amz-expected-bucket-owner".to_owned(), "111122223333".to_owned());
    for call in host.calls().iter() {
        if let innominatus_guest::testing::HostCall::Http { request } = call
            && request.credential.as_deref() == Some("aws:s3")
        {
            let is_making = request.method == "PUT" && !request.url.contains('?');
            assert_eq!(request.headers.contains(&owner), !is_making, "{} {}", request.method, request.url);
        }
    }

    let cloud = Cloud::default();
    let host = cloud.host_with(json!({"region": "eu-west-1", "endpoint": "http://127.0.0.1:5000"}));
    let (Ended::Ready(state), _) = provision_once(&host, &target("s3", json!({}))) else { panic!() };
    assert_eq!(state.get("endpoint"), Some(&json!("http://127.0.0.1:5000")));
    let bucket = cloud.0.borrow().buckets[&bucket_of(&state)].clone();
    assert!(!bucket.parts.contains_key("policy"), "it would lock out everybody on an unencrypted way");
    assert!(host.requests().iter().all(|line| line.contains("http://127.0.0.1:5000/")));
}

#[test]
fn denials_of_the_host_are_handed_on() {
    let failure = component(|component| {
        let host = FakeHost::new().with_settings(json!({"region": "eu-west-1"})).deny("http");
        component.provision(host.host(), target("s3", json!({})))
    });
    assert!(matches!(failure.unwrap_err().cause, Cause::Denied(denial) if denial.capability == "http"));
}

#[test]
fn what_aws_does_not_allow_is_named_with_the_permission_that_would() {
    let cases = [
        ("GET s3", "s3:GetBucketTagging"),
        ("PUT s3:shop", "s3:CreateBucket"),
        ("POST iam:CreateUser", "iam:CreateUser"),
        ("POST iam:CreateAccessKey", "iam:CreateAccessKey"),
    ];
    for (at, permission) in cases {
        let cloud = Cloud::default();
        cloud.fault(at, FaultKind::Refused(403, "AccessDenied"));
        let failure = provision(&cloud, &target("s3", json!({}))).unwrap_err();
        assert_eq!((failure.code.as_str(), &failure.cause), ("aws-access-denied", &Cause::Permanent));
        assert!(failure.message.contains(permission) && failure.message.contains("request R1"), "{failure}");
    }
    let cloud = Cloud::default();
    cloud.fault("GET s3", FaultKind::Refused(403, "SignatureDoesNotMatch"));
    assert_eq!(provision(&cloud, &target("s3", json!({}))).unwrap_err().code, "aws-credential");
}

#[test]
fn params_that_cannot_be_made_are_said_with_their_place() {
    let made = provision(&Cloud::default(), &target("s3", json!({}))).unwrap();
    let cases: [(Json, Option<&State>, &[&str]); 9] = [
        (full(), None, &[]),
        (json!({"bucket": "a.shop"}), None, &[]),
        (json!({"bucket": "xn--shop"}), None, &["/bucket"]),
        (json!({"bucket": "192.168.0.1"}), None, &["/bucket"]),
        (json!({"bucket": "other"}), Some(&made), &["/bucket"]),
        (json!({"region": "us-east-1"}), None, &["/region"]),
        (json!({"lifecycle": {}}), None, &["/lifecycle"]),
        (json!({"policy": {"Statement": [{"Effect": "Allow"}]}}), None, &["/policy/Statement/0"]),
        (
            json!({"tags": {"innominatus:id": "x", "aws:a/b": "y"}}),
            None,
            &["/tags/aws:a~1b", "/tags/innominatus:id"],
        ),
    ];
    for (params, prior, expected) in cases {
        let target = remembering(&target("s3", params.clone()), prior.cloned());
        let cloud = Cloud::default();
        let host = cloud.host();
        let found = component(|component| component.validate_config(host.host(), target.clone()));
        let pointers: Vec<&str> = found.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!(pointers, expected, "{params}");
        assert!(found.iter().all(|violation| violation.remedy.is_some()));
        if !expected.is_empty() {
            let failure = provision(&cloud, &target).unwrap_err();
            assert!(matches!(failure.cause, Cause::Invalid(_)), "{failure}");
        }
        assert!(cloud.0.borrow().log.is_empty() || expected.is_empty(), "nothing is sent");
    }
}

#[test]
fn a_bucket_stays_in_its_region_and_keeps_its_names() {
    let cloud = Cloud::default();
    let first: Target<Json> = target("s3", json!({}));
    let state = provision(&cloud, &first).unwrap();
    let again = remembering(&first, Some(state.clone()));
    let host = cloud.host_with(json!({"region": "us-east-1"}));
    let (Ended::Failed(failure), _) = provision_once(&host, &again) else { panic!() };
    assert_eq!((failure.code.as_str(), &failure.cause), ("region-changed", &Cause::Conflict));
    let host = cloud.host_with(json!({"region": "eu-west-1", "namePrefix": "new"}));
    let (Ended::Ready(after), _) = provision_once(&host, &again) else { panic!() };
    assert_eq!(after, state);
}

#[test]
fn hints_say_where_to_look_and_hold_no_secret() {
    let cloud = Cloud::default();
    let target = target("s3", json!({}));
    let made = remembering(&target, Some(provision(&cloud, &target).unwrap()));
    let host = cloud.host();
    let hints = component(|component| component.get_hints(host.host(), made)).unwrap();
    let kinds: Vec<&str> = hints.iter().map(|hint| hint.kind.as_str()).collect();
    assert_eq!(kinds, ["url", "command"]);
    assert!(hints[1].value.starts_with("aws s3 ls s3://shop-data-"), "{}", hints[1].value);
    assert!(hints.iter().all(|hint| !hint.value.contains(SECRET) && !hint.value.contains("token")));
}
