//! Data that is there already: a release that does not take it over is refused, before and while it is made;
//! what a person names on purpose is not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use innominatus_compose_provisioners::{Amqp, Database, MONGODB, MYSQL, POSTGRES, Redis, S3};
use innominatus_guest::testing::{self, FakeHost, ProvisionerComponent};
use innominatus_guest::{Cause, Failure, Json, Prior, Progress, State, Target, Violation};
use serde_json::json;

fn component<R>(run: impl FnOnce(ProvisionerComponent<'_>) -> R) -> R {
    run(ProvisionerComponent::new(
        "compose",
        "1.0.0",
        &[&Database(&POSTGRES), &Database(&MYSQL), &Database(&MONGODB), &Redis, &Amqp, &S3],
    ))
}

/// A resource as the runtime keeps it: each good answer is the prior of the next call.
struct Kept {
    kind: &'static str,
    prior: Option<State>,
    log: Vec<String>,
}

impl Kept {
    fn new(kind: &'static str) -> Self {
        Self { kind, prior: None, log: Vec::new() }
    }

    fn target(&self, params: Json) -> Target<Json> {
        let target = testing::target(self.kind, "hello-db", params);
        match &self.prior {
            Some(state) => testing::made(target, state.clone()),
            None => target,
        }
    }

    /// What is wrong, after making sure that both exports say the same.
    fn ask(&mut self, params: Json) -> Result<Json, Violation> {
        let fake = FakeHost::new();
        let before =
            component(|component| component.validate_config(fake.host(), self.target(params.clone())));
        let answer = component(|component| component.provision(fake.host(), self.target(params)));
        self.log = fake.log_lines();
        match answer {
            Ok(Progress::Ready(state)) => {
                assert_eq!(before, []);
                let fragment = serde_json::from_str::<Json>(&state.artifacts[0].content).unwrap();
                self.prior = Some(state);
                Ok(fragment)
            }
            Ok(Progress::Pending(_)) => panic!("nothing here takes time"),
            Err(Failure { cause: Cause::Invalid(violations), .. }) => {
                assert_eq!(before, violations);
                assert!(fake.minted().is_empty(), "a secret was made for what is refused");
                Err(violations.into_iter().next().unwrap())
            }
            Err(failure) => panic!("{failure}"),
        }
    }

    fn volume(&mut self, params: Json) -> String {
        let fragment = self.ask(params).unwrap();
        let volumes: Vec<_> = fragment["volumes"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(volumes.len(), 1);
        assert_eq!(
            fragment["services"][format!("{}-hello-db", self.kind)]["volumes"][0]["source"],
            volumes[0]
        );
        volumes[0].clone()
    }
}

#[test]
fn another_major_version_on_the_same_data_is_refused_with_both_versions_and_a_remedy() {
    let mut kept = Kept::new("postgres");
    assert_eq!(kept.volume(json!({"version": 16})), "postgres-hello-db-data");
    let refused = kept.ask(json!({"version": "17.2"})).unwrap_err();
    assert_eq!(refused.pointer, "/version");
    assert_eq!(
        refused.message,
        "the volume `postgres-hello-db-data` holds data of PostgreSQL 16, which PostgreSQL 17.2 does not take over by \
         itself"
    );
    assert!(refused.remedy.unwrap().contains("`volume: v17`"));
    // The version of the platform's own choice is another one too.
    assert!(kept.ask(json!({})).unwrap_err().message.contains("PostgreSQL 17"));
    // And nothing has changed by asking.
    kept.ask(json!({"version": 16.to_string() + ".9"})).unwrap();
}

#[test]
fn an_empty_volume_is_accepted_by_name_and_the_old_one_is_found_again() {
    let mut kept = Kept::new("postgres");
    kept.ask(json!({"version": 16})).unwrap();
    assert_eq!(kept.volume(json!({"version": 18, "volume": "v18"})), "postgres-hello-db-v18");
    // Each volume remembers its own release.
    assert_eq!(kept.volume(json!({"version": 16})), "postgres-hello-db-data");
    let refused = kept.ask(json!({"version": 18})).unwrap_err();
    assert!(refused.remedy.unwrap().contains("`volume: v18x1`"), "a name that is not taken");
    assert!(kept.ask(json!({"version": 16, "volume": "v18"})).is_err());
    kept.ask(json!({"version": 18, "volume": "v18"})).unwrap();
}

#[test]
fn each_server_takes_over_what_it_can() {
    let cases = [
        ("mysql", "8.0", "8.4", true),
        ("mysql", "8.4", "8.0", false),
        ("mongodb", "7", "8", false),
        ("mongodb", "7.0.1", "7.0.9", true),
        ("redis", "6", "8", true),
        ("redis", "8", "7", false),
        ("amqp", "3.13", "4", false),
        ("amqp", "4.0", "4.1", true),
    ];
    for (kind, from, to, fine) in cases {
        let mut kept = Kept::new(kind);
        kept.ask(json!({"version": from})).unwrap();
        assert_eq!(kept.ask(json!({"version": to})).is_ok(), fine, "{kind} {from} to {to}");
    }
}

#[test]
fn an_image_that_says_its_version_is_judged_and_another_is_not() {
    let mut kept = Kept::new("postgres");
    kept.ask(json!({"image": "pgvector/pgvector:pg16"})).unwrap();
    let refused = kept.ask(json!({"image": "pgvector/pgvector:pg17"})).unwrap_err();
    assert_eq!(refused.pointer, "/image");
    kept.ask(json!({"image": "example.org/pg@sha256:00"})).unwrap();
    assert!(kept.ask(json!({"version": 17})).is_err(), "what was known before is still known");
}

#[test]
fn the_folder_of_the_data_follows_the_image_that_runs() {
    let folder = |params: Json| {
        let fragment = Kept::new("postgres").ask(params).unwrap();
        fragment["services"]["postgres-hello-db"]["volumes"][0]["target"].clone()
    };
    assert_eq!(folder(json!({})), "/var/lib/postgresql/data");
    assert_eq!(folder(json!({"version": 18})), "/var/lib/postgresql");
    assert_eq!(folder(json!({"image": "postgres:18-bookworm"})), "/var/lib/postgresql");
    assert_eq!(folder(json!({"image": "postgres:17", "version": 18})), "/var/lib/postgresql/data");
}

#[test]
fn what_an_image_makes_only_once_is_said() {
    let mut kept = Kept::new("postgres");
    kept.ask(json!({"database": "one"})).unwrap();
    assert_eq!(kept.log, [""; 0]);
    kept.ask(json!({"database": "two"})).unwrap();
    assert_eq!(kept.log.len(), 1, "{:?}", kept.log);
    assert!(kept.log[0].contains("database `one`") && kept.log[0].contains("`two`"), "{:?}", kept.log);
    kept.ask(json!({"database": "two", "volume": "two"})).unwrap();
    assert_eq!(kept.log, [""; 0]);
}

#[test]
fn who_removes_a_database_is_told_what_stays() {
    let mut kept = Kept::new("mysql");
    kept.ask(json!({})).unwrap();
    kept.ask(json!({"volume": "other"})).unwrap();
    let fake = FakeHost::new();
    component(|component| component.deprovision(fake.host(), kept.target(json!({})))).unwrap();
    let log = fake.log_lines();
    assert!(log.len() == 2 && log[0].contains("`mysql-hello-db-data`"), "{log:?}");
    // What was never made leaves nothing.
    let fake = FakeHost::new();
    component(|component| component.deprovision(fake.host(), testing::target("mysql", "x", json!({}))))
        .unwrap();
    assert_eq!(fake.log_lines(), [""; 0]);
}

#[test]
fn a_handle_of_another_shape_is_no_obstacle() {
    let target: Target<Json> = testing::target("postgres", "hello-db", json!({"version": 18}));
    let state = State::new().handle(json!("something else"));
    let prior = Prior { state, version: "0.9.0".to_owned(), generation: 1, params: json!({}) };
    let target = Target { prior: Some(prior), ..target };
    assert!(component(|component| component.provision(FakeHost::new().host(), target)).is_ok());
}

#[test]
fn an_access_key_is_long_enough_for_the_server() {
    let target: Target<Json> = testing::target("s3", "a", json!({}));
    let Progress::Ready(state) =
        component(|component| component.provision(FakeHost::new().host(), target)).unwrap()
    else {
        panic!("nothing here takes time")
    };
    assert_eq!(state.get("access_key_id"), Some(&json!("a_key")));
}
