//! Guests that say no, break, or answer what they did not offer; and what is left of the rest.

use std::time::Duration;

use innominatus_ledger::{InstalledPlatform, RunState};
use innominatus_model::{Code, Event, EventKind, ExitClass, OutputSpec, Phase};
use serde_json::json;

use crate::house::{House, name, steps, web};

#[tokio::test]
async fn a_filled_value_is_judged_again() {
    let house = House::new().await;
    let run = house
        .run(&web(json!({
            "aa": {"type": "trivial", "params": {"n": "many"}},
            "bb": {"type": "flaky", "params": {"failures": "${resources.aa.echo.n}"}},
        })))
        .await;
    assert_eq!(run.state, RunState::Failed);
    assert_eq!(steps(&run)["bb"], ("failed".into(), Some("params-invalid".into())));
    assert_eq!(house.calls(EventKind::ProvisionStarted, 0).await, ["aa"], "the guest is not called");
}

#[tokio::test]
async fn transient_failures_are_tried_again_until_it_works() {
    let house = House::new().await;
    let run = house.run(&web(json!({"aa": {"type": "flaky", "params": {"failures": 2}}}))).await;
    assert_eq!(run.state, RunState::Succeeded);
    let a = &house.resources("web").await["aa"];
    assert_eq!((a.status.attempts, a.outputs()[0].value.clone()), (3, json!(3)));
    assert_eq!(a.status.last_error, None);
    assert_eq!(house.told(EventKind::RetryScheduled).await.len(), 2);
}

#[tokio::test]
async fn the_other_side_is_given_the_time_it_asks_for() {
    let house = House::new().await;
    // Everything is compiled; from here on, time passes when nobody has anything to do.
    house.run(&web(json!({"aa": {"type": "flaky", "params": {"failures": 0}}}))).await;
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let two_hours = 2 * 60 * 60 * 1000;
    let params = json!({"failures": 1, "afterMs": two_hours});
    let run = house.apply(&web(json!({"aa": {"type": "flaky", "params": params}}))).await.run.unwrap();
    house.engine.wait_run(run, Duration::from_secs(24 * 60 * 60)).await;
    assert_eq!(house.ended(run).await.state, RunState::Succeeded);
    let told = house.told(EventKind::RetryScheduled).await;
    assert_eq!(told, [format!("`flaky.default#web.aa` is tried again in {two_hours} ms")]);
    let waited = began.elapsed().as_secs();
    assert!((7190..7260).contains(&waited), "{waited} s");
}

#[tokio::test]
async fn tries_end_and_the_next_apply_begins_to_count_again() {
    let house = House::new().await;
    let input = web(json!({"aa": {"type": "flaky", "params": {"failures": 99}}}));
    let run = house.run(&input).await;
    assert_eq!(run.state, RunState::Failed);
    assert_eq!(house.resources("web").await["aa"].status.attempts, 5);
    house.run(&input).await;
    assert_eq!(house.told(EventKind::ProvisionStarted).await.len(), 10);
}

