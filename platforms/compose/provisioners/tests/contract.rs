//! What Score users rely on: the outputs of each type, the params it takes, what is secret, and what a
//! person is shown.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use innominatus_compose_provisioners::{Amqp, Database, MONGODB, MYSQL, POSTGRES, Redis, S3};
use innominatus_guest::testing::{self, FakeHost, ProvisionerComponent};
use innominatus_guest::{Cause, Failure, Json, Progress, State, Target};
use serde_json::json;

fn component<R>(run: impl FnOnce(ProvisionerComponent<'_>) -> R) -> R {
    run(ProvisionerComponent::new(
        "compose",
        "1.0.0",
        &[&Database(&POSTGRES), &Database(&MYSQL), &Database(&MONGODB), &Redis, &Amqp, &S3],
    ))
}

fn target(kind: &str, params: Json) -> Target<Json> {
    testing::target(kind, "hello-db", params)
}

fn provision(fake: &FakeHost, target: Target<Json>) -> Result<State, Failure> {
    match component(|component| component.provision(fake.host(), target))? {
        Progress::Ready(state) => Ok(state),
        Progress::Pending(_) => panic!("nothing here takes time"),
    }
}

#[test]
fn outputs_have_the_names_that_score_users_expect() {
    let expected = [
        ("postgres", "host port name database username password*"),
        ("mysql", "host port name database username password*"),
        ("mongodb", "host port username password* connection*"),
        ("redis", "host port username password*"),
        ("amqp", "host port vhost username password*"),
        ("s3", "endpoint access_key_id secret_key* bucket region aws_access_key_id aws_secret_key*"),
    ];
    let offers = component(|component| component.metadata().offers);
    assert_eq!(offers.len(), expected.len());
    for (offer, (kind, names)) in offers.iter().zip(expected) {
        assert_eq!(offer.kind, kind);
        for name in names.split_whitespace() {
            let (name, sensitive) = name.strip_suffix('*').map_or((name, false), |name| (name, true));
            let found = offer.outputs.iter().find(|output| output.name == name);
            let found = found.unwrap_or_else(|| panic!("{kind} has no output {name}"));
            assert_eq!(found.sensitive, sensitive, "{kind} {name}");
            assert!(found.required);
        }
        assert!(!offer.has_open_outputs());
    }
}

/// The schemas are what people see of the params, in errors and in `explain`.
#[test]
fn schemas_are_as_published() {
    let offers = component(|component| component.metadata().offers);
    for offer in offers {
        let schema = component(|component| component.config_schema(&offer.kind, "default"));
        assert_eq!(schema["additionalProperties"], json!(false), "{} takes unknown params", offer.kind);
        let file = format!("tests/schemas/{}.json", offer.kind);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let found = format!("{schema:#}\n");
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(expected == found, "{}: run again with BLESS=1 if it should be\n{found}", file.display());
    }
}

#[test]
fn a_server_says_where_it_is_and_keeps_its_password_to_itself() {
    for (kind, port) in
        [("postgres", 5432), ("mysql", 3306), ("mongodb", 27017), ("redis", 6379), ("amqp", 5672)]
    {
        let fake = FakeHost::new();
        let state = provision(&fake, target(kind, json!({}))).unwrap();
        assert_eq!(state.get("host"), Some(&json!(format!("{kind}-hello-db"))));
        assert_eq!(state.get("port"), Some(&json!(port)));
        let token = fake.minted()[0].1.clone();
        assert_eq!(state.get("password"), Some(&json!(token)));
        assert!(state.get("connection").unwrap().as_str().unwrap().contains(&token));
        assert!(!state.artifacts[0].content.contains(&token) && !state.artifacts[0].sensitive);
        assert!(state.artifacts[0].content.contains("${outputs.password}"));
    }
}

#[test]
fn params_reach_the_service() {
    let fake = FakeHost::new();
    let params = json!({"version": 18, "database": "orders", "username": "ada", "size": "small"});
    let state = provision(&fake, target("postgres", params)).unwrap();
    assert_eq!(state.get("name"), Some(&json!("orders")));
    assert_eq!(state.get("username"), Some(&json!("ada")));
    let fragment: Json = serde_json::from_str(&state.artifacts[0].content).unwrap();
    let service = &fragment["services"]["postgres-hello-db"];
    assert_eq!(service["image"], json!("postgres:18-alpine"));
    assert_eq!(service["volumes"][0]["target"], json!("/var/lib/postgresql"));
}

#[test]
fn names_are_short_enough_for_the_server() {
    let long = testing::target("mysql", &"long-name-".repeat(6), json!({}));
    let state = provision(&FakeHost::new(), long).unwrap();
    assert!(state.get("username").unwrap().as_str().unwrap().len() <= 32);
    assert!(state.get("host").unwrap().as_str().unwrap().len() <= 63);
}

#[test]
fn unknown_params_are_refused() {
    let failure = provision(&FakeHost::new(), target("redis", json!({"versoin": 7}))).unwrap_err();
    assert!(matches!(failure.cause, Cause::Invalid(_)) && failure.message.contains("versoin"), "{failure}");
}

#[test]
fn without_the_capability_the_denial_is_handed_on() {
    let failure = provision(&FakeHost::new().deny("secrets"), target("s3", json!({}))).unwrap_err();
    assert!(matches!(failure.cause, Cause::Denied(denial) if denial.capability == "secrets"));
}

/// Kind, value, and whether it is shown redacted.
#[test]
fn hints_are_what_a_person_would_type() {
    let fake = FakeHost::new();
    let target = target("postgres", json!({}));
    let state = provision(&fake, target.clone()).unwrap();
    let made = testing::made(target, state);
    let hints = component(|component| component.get_hints(fake.host(), made)).unwrap();
    assert_eq!(hints[0].kind, "connection_string");
    assert!(hints[0].sensitive && hints[0].value.starts_with("postgresql://hello_db:token"));
    let commands: Vec<_> = hints[1..].iter().map(|hint| (hint.kind.as_str(), hint.value.as_str())).collect();
    let expected = [
        ("command", "docker compose up --detach postgres-hello-db"),
        ("command", "docker compose exec postgres-hello-db psql --username hello_db --dbname hello_db"),
    ];
    assert_eq!(commands, expected);
}

#[test]
fn every_server_says_how_to_start_it() {
    for kind in ["postgres", "mysql", "mongodb", "redis", "amqp", "s3"] {
        let hints =
            component(|component| component.get_hints(FakeHost::new().host(), target(kind, json!({}))));
        let starts = |hint: &innominatus_guest::Hint| {
            hint.value.starts_with(&format!("docker compose up --detach {kind}-hello-db"))
        };
        assert!(hints.unwrap().iter().any(starts), "{kind}");
    }
}

#[test]
fn before_it_is_made_a_resource_is_missing_and_hints_hold_no_secret() {
    let fake = FakeHost::new();
    let status =
        component(|component| component.get_status(fake.host(), target("redis", json!({})))).unwrap();
    assert_eq!(status.reason, "NotProvisioned");
    let hints = component(|component| component.get_hints(fake.host(), target("redis", json!({})))).unwrap();
    assert!(hints.iter().all(|hint| !hint.sensitive));
    assert!(fake.minted().is_empty());
}
