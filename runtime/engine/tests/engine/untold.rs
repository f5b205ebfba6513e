//! Components that say no and not what they made: nothing of it is made a second time.

use innominatus_engine::Resolution;
use innominatus_ledger::RunState;
use innominatus_model::Json;
use innominatus_testkit::cloud::{Cloud, Fault};
use serde_json::json;

use crate::cloudy::{Sky, thing};

/// More than one run tries.
const TRIES: usize = 100;

/// Makes a thing, looks at something, and forgets what it made when that goes wrong.
fn forgetful(kind: &str, more: Json) -> Json {
    let mut params = json!({"steps": ["post", "look", "put"], "forgets": true});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    thing(kind, params)
}

fn always(cloud: &Cloud, fault: fn(&'static str, u16) -> Fault, method: &'static str, status: u16) {
    for _ in 0..TRIES {
        cloud.fault(fault(method, status));
    }
}

#[tokio::test]
async fn another_try_goes_on_after_what_was_made() {
    for method in ["GET", "PUT"] {
        let sky = Sky::new().await;
        always(&sky.cloud, Fault::status_before, method, 409);
        let code = sky.not_made(forgetful("gadget", json!({}))).await;
        assert_eq!((code.as_str(), sky.cloud.created()), ("provision-failed", 1), "{method}");
        let error = sky.house.resources("web").await["aa"].status.last_error.clone().unwrap();
        let hint = error.hint.unwrap();
        assert!(hint.contains("make a thing (POST http://") && hint.contains("--start-over"), "{hint}");

        sky.cloud.recover();
        sky.made(forgetful("gadget", json!({}))).await;
        assert_eq!(sky.cloud.created(), 2, "the thing, and the one that is put: {method}");
        assert_eq!(sky.asked(0).iter().filter(|asked| *asked == "POST").count(), 1, "{method}");
        sky.at_rest().await;
    }
}

/// What was refused made nothing, and is asked again.
#[tokio::test]
async fn a_write_that_was_refused_is_sent_again() {
    let sky = Sky::new().await;
    let two = thing("gadget", json!({"steps": ["post", "post"], "forgets": true}));
    sky.cloud.fault(Fault::none("POST"));
    always(&sky.cloud, Fault::status_before, "POST", 409);
    assert_eq!(sky.not_made(two.clone()).await, "provision-failed");
    assert_eq!(sky.cloud.created(), 1);
    sky.cloud.recover();
    sky.made(two).await;
    assert_eq!((sky.cloud.created(), sky.names().len()), (2, 2));
    sky.at_rest().await;
    // Where nothing was made, nothing is left open.
    let sky = Sky::new().await;
    always(&sky.cloud, Fault::status_before, "POST", 409);
    sky.not_made(thing("gadget", json!({"steps": ["post"], "forgets": true}))).await;
    assert_eq!(sky.house.resources("web").await["aa"].status.execution, None);
}

#[tokio::test]
async fn another_wish_does_not_forget_it() {
    // Who does not look leaves it to a person.
    let sky = Sky::new().await;
    let broken = |kind: &str| forgetful(kind, json!({"note": "one", "failAfter": 1}));
    assert_eq!(sky.not_made(broken("gadget")).await, "provision-failed");
    assert_eq!(sky.not_made(broken("gadget")).await, "provision-failed");
    assert_eq!(sky.not_made(forgetful("gadget", json!({"note": "two"}))).await, "provision-failed");
    let error = sky.house.resources("web").await["aa"].status.last_error.clone().unwrap();
    assert!(error.message.contains("does not say what it made: make a thing (POST"), "{}", error.message);
    assert!(error.hint.unwrap().contains("--start-over"));
    assert_eq!(sky.cloud.created(), 1);
    sky.cloud.clear();
    sky.house.engine.resolve(sky.id("aa").await, Resolution::StartOver).await.unwrap();
    sky.made(forgetful("gadget", json!({"note": "two"}))).await;
    assert_eq!(sky.names().len(), 2);
    sky.at_rest().await;

    // Who looks is told that there is something to look for.
    let sky = Sky::new().await;
    assert_eq!(sky.not_made(broken("widget")).await, "provision-failed");
    sky.made(forgetful("widget", json!({"note": "two"}))).await;
    assert_eq!(sky.names().len(), 2);
    assert_eq!(sky.asked(0).iter().filter(|asked| *asked == "POST").count(), 1);
    sky.at_rest().await;
}

#[tokio::test]
async fn another_wish_waits_while_the_other_side_is_not_well() {
    let sky = Sky::new().await;
    always(&sky.cloud, Fault::status_before, "GET", 503);
    assert_eq!(sky.not_made(forgetful("gadget", json!({"note": "one"}))).await, "provision-failed");
    assert_eq!(sky.not_made(forgetful("gadget", json!({"note": "two"}))).await, "provision-failed");
    assert_eq!(sky.cloud.created(), 1);
    sky.cloud.recover();
    sky.made(forgetful("gadget", json!({"note": "two"}))).await;
    assert_eq!(sky.asked(0).iter().filter(|asked| *asked == "POST").count(), 1);
    sky.at_rest().await;
}

/// A state of an earlier wish does not tell of it, a checkpoint does.
#[tokio::test]
async fn what_is_known_from_before_is_not_enough() {
    let sky = Sky::new().await;
    sky.made(thing("gadget", json!({"steps": ["post"]}))).await;
    let more = |note: &str, more: Json| {
        let mut params = json!({"steps": ["post", "post"], "forgets": true, "note": note});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        thing("gadget", params)
    };
    assert_eq!(
        sky.not_made(more("one", json!({"steps": ["post", "post", "look"], "failAfter": 2}))).await,
        "provision-failed"
    );
    assert_eq!(sky.cloud.created(), 2);
    assert_eq!(sky.not_made(more("two", json!({}))).await, "provision-failed");
    assert_eq!(sky.cloud.created(), 2);

    let sky = Sky::new().await;
    let kept = json!({"steps": ["post", "look"], "failAfter": 1, "checkpoints": true});
    assert_eq!(sky.not_made(more("one", kept)).await, "provision-failed");
    assert_eq!(sky.house.resources("web").await["aa"].status.execution, None);
    sky.made(more("two", json!({}))).await;
    assert_eq!((sky.cloud.created(), sky.names().len()), (2, 2));
    sky.at_rest().await;
}

/// What may not be kept was not told, however well it went.
#[tokio::test]
async fn a_state_that_is_not_kept_tells_of_nothing() {
    let sky = Sky::new().await;
    let leaking = thing("gadget", json!({"password": true, "leaks": true, "note": "one"}));
    for _ in 0..2 {
        assert_eq!(sky.not_made(leaking.clone()).await, "guest-contract");
        assert_eq!(sky.cloud.created(), 1);
    }
    assert_eq!(sky.not_made(thing("gadget", json!({"password": true, "note": "two"}))).await, "in-doubt");
    let error = sky.house.resources("web").await["aa"].status.last_error.clone().unwrap();
    assert!(error.message.contains("broke after this: make a thing (POST http://"), "{}", error.message);
    assert_eq!(sky.cloud.created(), 1);
    assert_eq!(sky.house.delete("web").await.state, RunState::Failed, "somebody has to have looked");
    sky.house.engine.resolve(sky.id("aa").await, Resolution::StartOver).await.unwrap();
    assert_eq!(sky.house.delete("web").await.state, RunState::Succeeded);
    assert_eq!(sky.names().len(), 0);
}

/// What failed can be looked at whole, also what the next try asks again.
#[tokio::test]
async fn its_recording_is_whole() {
    let sky = Sky::new().await;
    always(&sky.cloud, Fault::status_before, "PUT", 409);
    sky.not_made(forgetful("gadget", json!({}))).await;
    let recording = sky.house.engine.recording(sky.id("aa").await).await.unwrap();
    let replayed = sky.house.engine.replay(&recording).await.unwrap();
    assert!(replayed.answer.starts_with("failed: "), "{}", replayed.answer);
    assert_eq!(replayed.calls as usize, replayed.recorded);
}

#[tokio::test]
async fn a_removal_finds_it() {
    for kind in ["gadget", "widget"] {
        let sky = Sky::new().await;
        assert_eq!(sky.not_made(forgetful(kind, json!({"failAfter": 1}))).await, "provision-failed");
        assert_eq!(sky.house.delete("web").await.state, RunState::Succeeded, "{kind}");
        assert_eq!((sky.cloud.created(), sky.names().len()), (1, 0), "{kind}");
    }
}

/// Also when the removal was broken off, and the same is wanted again.
#[tokio::test]
async fn a_removal_that_is_broken_off_does_not_make_it_forgotten() {
    let sky = Sky::new().await;
    assert_eq!(sky.not_made(forgetful("gadget", json!({"failAfter": 1}))).await, "provision-failed");
    always(&sky.cloud, Fault::status_before, "DELETE", 409);
    assert_eq!(sky.house.delete("web").await.state, RunState::Failed);
    sky.cloud.recover();
    assert_eq!(sky.not_made(forgetful("gadget", json!({}))).await, "in-doubt");
    assert_eq!(sky.cloud.created(), 1);
    let error = sky.house.resources("web").await["aa"].status.last_error.clone().unwrap();
    assert!(error.message.contains("make a thing (POST http://"), "{}", error.message);
    let id = sky.id("aa").await;
    assert!(error.hint.unwrap().contains(&format!("resolve {id} --start-over")));
    sky.cloud.clear();
    sky.house.engine.resolve(id, Resolution::StartOver).await.unwrap();
    sky.made(forgetful("gadget", json!({}))).await;
    assert_eq!(sky.names().len(), 2);
    sky.at_rest().await;
}

/// Where it is elsewhere nobody says that anything was made.
#[tokio::test]
async fn a_write_that_was_sent_elsewhere_is_sent_again() {
    let sky = Sky::new().await;
    sky.cloud.fault(Fault::status_before("POST", 307));
    assert_eq!(sky.not_made(forgetful("gadget", json!({}))).await, "provision-failed");
    sky.made(forgetful("gadget", json!({}))).await;
    assert_eq!(sky.names().len(), 2);
}

/// Whoever looks is told of all that is open, also of what the new wish has no place for.
#[tokio::test]
async fn a_smaller_wish_does_not_forget_what_the_larger_one_may_have_made() {
    let sky = Sky::new().await;
    sky.cloud.fault(Fault::none("POST"));
    sky.cloud.fault(Fault::lose_answer("POST"));
    always(&sky.cloud, Fault::status_before, "GET", 409);
    let wish =
        |steps: Json, note: &str| thing("widget", json!({"steps": steps, "note": note, "forgets": true}));
    assert_eq!(sky.not_made(wish(json!(["post", "post"]), "one")).await, "provision-failed");
    assert_eq!(sky.names().len(), 2);
    sky.cloud.recover();
    sky.made(wish(json!(["post"]), "two")).await;
    assert_eq!(sky.cloud.created(), 2);
    assert_eq!(sky.house.delete("web").await.state, RunState::Succeeded);
    assert_eq!(sky.names().len(), 0);
}

#[tokio::test]
async fn a_removal_goes_on_after_what_it_did() {
    let sky = Sky::new().await;
    let two = thing("gadget", json!({"steps": ["post", "post"], "removesByPost": true}));
    sky.made(two).await;
    // The second of the two is not to be had.
    let from = sky.asked(0).len();
    sky.cloud.fault(Fault::none("POST"));
    always(&sky.cloud, Fault::status_before, "POST", 503);
    assert_eq!(sky.house.delete("web").await.state, RunState::Failed);
    let first = sky.asked(from).iter().filter(|asked| *asked == "POST").count();
    sky.cloud.recover();
    let from = sky.asked(0).len();
    assert_eq!(sky.house.delete("web").await.state, RunState::Succeeded);
    assert!(first >= 2, "{first}");
    assert_eq!(sky.asked(from), ["POST"], "what it did is not done again");
}

/// It goes on to its end first: what is left of it is nothing that could be trusted.
#[tokio::test]
async fn what_is_wanted_back_in_the_middle_of_its_removal_is_made_anew() {
    let sky = Sky::new().await;
    let two = thing("gadget", json!({"steps": ["post", "post"], "removesByPost": true}));
    sky.made(two.clone()).await;
    sky.cloud.fault(Fault::none("POST"));
    always(&sky.cloud, Fault::status_before, "POST", 503);
    assert_eq!(sky.house.delete("web").await.state, RunState::Failed);
    assert_eq!(sky.names().len(), 1);
    sky.cloud.recover();
    sky.made(two).await;
    assert_eq!((sky.cloud.created(), sky.names().len()), (4, 2));
    sky.at_rest().await;
}

/// What was removed already is not taken for something that is still there.
#[tokio::test]
async fn what_a_broken_off_removal_took_is_made_again() {
    let sky = Sky::new().await;
    let one = thing("widget", json!({"steps": ["post"], "removesByPost": true}));
    sky.made(one.clone()).await;
    for _ in 0..TRIES {
        sky.cloud.fault(Fault::lose_answer("POST"));
    }
    assert_eq!((sky.house.delete("web").await.state, sky.names().len()), (RunState::Failed, 0));
    sky.cloud.recover();
    sky.made(one).await;
    assert_eq!((sky.cloud.created(), sky.names().len()), (2, 1));
    sky.at_rest().await;
}