#[tokio::test]
async fn a_failure_stops_what_depends_on_it_and_nothing_else() {
    let house = House::new().await;
    let run = house
        .run(&web(json!({
            "bad": {"type": "broken"},
            "user": {"type": "trivial", "params": {"of": "${resources.bad.half}"}},
            "apart": {"type": "trivial"},
        })))
        .await;
    assert_eq!(run.state, RunState::Failed);
    let error = run.error.clone().unwrap();
    assert_eq!(error.code, "provision-failed");
    assert!(error.message.contains("the second half cannot be made"), "{}", error.message);
    let ended = steps(&run);
    assert_eq!(ended["bad"], ("failed".into(), Some("provision-failed".into())));
    assert_eq!(ended["user"].0, "skipped");
    assert_eq!(ended["apart"].0, "succeeded");
    let failed = house.told(EventKind::ProvisionFailed).await;
    assert!(failed[0].contains("second-half (permanent)"), "{failed:?}");
    assert_eq!(house.told(EventKind::RunFailed).await.len(), 1);

    let resources = house.resources("web").await;
    let bad = &resources["bad"];
    assert_eq!(bad.status.phase, Phase::Failed);
    assert_eq!(bad.status.last_error.as_ref().unwrap().code, "provision-failed");
    let prior = bad.status.prior.as_ref().unwrap();
    assert_eq!(prior.state.handle, json!({"half": bad.name}), "what was made is kept");
    assert_eq!(prior.params, json!({}));
    assert!(resources["apart"].is_settled());
    assert_eq!(resources["user"].status.phase, Phase::Pending);

    // Mended: the half goes away, the rest becomes ready.
    let mended = web(json!({"user": {"type": "trivial"}, "apart": {"type": "trivial"}}));
    let run = house.run(&mended).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    let resources = house.resources("web").await;
    assert_eq!(resources.keys().collect::<Vec<_>>(), ["apart", "user"]);
    assert!(resources.values().all(innominatus_ledger::Resource::is_settled));
    let logs = house.told(EventKind::GuestLog).await;
    assert!(logs.iter().any(|line| line.starts_with("took away the half")), "{logs:?}");
    assert!(house.apply(&mended).await.unchanged);
}

#[tokio::test]
async fn a_guest_that_breaks_hurts_only_its_own_resource() {
    let cases = [
        ("trapping", json!({}), "guest-trap"),
        ("trapping", json!({"export": "validate-config"}), "guest-trap"),
        ("spinning", json!({"export": "validate-config"}), "guest-fuel"),
        ("greedy", json!({}), "guest-memory"),
        ("chatty", json!({"clocks": 10_001}), "guest-host-calls"),
        ("chatty", json!({"checkpoints": 257}), "guest-host-calls"),
    ];
    for (kind, params, code) in cases {
        let house = House::new().await;
        let resources = json!({"bad": {"type": kind, "params": params}, "apart": {"type": "trivial"}});
        let run = house.run(&web(resources)).await;
        assert_eq!(run.state, RunState::Failed, "{kind} {params}");
        assert_eq!(steps(&run)["bad"], ("failed".into(), Some(code.into())), "{kind} {params}: {run:?}");
        assert_eq!(Code::parse(&run.error.unwrap().code).unwrap().exit(), ExitClass::Guest);
        let resources = house.resources("web").await;
        assert!(resources["apart"].is_settled(), "{kind} {params}");
        assert_eq!(resources["bad"].status.last_error.as_ref().unwrap().code, code);
        assert!(!house.told(EventKind::GuestFault).await.is_empty());
        let run = house.run(&web(json!({"apart": {"type": "trivial"}}))).await;
        assert_eq!(run.state, RunState::Succeeded, "the engine lives: {run:?}");
    }
}

#[tokio::test]
async fn hints_that_cannot_be_had_fail_nothing() {
    let house = House::new().await;
    let run = house.run(&web(json!({"aa": {"type": "trapping", "params": {"export": "get-hints"}}}))).await;
    assert_eq!(run.state, RunState::Succeeded);
    let faults = house.told(EventKind::GuestFault).await;
    assert!(faults[0].contains("gave no hints"), "{faults:?}");
}

#[tokio::test]
async fn what_a_component_finds_wrong_with_params_is_told_with_its_remedy() {
    for passes in [false, true] {
        let house = House::new().await;
        let params = json!({"violations": 2, "passes": passes});
        let run = house.run(&web(json!({"aa": {"type": "invalid", "params": params}}))).await;
        let error = run.error.unwrap();
        let code = if passes { "provision-failed" } else { "params-invalid" };
        assert_eq!(error.code, code, "{error:?}");
        assert!(error.message.contains("fault 2: this is never right"), "{}", error.message);
        assert_eq!(error.hint.as_deref(), Some("ask for another kind"));
    }
}

