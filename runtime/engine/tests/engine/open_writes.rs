//! Writes of which nobody knows whether they happened, where that is easily overlooked.

use innominatus_ledger::RunState;
use innominatus_testkit::cloud::Fault;
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

/// A key goes with its execution: what was given up is gone on with before something else is wished.
#[tokio::test]
async fn an_open_write_with_a_key_is_settled_before_another_wish() {
    let sky = Sky::new().await;
    for _ in 0..15 {
        sky.cloud.fault(Fault::lose_answer("POST"));
    }
    sky.not_made(thing("gadget", json!({"steps": ["keyed"], "note": "one"}))).await;
    assert_eq!((sky.cloud.faults_left(), sky.cloud.created()), (0, 1), "five times three tries");
    sky.made(thing("gadget", json!({"steps": ["keyed"], "note": "two"}))).await;
    assert_eq!(sky.cloud.created(), 1);
    sky.at_rest().await;
    assert_eq!(sky.house.delete("web").await.state, RunState::Succeeded);
    assert!(sky.cloud.things().is_empty());
}
