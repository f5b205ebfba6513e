//! Databases once they are there: how they are seen, and removed with a last snapshot.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use innominatus_guest::{Cause, Health, Json};
use serde_json::json;
use support::rds::{change, made, slow, status};
use support::{
    Account, Cloud, FaultKind, component, deprovision, provision, provision_once, remembering, target,
};

#[test]
fn the_last_snapshot_is_as_the_params_say() {
    let cases: [(Json, Option<&str>); 3] = [
        (json!({}), Some("-final-20260101t000002")),
        (json!({"finalSnapshot": "keep-this"}), Some("keep-this")),
        (json!({"skipFinalSnapshot": true}), None),
    ];
    for (params, expected) in cases {
        let cloud = slow(2);
        let (target, _) = made(&cloud, params.clone());
        assert!(deprovision(&cloud, &target).unwrap() > 1);
        assert_eq!(cloud.writes(), ["POST rds:DeleteDBInstance"]);
        let account = cloud.0.borrow();
        assert!(account.instances.is_empty());
        match (account.snapshots.as_slice(), expected) {
            ([], None) => {}
            ([found], Some(end)) => assert!(found.ends_with(end), "{found}"),
            (found, _) => panic!("{found:?}"),
        }
    }
}

#[test]
fn removing_survives_lost_answers_and_waits_while_it_must() {
    for params in [json!({}), json!({"skipFinalSnapshot": true})] {
        let cloud = slow(2);
        let (target, _) = made(&cloud, params);
        cloud.fault("POST rds:DeleteDBInstance", FaultKind::Lost);
        deprovision(&cloud, &target).unwrap();
        assert!(cloud.0.borrow().snapshots.len() < 2);
        cloud.writes();
        assert_eq!(deprovision(&cloud, &target).unwrap(), 1, "and it is gone for good");
        assert_eq!(cloud.writes(), [""; 0]);
    }
    // Half made: the snapshot has to wait until it can be taken.
    let cloud = slow(4);
    let target = target("postgres", json!({}));
    let (_, kept) = provision_once(&cloud.host(), &target);
    deprovision(&cloud, &remembering(&target, kept)).unwrap();
    assert_eq!(cloud.writes(), ["POST rds:CreateDBInstance", "POST rds:DeleteDBInstance"]);
    assert_eq!(cloud.0.borrow().snapshots.len(), 1);
    assert_eq!(deprovision(&Cloud::default(), &target).unwrap(), 1, "what never was is gone");
}

#[test]
fn removing_says_no_where_it_must() {
    type Tamper = fn(&mut Account);
    let cases: [(Json, Tamper, &str, &str); 3] = [
        (json!({"deletionProtection": true}), |_| {}, "database-protected", "deletionProtection: false"),
        (
            json!({"finalSnapshot": "there"}),
            |account| account.snapshots.push("there".into()),
            "snapshot-taken",
            "finalSnapshot",
        ),
        (
            json!({}),
            |account| {
                account.instances.values_mut().for_each(|instance| "failed".clone_into(&mut instance.status))
            },
            "snapshot-impossible",
            "skipFinalSnapshot: true",
        ),
    ];
    for (params, tamper, code, remedy) in cases {
        let cloud = Cloud::default();
        let (target, _) = made(&cloud, params);
        tamper(&mut cloud.0.borrow_mut());
        let failure = deprovision(&cloud, &target).unwrap_err();
        assert_eq!((failure.code.as_str(), &failure.cause), (code, &Cause::Conflict));
        assert!(failure.message.contains(remedy), "{failure}");
        assert_eq!(cloud.0.borrow().instances.len(), 1);
    }
}

#[test]
fn drift_is_found_where_it_is_and_mended() {
    let params =
        json!({"version": "16.4", "instanceClass": "db.t4g.micro", "storage": 20, "tags": {"team": "a"}});
    let cases = [
        ("/instanceClass", "DBInstanceClass", "db.m7g.large"),
        ("/publiclyAccessible", "PubliclyAccessible", "true"),
        ("/version", "AutoMinorVersionUpgrade", "true"),
    ];
    for (pointer, field, value) in cases {
        let cloud = Cloud::default();
        let (target, _) = made(&cloud, params.clone());
        assert_eq!(status(&cloud, &target).health, Health::Ready);
        change(&cloud, |instance| drop(instance.fields.insert(field.into(), value.into())));
        let drifted = status(&cloud, &target);
        let pointers: Vec<&str> =
            drifted.drift.iter().map(|difference| difference.pointer.as_str()).collect();
        assert_eq!(
            (drifted.health, drifted.reason.as_str(), pointers),
            (Health::Degraded, "Drifted", vec![pointer])
        );
        provision(&cloud, &target).unwrap();
        assert_eq!(cloud.writes(), ["POST rds:ModifyDBInstance"]);
        assert_eq!(status(&cloud, &target).health, Health::Ready);
    }
    // What cannot be mended is shown all the same.
    let cloud = Cloud::default();
    let (target, _) = made(&cloud, params);
    change(&cloud, |instance| {
        instance.fields.insert("AllocatedStorage".into(), "40".into());
        instance.fields.insert("EngineVersion".into(), "16.9".into());
        instance.tags.remove("team");
    });
    let drifted = status(&cloud, &target);
    let pointers: Vec<&str> = drifted.drift.iter().map(|difference| difference.pointer.as_str()).collect();
    assert_eq!(pointers, ["/tags/team", "/storage", "/version"]);
}

#[test]
fn a_status_says_how_far_it_is() {
    let cloud = slow(3);
    let target = target("postgres", json!({}));
    assert_eq!(status(&cloud, &target).reason, "NotProvisioned");
    let (_, kept) = provision_once(&cloud.host(), &target);
    cloud.writes();
    let known = remembering(&target, kept);
    assert_eq!(status(&cloud, &known).health, Health::Progressing);
    provision(&cloud, &known).unwrap();
    cloud.writes();
    assert_eq!(status(&cloud, &known).health, Health::Ready);
    cloud.0.borrow_mut().instances.clear();
    assert_eq!(status(&cloud, &known).reason, "DatabaseMissing");
}

#[test]
fn hints_show_where_it_is_and_mark_what_is_secret() {
    let cloud = Cloud::default();
    let (target, _) = made(&cloud, json!({}));
    let host = cloud.host();
    let hints = component(|component| component.get_hints(host.host(), target)).unwrap();
    let shown: Vec<(&str, bool)> = hints.iter().map(|hint| (hint.kind.as_str(), hint.sensitive)).collect();
    assert_eq!(shown, [("connection_string", true), ("command", false), ("url", false)]);
}
