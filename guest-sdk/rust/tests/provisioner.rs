//! A provisioner in front of the fake host, and behind the component that the export macro makes.

use std::time::Duration;

use innominatus_guest::prelude::*;
use innominatus_guest::testing::{self, FakeHost, HostCall, ProvisionerComponent};
use innominatus_guest::{Minted, SecretError};

/// Params of a server.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Params {
    /// How many copies run.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 9))]
    replicas: u8,
    /// Where they run.
    zone: Option<Zone>,
}

fn one() -> u8 {
    1
}

/// Where a server runs.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Zone {
    /// Here.
    NearBy,
    /// There.
    FarAway,
}

/// One type, several kinds.
struct Server(&'static str);

#[derive(Deserialize)]
struct Settings {
    domain: String,
}

impl Provisioner for Server {
    type Params = Params;

    fn offer(&self) -> Offer {
        Offer::new(self.0).output(OutputSpec::text("host")).output(OutputSpec::secret("password"))
    }

    fn provision(&self, host: &Host<'_>, target: &Target<Params>) -> Result<Progress, Failure> {
        let Settings { domain } = host.settings()?;
        let password = host.secrets().password("password")?;
        host.checkpoint(&State::new().handle(json!({"name": target.name})));
        if target.prior.is_none() {
            host.progress("starting", Some(10));
            let state = State::new().handle(json!({"name": target.name}));
            return Ok(Progress::pending(state, Duration::from_secs(1), "it starts"));
        }
        let place = target.params.zone.as_ref().map_or("anywhere", |zone| match zone {
            Zone::NearBy => "here",
            Zone::FarAway => "there",
        });
        host.log(Level::Info, "started", &[("place", place)]);
        let name = format!("{}.{domain}", target.name);
        let state = State::new().handle(json!({"replicas": target.params.replicas}));
        Ok(state.output("host", name).secret("password", password).into())
    }
}

struct Nothing;

impl Provisioner for Nothing {
    type Params = NoParams;

    fn offer(&self) -> Offer {
        Offer::new("nothing").class("little").class("less")
    }

    fn provision(&self, _: &Host<'_>, _: &Target<NoParams>) -> Result<Progress, Failure> {
        "x".parse::<u8>().or_transient("number")?;
        Ok(State::new().into())
    }
}

fn component<R>(run: impl FnOnce(ProvisionerComponent<'_>) -> R) -> R {
    run(ProvisionerComponent::new("servers", "1.2.3", &[&Server("postgres"), &Server("mysql"), &Nothing]))
}

fn fake() -> FakeHost {
    FakeHost::new().with_settings(json!({"domain": "example"}))
}

#[test]
fn the_schema_comes_from_the_type() {
    let expected = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Params",
        "description": "Params of a server.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "replicas": {
                "description": "How many copies run.",
                "type": "integer",
                "format": "uint8",
                "minimum": 1,
                "maximum": 9,
                "default": 1
            },
            "zone": {
                "description": "Where they run.",
                "anyOf": [{"$ref": "#/$defs/Zone"}, {"type": "null"}]
            }
        },
        "$defs": {
            "Zone": {
                "description": "Where a server runs.",
                "oneOf": [
                    {"description": "Here.", "type": "string", "const": "near-by"},
                    {"description": "There.", "type": "string", "const": "far-away"}
                ]
            }
        }
    });
    assert_eq!(component(|component| component.config_schema("postgres", "default")), expected);
}

#[test]
fn long_work_goes_on_with_what_it_left() {
    let fake = fake();
    let target: Target<Params> = testing::target("postgres", "db", json!({"zone": "near-by"}));
    let Progress::Pending(pending) = Server("postgres").provision(&fake.host(), &target).unwrap() else {
        panic!("ready at once")
    };
    assert_eq!(fake.checkpoints(), std::slice::from_ref(&pending.state));
    let target = testing::made(target, pending.state);
    assert_eq!(target.handle::<Json>(), Some(json!({"name": "db"})));
    let Progress::Ready(state) = Server("postgres").provision(&fake.host(), &target).unwrap() else {
        panic!("still pending")
    };
    assert_eq!(state.get("host"), Some(&json!("db.example")));
    assert_eq!(state.handle, json!({"replicas": 1}));
    assert_eq!(fake.log_lines(), ["info started"]);
}

#[test]
fn the_fake_host_remembers_every_call_in_order() {
    let fake = fake().at_ms(7).with_remaining_ms(11).with_seed(3);
    let host = fake.host();
    assert_eq!((host.now_ms(), host.remaining()), (7, Duration::from_millis(11)));
    assert_eq!(host.random(4), FakeHost::new().with_seed(3).host().random(4));
    assert_ne!(host.random(4), FakeHost::new().with_seed(4).host().random(4));
    host.progress("half", Some(50));
    assert_eq!(
        *fake.calls(),
        [
            HostCall::Now,
            HostCall::Remaining,
            HostCall::Random { count: 4 },
            HostCall::Random { count: 4 },
            HostCall::Progress { message: "half".into(), percent: Some(50) },
        ]
    );
}

