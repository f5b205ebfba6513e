//! What Score users rely on: the outputs of each type, the params it takes, what is secret, and what a
//! person is shown.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use innominatus_compose_wiring::{Dns, Environment, Route, Service, ServicePort, Volume};
use innominatus_guest::testing::{self, FakeHost, ProvisionerComponent};
use innominatus_guest::{Cause, Failure, Json, Progress, State, Target};
use serde_json::json;

fn component<R>(run: impl FnOnce(ProvisionerComponent<'_>) -> R) -> R {
    run(ProvisionerComponent::new(
        "compose",
        "1.0.0",
        &[&Volume, &Dns, &Route, &Service, &ServicePort, &Environment],
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
        ("volume", "source"),
        ("dns", "host"),
        ("route", ""),
        ("service", "name hostname"),
        ("service-port", "hostname port"),
        ("environment", ""),
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
        assert_eq!(offer.has_open_outputs(), kind == "environment");
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
fn a_service_is_called_like_the_resource_unless_it_says_otherwise() {
    let fake = FakeHost::new();
    let by_name = testing::target("service", "backend", json!({}));
    assert_eq!(provision(&fake, by_name).unwrap().get("name"), Some(&json!("backend")));
    let by_param = testing::target("service", "api", json!({"workload": "backend"}));
    assert_eq!(provision(&fake, by_param).unwrap().get("hostname"), Some(&json!("backend")));
    let labels = vec![("uid".to_owned(), "service.default#billing".to_owned())];
    let shared = Target { labels, ..testing::target("service", "x", json!({})) };
    assert_eq!(provision(&fake, shared).unwrap().get("name"), Some(&json!("billing")));
}

#[test]
fn a_port_by_name_needs_somebody_who_knows_its_number() {
    let fake = FakeHost::new();
    let of = |params| provision(&fake, testing::target("service-port", "p", params));
    assert_eq!(of(json!({"workload": "api", "port": "80"})).unwrap().get("port"), Some(&json!(80)));
    let filled = json!({"workload": "api", "port": "grpc", "targetPort": 9000});
    assert_eq!(of(filled).unwrap().get("port"), Some(&json!(9000)));
    let failure = of(json!({"workload": "api", "port": "grpc"})).unwrap_err();
    assert!(matches!(failure.cause, Cause::Invalid(found) if found[0].pointer == "/port"));
}

#[test]
fn hints_lead_to_where_routes_are_served() {
    let hint = |kind: &str, params: Json, settings: Json| {
        let fake = FakeHost::new().with_settings(settings);
        let hints = component(|component| component.get_hints(fake.host(), target(kind, params)));
        hints.unwrap().remove(0).value
    };
    let route = json!({"host": "hello.localhost", "port": 80, "path": "/a"});
    assert_eq!(hint("route", route.clone(), json!({})), "http://hello.localhost:8080/a");
    assert_eq!(hint("route", route, json!({"routePort": 9000})), "http://hello.localhost:9000/a");
    assert_eq!(hint("dns", json!({}), json!({"routePort": 80})), "http://hello-db.localhost");
}

#[test]
fn environments_have_hosts_and_addresses_of_their_own() {
    let host = |environment: &str, tenant: &str, params: Json, settings: Json| {
        let fake = FakeHost::new().with_settings(settings);
        let target = Target {
            environment: environment.to_owned(),
            tenant: tenant.to_owned(),
            ..target("dns", params)
        };
        let state = provision(&fake, target.clone()).unwrap();
        let hints = component(|component| component.get_hints(fake.host(), target)).unwrap();
        (state.get("host").unwrap().as_str().unwrap().to_owned(), hints[0].value.clone())
    };
    let none = || json!({});
    assert_eq!(host("default", "default", none(), none()).0, "hello-db.localhost");
    assert_eq!(host("staging", "default", none(), none()).0, "hello-db.staging.localhost");
    assert_eq!(host("default", "acme", none(), none()).0, "hello-db.default.acme.localhost");
    // What a person says stands as it is.
    assert_eq!(host("staging", "default", json!({"host": "shop.test"}), none()).0, "shop.test");

    let port = |environment: &str, params: Json, settings: Json| {
        let (_, address) = host(environment, "default", params, settings);
        address.rsplit_once(':').unwrap().1.parse::<u16>().unwrap()
    };
    let set = json!({"routePort": 9000, "routePorts": {"staging": 9001}});
    assert_eq!(port("default", none(), set.clone()), 9000);
    assert_eq!(port("staging", none(), set.clone()), 9001);
    assert_eq!(port("staging", json!({"routePort": 9002}), set), 9002);
    let (staging, test) = (port("staging", none(), none()), port("test", none(), none()));
    assert!((18_000..19_000).contains(&staging) && staging != test);
    assert_eq!(port("staging", none(), json!({"routePort": 9000})), staging);
}

#[test]
fn a_route_says_how_the_project_is_started() {
    let route = target("route", json!({"host": "hello.localhost", "port": 80}));
    let hints = component(|component| component.get_hints(FakeHost::new().host(), route)).unwrap();
    assert_eq!((hints[1].kind.as_str(), hints[1].value.as_str()), ("command", "docker compose up --detach"));
}

#[test]
fn a_host_name_of_a_long_resource_is_still_a_name() {
    let long = testing::target("dns", &"long-name-".repeat(12), json!({}));
    let state = provision(&FakeHost::new(), long).unwrap();
    let host = state.get("host").unwrap().as_str().unwrap();
    assert!(host.split('.').all(|label| (1..=63).contains(&label.len())), "{host}");
}

#[test]
fn nothing_here_asks_for_more_than_settings() {
    let params = [
        ("volume", json!({})),
        ("dns", json!({})),
        ("route", json!({"host": "a.b", "port": 80})),
        ("service", json!({})),
        ("service-port", json!({"workload": "api", "port": 80})),
        ("environment", json!({})),
    ];
    for (kind, params) in params {
        let fake = FakeHost::new();
        provision(&fake, target(kind, params)).unwrap();
        assert!(fake.calls().is_empty(), "{kind}");
    }
}