/// The fixture platform, as if its component had offered something else.
async fn offering(change: impl FnOnce(&mut InstalledPlatform)) -> House {
    let house = House::new().await;
    let stored = house.ledger().platforms(&name("default")).await.unwrap().remove(0);
    let mut other = stored.value.clone();
    change(&mut other);
    let mut changes = house.ledger().change();
    changes.delete_platform(&stored);
    changes.commit().await.unwrap();
    let mut changes = house.ledger().change();
    changes.add_platform(&other);
    changes.commit().await.unwrap();
    house
}

fn outputs(platform: &mut InstalledPlatform) -> &mut Vec<OutputSpec> {
    let trivial = platform.provisioners.iter_mut().find(|entry| entry.kind.as_str() == "trivial").unwrap();
    &mut trivial.offer.outputs
}

#[tokio::test]
async fn an_output_that_was_not_offered_breaks_the_contract() {
    let house = offering(|platform| outputs(platform).retain(|spec| spec.name != "id")).await;
    let run = house.run(&web(json!({"aa": {"type": "trivial"}}))).await;
    let error = run.error.unwrap();
    assert_eq!(error.code, "guest-contract");
    assert!(error.message.contains("gave the output `id`, which it does not offer"), "{}", error.message);
    let a = &house.resources("web").await["aa"];
    assert_eq!(
        a.status.prior.as_ref().unwrap().state.handle,
        json!({"generation": 1}),
        "what was made is kept"
    );
}

#[tokio::test]
async fn an_output_that_was_promised_and_is_missing_breaks_the_contract() {
    let house = offering(|platform| {
        let mut more = outputs(platform)[1].clone();
        more.name = "more".into();
        outputs(platform).push(more);
    })
    .await;
    let run = house.run(&web(json!({"aa": {"type": "trivial"}}))).await;
    let error = run.error.unwrap();
    assert_eq!(error.code, "guest-contract");
    assert!(error.message.contains("did not give the output `more`"), "{}", error.message);
}

#[tokio::test]
async fn an_output_is_sensitive_if_the_offer_says_so() {
    let house =
        offering(|platform| outputs(platform).iter_mut().for_each(|spec| spec.sensitive = true)).await;
    let run = house.run(&web(json!({"aa": {"type": "trivial", "params": {"n": "hidden"}}}))).await;
    assert!(house.resources("web").await["aa"].outputs().iter().all(|output| output.sensitive));
    assert!(!house.files(&run).await["outputs.txt"].contains("hidden"));
}

/// Fifty calls of a hundred lines are heard up to a bound: what others said stays to be seen.
/// What the component of the resource `aa` says.
async fn said(house: &House) -> Vec<String> {
    let id = house.resources("web").await["aa"].id;
    let kinds = [EventKind::GuestLog, EventKind::GuestProgress, EventKind::ProvisionPending];
    let of = |event: &Event| event.subject.resource == Some(id) && kinds.contains(&event.kind);
    house.events().await.into_iter().filter(of).map(|event| event.message).collect()
}

#[tokio::test]
async fn a_component_that_talks_in_every_call_is_not_heard_for_ever() {
    let house = House::new().await;
    let run = house
        .run(&web(
            json!({"aa": {"type": "slow", "params": {"rounds": 50, "logs": 100}}, "bb": {"type": "trivial"}}),
        ))
        .await;
    assert_eq!(run.state, RunState::Succeeded);
    let heard = said(&house).await;
    assert_eq!(heard.len(), 2_001, "of more than 5,000");
    assert_eq!(heard.last().unwrap(), "what it says further in this run is dropped");
    // The next run has a word again.
    let next =
        web(json!({"aa": {"type": "slow", "params": {"rounds": 0, "logs": 7}}, "bb": {"type": "trivial"}}));
    assert_eq!(house.run(&next).await.state, RunState::Succeeded);
    assert_eq!(said(&house).await.len(), heard.len() + 7);
}
