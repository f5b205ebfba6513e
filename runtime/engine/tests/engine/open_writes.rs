//! Writes of which nobody knows whether they happened, where that is easily overlooked.

use innominatus_engine::Resolution;
use innominatus_ledger::RunState;
use innominatus_testkit::cloud::{Cloud, Fault};
use serde_json::json;

use crate::cloudy::{self, Sky, thing};
use crate::house::web;

#[tokio::test]
async fn a_write_whose_answer_nobody_could_read_is_open() {
    let sky = Sky::new().await;
    let narrow = cloudy::LINE.replace("secrets: true,", "secrets: true, limits: {responseBytes: 8},");
    cloudy::install(&sky.house.engine, &cloudy::grants(&sky.cloud, &narrow)).await.unwrap();
    let run = sky.house.run(&web(thing("gadget", json!({"steps": ["post"]})))).await;
    assert_eq!(run.error.unwrap().code, "in-doubt");
    assert_eq!(sky.cloud.created(), 1);
    sky.house.run(&web(thing("gadget", json!({"steps": ["post"]})))).await;
    assert_eq!(sky.cloud.created(), 1, "nothing is made before somebody has looked");
}

/// Loses the answer of every try that one run makes.
fn deaf(cloud: &Cloud) {
    for _ in 0..TRIES {
        cloud.fault(Fault::lose_answer("POST"));
    }
}

/// More than one run tries.
const TRIES: usize = 100;

/// A keyed write that was acted on, and no try of one run heard so.
async fn unheard() -> Sky {
    let sky = Sky::new().await;
    deaf(&sky.cloud);
    let code = sky.not_made(thing("gadget", json!({"steps": ["keyed"], "note": "one"}))).await;
    assert_eq!((code.as_str(), sky.cloud.created()), ("provision-failed", 1));
    sky
}

#[tokio::test]
async fn a_keyed_write_is_settled_before_another_wish_begins() {
    let sky = unheard().await;
    // The other side is still not well.
    let other = thing("gadget", json!({"steps": ["keyed"], "note": "two"}));
    let run = sky.house.run(&web(other.clone())).await;
    let error = run.error.unwrap();
    assert_eq!(error.code, "provision-failed");
    assert!(error.message.contains("make a thing once (POST http://"), "{}", error.message);
    assert!(error.hint.unwrap().contains("--start-over"));
    assert_eq!(sky.cloud.created(), 1);

    sky.cloud.recover();
    sky.made(other).await;
    assert_eq!(sky.cloud.created(), 1, "what was made is what is gone on with");
    let resource = &sky.house.resources("web").await["aa"];
    assert_eq!(resource.outputs()[0].value, json!("thing1"));
    sky.at_rest().await;
}

/// Who is busy or broken does not say that the first try came to nothing.
#[tokio::test]
async fn an_answer_that_says_nothing_settles_nothing() {
    for (first, then) in [
        (Fault::lose_answer("POST"), Fault::status_before as fn(&'static str, u16) -> Fault),
        (Fault::status_after("POST", 502), Fault::status_before),
        (Fault::status_after("POST", 502), Fault::status_after),
    ] {
        for status in [503, 429, 500] {
            let sky = Sky::new().await;
            sky.cloud.fault(first.clone());
            for _ in 0..TRIES {
                sky.cloud.fault(then("POST", status));
            }
            let code = sky.not_made(thing("gadget", json!({"steps": ["keyed"], "note": "one"}))).await;
            assert_eq!((code.as_str(), sky.cloud.created()), ("provision-failed", 1), "{first:?}, {status}");
            sky.cloud.recover();
            sky.made(thing("gadget", json!({"steps": ["keyed"], "note": "two"}))).await;
            assert_eq!(sky.cloud.created(), 1, "{first:?}, {status}");
        }
    }
}

#[tokio::test]
async fn a_keyed_write_is_settled_before_a_removal_begins() {
    let sky = unheard().await;
    sky.cloud.recover();
    let run = sky.house.delete("web").await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    assert_eq!((sky.cloud.created(), sky.names().len()), (1, 0));
}

#[tokio::test]
async fn who_knows_that_it_never_answers_again_can_begin_anew() {
    let sky = unheard().await;
    sky.cloud.recover();
    sky.cloud.clear();
    let id = sky.id("aa").await;
    sky.house.engine.resolve(id, Resolution::StartOver).await.unwrap();
    sky.made(thing("gadget", json!({"steps": ["keyed"], "note": "two"}))).await;
    assert_eq!((sky.cloud.created(), sky.names().len()), (2, 1));
    sky.at_rest().await;
}

#[tokio::test]
async fn what_was_made_with_a_key_is_not_forgotten_when_the_component_breaks() {
    let sky = Sky::new().await;
    let params = |note: &str, breaks: bool| {
        let mut params = json!({"steps": ["keyed", "look"], "note": note});
        if breaks {
            params["panicAfter"] = json!(1);
        }
        thing("gadget", params)
    };
    assert_eq!(sky.not_made(params("one", true)).await, "guest-trap");
    // The same again goes on where it is; another wish has to know what became of it.
    assert_eq!(sky.not_made(params("one", true)).await, "guest-trap");
    assert_eq!(sky.not_made(params("two", false)).await, "in-doubt");
    let error = sky.house.resources("web").await["aa"].status.last_error.clone().unwrap();
    assert!(error.message.contains("broke after this: make a thing once (POST "), "{}", error.message);
    assert_eq!(sky.cloud.created(), 1);
}
