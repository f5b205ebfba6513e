//! What crosses comes out as it went in.

use std::time::Duration;

use serde_json::json;

use super::provisioner::{progress_out, target_in};
use super::*;
use crate::bindings::golden_path::exports::innominatus::platform::generator;
use crate::{Failure, Pending, Progress, SecretError, Step};

fn denial() -> Denial {
    Denial { capability: "secrets".into(), wanted: "secrets.generate".into(), remedy: "ask for it".into() }
}

#[test]
fn every_failure_keeps_its_kind() {
    let out = |failure: Failure| failure_out(failure).cause;
    assert!(matches!(out(Failure::permanent("a", "b")), types::Cause::Permanent));
    assert!(matches!(out(Failure::conflict("a", "b")), types::Cause::Conflict));
    assert!(matches!(out(Failure::unsupported("adopt")), types::Cause::Unsupported));
    assert!(matches!(out(Failure::transient("a", "b")), types::Cause::Transient(None)));
    let later = Failure::permanent("a", "b").after(Duration::from_millis(1500));
    assert!(matches!(out(later), types::Cause::Transient(Some(1500))));
    let invalid = Failure::invalid([Violation::new("/port", "is odd").remedy("add one")]);
    assert_eq!(invalid.message, "is odd");
    let types::Cause::Invalid(violations) = out(invalid) else { panic!("not invalid") };
    assert_eq!(violations[0].pointer, "/port");
    assert_eq!(violations[0].remedy.as_deref(), Some("add one"));
}

#[test]
fn a_denied_secret_is_a_denied_failure_and_a_missing_one_is_permanent() {
    let failure = Failure::from(SecretError::Denied(denial()));
    assert_eq!(
        (failure.code.as_str(), &failure.cause),
        ("capability-denied", &Cause::Denied(Box::new(denial())))
    );
    let types::Cause::Denied(out) = failure_out(failure).cause else { panic!("not denied") };
    assert_eq!(out.wanted, "secrets.generate");
    let failure = Failure::from(SecretError::NotFound { name: "db".into() });
    assert_eq!((failure.code.as_str(), failure.cause), ("secret-not-found", Cause::Permanent));
}

#[test]
fn what_was_already_made_goes_along_with_a_failure() {
    let state = State::new().handle(json!({"id": 7})).output("host", "db").secret("password", "token");
    let out = failure_out(Failure::permanent("a", "b").with_partial(state.clone()));
    assert_eq!(state_in(out.partial.expect("the partial state")), state);
}

#[test]
fn a_pending_answer_keeps_its_wait() {
    let pending = Pending {
        state: State::new().handle(json!({"round": 1})),
        after: Duration::from_secs(2),
        reason: "round 1 of 2".into(),
        percent: Some(50),
    };
    let types::Progress::Pending(out) = progress_out(Progress::Pending(pending)) else { panic!("ready") };
    assert_eq!((out.after_ms, out.percent, out.state.handle.as_str()), (2000, Some(50), r#"{"round":1}"#));
}

#[test]
fn a_target_arrives_whole() {
    let state = types::State { handle: r#"{"id":7}"#.into(), outputs: vec![], artifacts: vec![] };
    let target = target_in(types::Target {
        tenant: "t".into(),
        environment: "e".into(),
        application: "a".into(),
        id: "postgres.default#shop.db".into(),
        name: "shop-db".into(),
        kind: "postgres".into(),
        class: "default".into(),
        workloads: vec!["shop".into()],
        labels: vec![types::Pair { key: "k".into(), value: "v".into() }],
        params: r#"{"version":"15"}"#.into(),
        generation: 3,
        attempt: 2,
        prior: Some(types::Prior { state, version: "1.0.0".into(), generation: 2, params: "{}".into() }),
        unsettled: vec![],
        ext: r#"{"later":true}"#.into(),
    });
    assert_eq!(target.params, json!({"version": "15"}));
    assert_eq!(target.labels, [("k".to_owned(), "v".to_owned())]);
    assert_eq!(target.handle::<Json>(), Some(json!({"id": 7})));
    assert_eq!(target.ext["later"], json!(true));
    assert_eq!(target.resource_name(), "db");
}

#[test]
fn an_offer_comes_back_as_it_was() {
    let offer = Offer::new("environment").class("shell").verb("update").with_open_outputs();
    let offer = offer.output(OutputSpec::secret("a").optional());
    assert_eq!(offer_in(offer_out(offer.clone())), offer);
    assert_eq!(offer_out(Offer::new("x")).ext, "{}");
}

#[test]
fn a_request_arrives_whole() {
    let offer = offer_out(Offer::new("redis"));
    let need = generator::Need {
        id: "redis.default#main".into(),
        name: "main".into(),
        kind: "redis".into(),
        class: "default".into(),
        workloads: vec!["a".into(), "b".into()],
        params: r#"{"version":7}"#.into(),
        depends_on: vec!["dns.default#a.x".into()],
        candidates: vec![generator::Candidate { provisioner: "compose/redis".into(), offer }],
    };
    let request = golden_path::request_in(generator::Request {
        tenant: "t".into(),
        environment: "e".into(),
        application: "a".into(),
        workloads: vec![generator::Workload { name: "a".into(), spec: r#"{"z":1,"a":2}"#.into() }],
        needs: vec![need],
        parameters: "{}".into(),
        ext: "{}".into(),
    });
    let need = request.need("redis.default#main").expect("the need");
    assert_eq!(need.params, json!({"version": 7}));
    assert_eq!(need.candidates[0].provisioner, "compose/redis");
    // A golden path writes containers in the order of the file.
    assert_eq!(request.workloads[0].spec.to_string(), r#"{"z":1,"a":2}"#);
    let step = Step::provisioner("main", need, &need.candidates[0]).with_params(json!({"version": 6}));
    let out = golden_path::step_out(step.after(["dns"]));
    assert_eq!(out.config, r#"{"provisioner":"compose/redis","params":{"version":6}}"#);
    assert_eq!(
        (out.subject.as_deref(), out.depends_on),
        (Some("redis.default#main"), vec!["dns".to_owned()])
    );
}
