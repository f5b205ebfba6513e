//! Databases: made once whatever happens, changed in place, removed with a last snapshot.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use innominatus_guest::{Cause, Failure, Health, Json, Progress, Removal, State, Status, Target};
use serde_json::json;
use support::{
    Account, Cloud, Ended, FaultKind, component, deprovision, provision, provision_once, remembering, target,
};

fn slow(looks: u32) -> Cloud {
    let cloud = Cloud::default();
    cloud.0.borrow_mut().slowness = looks;
    cloud
}

/// The only database.
fn only(cloud: &Cloud) -> support::Instance {
    let account = cloud.0.borrow();
    assert_eq!(account.instances.len(), 1);
    account.instances.values().next().unwrap().clone()
}

fn change(cloud: &Cloud, tamper: impl Fn(&mut support::Instance)) {
    cloud.0.borrow_mut().instances.values_mut().for_each(tamper);
}

fn status(cloud: &Cloud, target: &Target<Json>) -> Status {
    let host = cloud.host();
    let status = component(|component| component.get_status(host.host(), target.clone())).unwrap();
    assert_eq!(cloud.0.borrow().writes(), [""; 0], "a status only looks");
    status
}

fn made(cloud: &Cloud, params: Json) -> (Target<Json>, State) {
    let target = target("postgres", params);
    let state = provision(cloud, &target).unwrap();
    cloud.writes();
    (remembering(&target, Some(state.clone())), state)
}