#[test]
fn secrets_are_tokens_that_stay_the_same() {
    let fake = FakeHost::new().with_secret("shared").for_resource("a");
    let secrets = fake.host().secrets();
    let first = secrets.password("p").unwrap();
    assert_eq!(secrets.password("p").unwrap(), first);
    assert_ne!(secrets.password("q").unwrap(), first);
    assert_ne!(FakeHost::new().for_resource("b").host().secrets().password("p").unwrap(), first);
    assert!(first.as_str().chars().all(|c| c.is_ascii_alphanumeric()));
    assert!(secrets.reference("shared").is_ok());
    assert_eq!(secrets.reference("other"), Err(SecretError::NotFound { name: "other".into() }));
    let Minted { public, .. } = secrets.generate("k", "hex-key", &json!({"bytes": 16})).unwrap();
    assert_eq!(public, None);
    assert_eq!(fake.minted().len(), 3);
}

#[test]
#[should_panic(expected = "there is no recipe `key-pair`")]
fn a_recipe_that_the_host_does_not_have_ends_the_call() {
    let _ = FakeHost::new().host().secrets().generate("k", "key-pair", &json!({}));
}

#[test]
fn a_target_of_a_test_looks_like_one_of_the_host() {
    let target: Target<Json> =
        testing::annotated(testing::target("postgres", "db", json!({})), "example.com/tier", "gold");
    let hex = target.id.strip_prefix("res_").unwrap();
    assert!(
        hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
        "{hex}"
    );
    assert_ne!(target.id, testing::target::<Json>("postgres", "other", json!({})).id);
    assert_eq!((target.uid(), target.resource_name()), ("postgres.default#hello.db", "db"));
    assert_eq!(target.annotation("example.com/tier"), Some("gold"));
    assert_eq!(target.annotation("uid"), None);
}

#[test]
fn a_denial_reaches_the_failure() {
    let fake = fake().deny("secrets");
    let target: Target<Params> = testing::target("postgres", "db", json!({}));
    let failure = Server("postgres").provision(&fake.host(), &target).unwrap_err();
    assert!(matches!(failure.cause, Cause::Denied(denial) if denial.wanted == "secrets.generate"));
    assert!(fake.minted().is_empty());
}

#[test]
fn settings_that_do_not_fit_are_a_failure() {
    let fake = FakeHost::new();
    let target: Target<Params> = testing::target("postgres", "db", json!({}));
    let failure = Server("postgres").provision(&fake.host(), &target).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.cause), ("settings-invalid", Cause::Permanent));
}

#[test]
fn the_kind_and_class_decide_who_answers() {
    let info = component(|component| component.metadata());
    assert_eq!((info.name.as_str(), info.version.as_str()), ("servers", "1.2.3"));
    let kinds: Vec<_> = info.offers.iter().map(|offer| offer.kind.as_str()).collect();
    assert_eq!(kinds, ["postgres", "mysql", "nothing"]);
    let fake = FakeHost::new();
    let little = Target { class: "little".into(), ..testing::target("nothing", "n", json!({})) };
    let failure = component(|component| component.provision(fake.host(), little)).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.cause), ("number", Cause::Transient(None)));
    let other = Target { class: "much".into(), ..testing::target("nothing", "n", json!({})) };
    let failure = component(|component| component.provision(fake.host(), other)).unwrap_err();
    assert_eq!(failure.cause, Cause::Unsupported);
    assert_eq!(component(|component| component.config_schema("nothing", "much")), json!(false));
}

#[test]
fn params_that_the_type_does_not_read_are_invalid() {
    let target = |params| testing::target::<Json>("mysql", "db", params);
    let fake = fake();
    let violations = component(|c| c.validate_config(fake.host(), target(json!({"zoone": 1}))));
    assert!(violations[0].message.contains("zoone"));
    let failure = component(|c| c.provision(fake.host(), target(json!({"replicas": "x"})))).unwrap_err();
    assert!(matches!(failure.cause, Cause::Invalid(_)));
}

#[test]
fn what_an_author_leaves_out_has_a_sensible_answer() {
    let fake = fake();
    let target = testing::target::<Json>("mysql", "db", json!({}));
    let made = testing::made(target.clone(), State::new().handle(json!(7)));
    component(|c| {
        assert_eq!(c.get_status(fake.host(), target.clone()).unwrap().health, Health::Missing);
        assert_eq!(c.get_status(fake.host(), made.clone()).unwrap().health, Health::Ready);
        assert_eq!(c.deprovision(fake.host(), made.clone()).unwrap(), Removal::Gone);
        assert!(c.get_hints(fake.host(), made.clone()).unwrap().is_empty());
        assert!(c.validate_config(fake.host(), made.clone()).is_empty());
        assert_eq!(c.adopt(fake.host(), target.clone(), "db-1").unwrap_err().cause, Cause::Unsupported);
        assert_eq!(c.upgrade_state(fake.host(), made.clone()).unwrap().handle, json!(7));
    });
    assert!(fake.calls().is_empty());
}
