//! A golden path that breaks the contract is named, and nothing of what it said is accepted.

use innominatus_ledger::RunState;
use innominatus_model::{Coded, Scope};
use serde_json::{Value, json};

use crate::house::{House, chain, name, web, web_with};

fn resources() -> Value {
    json!({"aa": {"type": "trivial"}, "bb": {"type": "trivial", "params": {"of": "${resources.aa.id}"}}})
}

#[tokio::test]
async fn steps_that_break_the_contract_are_not_accepted() {
    let house = House::new().await;
    let cases = [
        ("omit-step", "golden-path-contract"),
        ("duplicate-step", "golden-path-contract"),
        ("duplicate-name", "golden-path-contract"),
        ("unknown-candidate", "golden-path-contract"),
        ("unknown-subject", "golden-path-contract"),
        ("unknown-dependency", "golden-path-contract"),
        ("cycle", "golden-path-contract"),
        ("unknown-kind", "golden-path-contract"),
        ("fail-steps", "golden-path-failed"),
        ("trap-validate", "guest-trap"),
        ("trap-steps", "guest-trap"),
    ];
    for (way, code) in cases {
        let input = web_with(resources(), json!({"misbehave": way}));
        let error = house.engine.apply(&input).await.expect_err(way);
        assert_eq!(error.code().as_str(), code, "{way}: {}", chain(&error));
        assert!(chain(&error).contains("fixtures/everything"), "{way}: {}", chain(&error));
    }
    assert!(house.ledger().applications(&Scope::default()).await.unwrap().is_empty());
    for family in ["app", "plan", "run", "res"] {
        assert_eq!(house.count(family).await, 0, "{family}");
    }
}

#[tokio::test]
async fn files_that_break_the_contract_fail_the_run_and_are_not_kept() {
    let cases = [
        ("file-outside", "guest-contract"),
        ("file-twice", "guest-contract"),
        ("fail-render", "golden-path-failed"),
        ("trap-render", "guest-trap"),
    ];
    for (way, code) in cases {
        let house = House::new().await;
        let run = house.run(&web_with(resources(), json!({"misbehave": way}))).await;
        assert_eq!(run.state, RunState::Failed, "{way}");
        assert_eq!(run.error.unwrap().code, code, "{way}");
        assert!(run.files.is_empty(), "{way}");
        let application = house.ledger().application(&Scope::default(), &name("web")).await.unwrap().unwrap();
        assert_eq!(application.value.rendered, None, "{way}");
        assert!(house.resources("web").await.values().all(innominatus_ledger::Resource::is_settled), "{way}");
        // The parameters are the application's; others mend it.
        let run = house.run(&web_with(resources(), json!({}))).await;
        assert_eq!((run.state, run.files.len()), (RunState::Succeeded, 1), "{way}");
    }
}

#[tokio::test]
async fn nothing_is_rendered_without_a_render_step() {
    let house = House::new().await;
    let run = house.run(&web_with(resources(), json!({"misbehave": "no-render"}))).await;
    assert_eq!((run.state, run.files.len()), (RunState::Succeeded, 0));
}

#[tokio::test]
async fn a_golden_path_that_stops_rendering_leaves_the_application_without_files() {
    let house = House::new().await;
    let rendered = async || {
        let application = house.ledger().application(&Scope::default(), &name("web")).await.unwrap().unwrap();
        application.value.rendered
    };
    let first = house.run(&web_with(resources(), json!({}))).await;
    assert_eq!((first.files.len(), rendered().await), (1, Some(first.id)));
    let second = house.run(&web_with(resources(), json!({"misbehave": "no-render"}))).await;
    assert_eq!((second.state, second.files.len()), (RunState::Succeeded, 0));
    assert_eq!(rendered().await, Some(second.id));
    let again = house.apply(&web_with(resources(), json!({"misbehave": "no-render"}))).await;
    assert_eq!((again.unchanged, again.run), (true, Some(second.id)));
}

#[tokio::test]
async fn what_a_golden_path_finds_wrong_is_told() {
    let house = House::new().await;
    let found =
        house.engine.apply(&web_with(resources(), json!({"violations": ["too red"]}))).await.unwrap_err();
    assert_eq!(found.code().as_str(), "parameters-invalid");
    assert!(chain(&found).contains("too red"), "{}", chain(&found));
    let found = house.engine.apply(&web_with(resources(), json!({"colour": "red"}))).await.unwrap_err();
    assert_eq!(found.code().as_str(), "parameters-invalid");
}

#[tokio::test]
async fn an_application_stays_as_it_is_when_no_plan_can_be_made() {
    let house = House::new().await;
    house.run(&web(resources())).await;
    let before = house.ledger().application(&Scope::default(), &name("web")).await.unwrap();
    let made = house.resources("web").await;
    let unknown = house.engine.apply(&web(json!({"aa": {"type": "moon"}}))).await.unwrap_err();
    assert_eq!(unknown.code().as_str(), "no-provisioner");
    let cycle = web_with(resources(), json!({"misbehave": "cycle"}));
    house.engine.apply(&cycle).await.unwrap_err();
    assert_eq!(house.ledger().application(&Scope::default(), &name("web")).await.unwrap(), before);
    assert_eq!(house.resources("web").await, made);
    assert!(house.apply(&web(resources())).await.unchanged);
}