fn violations(failure: Failure) -> Vec<String> {
    match failure.cause {
        Cause::Invalid(found) => found.into_iter().map(|violation| violation.pointer).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_database_is_made_with_a_password_that_only_the_host_knows() {
    let cloud = Cloud::default();
    let host = cloud.host();
    let params =
        json!({"version": 16, "storage": "50Gi", "multiAz": true, "size": "small", "engine": "postgres"});
    let (Ended::Ready(state), _) = provision_once(&host, &target("postgres", params)) else { panic!() };
    let token = host.minted()[0].1.clone();
    let address = state.get("host").unwrap().as_str().unwrap().to_owned();
    assert!(
        address.starts_with("shop-data-") && address.ends_with(".eu-west-1.rds.amazonaws.com"),
        "{address}"
    );
    let expected = [
        ("host", json!(address), false),
        ("port", json!(5432), false),
        ("name", json!("shop_data"), false),
        ("database", json!("shop_data"), false),
        ("username", json!("shop_data"), false),
        ("password", json!(token), true),
        ("connection", json!(format!("postgresql://shop_data:{token}@{address}:5432/shop_data")), true),
    ];
    let found: Vec<_> = state
        .outputs
        .iter()
        .map(|output| (output.name.as_str(), output.value.clone(), output.sensitive))
        .collect();
    assert_eq!(found, expected);
    let instance = only(&cloud);
    let expected = [
        ("MasterUserPassword", token.as_str()),
        ("EngineVersion", "16.4"),
        ("AutoMinorVersionUpgrade", "true"),
        ("AllocatedStorage", "50"),
        ("MultiAZ", "true"),
        ("StorageEncrypted", "true"),
        ("PubliclyAccessible", "false"),
        ("DBInstanceClass", "db.t4g.micro"),
        ("BackupRetentionPeriod", "7"),
    ];
    for (field, value) in expected {
        assert_eq!(instance.fields[field], value, "{field}");
    }
    assert_eq!(instance.tags["innominatus:resource"], "postgres.default/web.data");
    assert_eq!(cloud.writes(), ["POST rds:CreateDBInstance"]);
}

#[test]
fn what_takes_minutes_is_waited_for() {
    let cloud = slow(3);
    let target = target("postgres", json!({}));
    let host = cloud.host();
    let progress = component(|component| component.provision(host.host(), target.clone())).unwrap();
    let Progress::Pending(pending) = progress else { panic!() };
    assert_eq!(pending.after.as_secs(), 30);
    assert!(pending.reason.ends_with("is creating"), "{}", pending.reason);
    assert_eq!(host.checkpoints().len(), 1, "kept before it is made");
    let state = provision(&cloud, &remembering(&target, Some(pending.state))).unwrap();
    assert!(state.get("connection").is_some());
    assert_eq!(cloud.writes(), ["POST rds:CreateDBInstance"]);
    let again = provision(&cloud, &remembering(&target, Some(state.clone()))).unwrap();
    assert_eq!(again, state);
    assert_eq!(cloud.writes(), [""; 0]);
}

#[test]
fn whatever_breaks_there_is_one_database_and_it_can_be_removed() {
    let kinds = [
        FaultKind::Lost,
        FaultKind::NotSent,
        FaultKind::Refused(503, "Throttling"),
        FaultKind::Refused(500, "InternalFailure"),
    ];
    let target = target("postgres", json!({"version": "16.4"}));
    for kind in kinds {
        for at in ["POST rds:CreateDBInstance", "GET rds:DescribeDBInstances"] {
            for looks in [0, 2] {
                let cloud = slow(looks);
                cloud.fault(at, kind.clone());
                let host = cloud.host();
                let (Ended::Failed(failure), kept) = provision_once(&host, &target) else { panic!("{at}") };
                assert!(matches!(failure.cause, Cause::Transient(_)), "{at}: {failure}");
                let forgotten = host.checkpoints().pop();
                for kept in [kept, forgotten, None] {
                    provision(&cloud, &remembering(&target, kept)).unwrap();
                    assert_eq!(cloud.0.borrow().made, 1, "{at}");
                }
                deprovision(&cloud, &target).unwrap();
                assert!(cloud.0.borrow().instances.is_empty());
            }
        }
    }
}

#[test]
fn an_update_asks_for_what_changed_and_waits_for_it() {
    let cases: [(Json, &[(&str, &str)]); 8] = [
        (json!({"instanceClass": "db.t4g.large"}), &[("DBInstanceClass", "db.t4g.large")]),
        (json!({"storage": 100}), &[("AllocatedStorage", "100")]),
        (
            json!({"storage": "1Ti", "storageType": "io2"}),
            &[("AllocatedStorage", "1024"), ("StorageType", "io2")],
        ),
        (json!({"version": "16.6"}), &[("EngineVersion", "16.6"), ("AutoMinorVersionUpgrade", "false")]),
        (
            json!({"version": 17, "allowMajorUpgrade": true}),
            &[("EngineVersion", "17"), ("AllowMajorVersionUpgrade", "true")],
        ),
        (
            json!({"multiAz": true, "backupRetentionDays": 0}),
            &[("MultiAZ", "true"), ("BackupRetentionPeriod", "0")],
        ),
        (json!({"deletionProtection": true}), &[("DeletionProtection", "true")]),
        (json!({"publiclyAccessible": true}), &[("PubliclyAccessible", "true")]),
    ];
    for (params, fields) in cases {
        for looks in [0, 2] {
            let cloud = slow(looks);
            let (_, state) = made(&cloud, json!({"version": 16}));
            let updated = remembering(&target("postgres", params.clone()), Some(state.clone()));
            let after = provision(&cloud, &updated).unwrap();
            assert_eq!(after.outputs, state.outputs);
            assert_eq!(cloud.writes(), ["POST rds:ModifyDBInstance"], "{params}");
            let instance = only(&cloud);
            for (field, value) in fields {
                assert_eq!(instance.fields[*field], *value, "{params}");
            }
            provision(&cloud, &remembering(&updated, Some(after))).unwrap();
            assert_eq!(cloud.writes(), [""; 0], "{params} settles");
        }
    }
}

#[test]
fn tags_and_security_groups_follow_params_and_settings() {
    let cloud = Cloud::default();
    let (_, state) = made(&cloud, json!({}));
    let updated = remembering(&target("postgres", json!({"tags": {"team": "a"}})), Some(state));
    let settings =
        json!({"region": "eu-west-1", "vpcSecurityGroupIds": ["sg-2", "sg-1"], "dbSubnetGroup": "inner"});
    let host = cloud.host_with(settings.clone());
    let (Ended::Ready(_), _) = provision_once(&host, &updated) else { panic!() };
    assert_eq!(cloud.writes(), ["POST rds:AddTagsToResource", "POST rds:ModifyDBInstance"]);
    let instance = only(&cloud);
    assert_eq!(instance.tags["team"], "a");
    let (Ended::Ready(state), _) = provision_once(&host, &updated) else { panic!() };
    let without = remembering(&target("postgres", json!({})), Some(state));
    let (Ended::Ready(_), _) = provision_once(&host, &without) else { panic!() };
    assert_eq!(cloud.writes(), ["POST rds:RemoveTagsFromResource"]);
    assert!(!only(&cloud).tags.contains_key("team"));
    assert_eq!(instance.fields["VpcSecurityGroupIds.VpcSecurityGroupId.1"], "sg-1");
    let cloud = Cloud::default();
    provision_once(&cloud.host_with(settings), &target("postgres", json!({})));
    assert_eq!(only(&cloud).fields["DBSubnetGroupName"], "inner");
}

#[test]
fn what_no_database_can_become_is_said_before_anything_is_asked() {
    let cloud = Cloud::default();
    let (_, state) = made(&cloud, json!({"version": "16.4", "storage": 50}));
    let cases: [(Json, &[&str]); 9] = [
        (json!({"version": "16.4", "storage": 50}), &[]),
        (json!({"storage": 40}), &["/storage"]),
        (json!({"storage": 10}), &["/storage", "/storage"]),
        (json!({"version": 17}), &["/version"]),
        (json!({"version": "15.9"}), &["/version"]),
        (json!({"version": "16.3", "allowMajorUpgrade": true}), &["/version"]),
        (json!({"version": "16..4"}), &["/version"]),
        (json!({"database": "other", "username": "other"}), &["/database", "/username"]),
        (json!({"tags": {"aws:x": "y"}}), &["/tags/aws:x"]),
    ];
    for (params, expected) in cases {
        let target = remembering(&target("postgres", params.clone()), Some(state.clone()));
        let host = cloud.host();
        let found = component(|component| component.validate_config(host.host(), target.clone()));
        let pointers: Vec<&str> = found.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!(pointers, expected, "{params}");
        if !expected.is_empty() {
            assert_eq!(violations(provision(&cloud, &target).unwrap_err()), expected);
        }
        assert_eq!(cloud.writes(), [""; 0], "{params}");
    }
    // What somebody changed by hand counts as well.
    change(&cloud, |instance| drop(instance.fields.insert("AllocatedStorage".into(), "80".into())));
    let target = remembering(&target("postgres", json!({"storage": 60})), Some(state));
    assert_eq!(violations(provision(&cloud, &target).unwrap_err()), ["/storage"]);
    assert_eq!(cloud.writes(), [""; 0]);
}

#[test]
fn a_change_that_aws_does_not_take_ends_in_words() {
    let cloud = Cloud::default();
    let (_, state) = made(&cloud, json!({}));
    cloud.0.borrow_mut().stubborn = true;
    let target = remembering(&target("postgres", json!({"storageType": "gp2"})), Some(state));
    let failure = provision(&cloud, &target).unwrap_err();
    assert_eq!(failure.code, "change-not-taken");
    assert!(failure.message.contains("/storageType"), "{failure}");
    assert_eq!(cloud.writes().len(), 3);
}

#[test]
fn states_that_need_a_person_are_said() {
    let cases = [
        ("stopped", "database-stopped"),
        ("incompatible-network", "database-broken"),
        ("storage-full", "database-full"),
    ];
    for (state, code) in cases {
        let cloud = Cloud::default();
        let (target, _) = made(&cloud, json!({}));
        change(&cloud, |instance| state.clone_into(&mut instance.status));
        assert_eq!(provision(&cloud, &target).unwrap_err().code, code);
        assert_eq!(status(&cloud, &target).health, Health::Degraded);
    }
    // A full disk can be made larger.
    let cloud = Cloud::default();
    let (_, state) = made(&cloud, json!({}));
    change(&cloud, |instance| "storage-full".clone_into(&mut instance.status));
    provision(&cloud, &remembering(&target("postgres", json!({"storage": 40})), Some(state))).unwrap();
    assert_eq!(only(&cloud).fields["AllocatedStorage"], "40");
}

#[test]
fn a_database_that_is_there_is_not_taken() {
    type Tamper = fn(&mut support::Instance);
    let cases: [(Tamper, &str); 3] = [
        (|instance| instance.tags.clear(), "does not say whose it is"),
        (|instance| drop(instance.tags.insert("innominatus:id".into(), "res_2".into())), "(`res_2`)"),
        (
            |instance| drop(instance.tags.insert("innominatus:identity".into(), "0".into())),
            "belongs to `postgres.default/web.data`",
        ),
    ];
    for (tamper, expected) in cases {
        let cloud = Cloud::default();
        made(&cloud, json!({}));
        change(&cloud, tamper);
        let target = target("postgres", json!({"storage": 100}));
        let failure = provision(&cloud, &target).unwrap_err();
        assert_eq!((failure.code.as_str(), &failure.cause), ("database-taken", &Cause::Conflict));
        assert!(failure.message.contains(expected), "{failure}");
        deprovision(&cloud, &target).unwrap();
        assert_eq!(cloud.writes(), [""; 0]);
        assert_eq!(only(&cloud).status, "available");
    }
}

#[test]
fn one_that_goes_is_waited_for_before_another_is_made() {
    let cloud = slow(2);
    let (target, _) = made(&cloud, json!({}));
    change(&cloud, |instance| {
        "deleting".clone_into(&mut instance.status);
        instance.looks = 3;
    });
    let after = provision(&cloud, &target).unwrap();
    assert!(after.get("host").is_some());
    assert_eq!((cloud.writes(), cloud.0.borrow().made), (vec!["POST rds:CreateDBInstance".to_owned()], 2));
}

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
fn denials_of_the_host_are_handed_on() {
    for capability in ["http", "secrets"] {
        let cloud = Cloud::default();
        let host = cloud.host().deny(capability);
        let (Ended::Failed(failure), _) = provision_once(&host, &target("postgres", json!({}))) else {
            panic!()
        };
        assert!(matches!(failure.cause, Cause::Denied(denial) if denial.capability == capability));
        assert!(cloud.0.borrow().instances.is_empty());
    }
    let cloud = Cloud::default();
    let host = cloud.host().deny("http");
    let removal: Result<Removal, Failure> =
        component(|component| component.deprovision(host.host(), target("postgres", json!({}))));
    assert!(matches!(removal.unwrap_err().cause, Cause::Denied(_)));
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
