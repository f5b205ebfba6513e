//! Where tokens become secrets, where they are only texts, and where neither may go.

use innominatus_ledger::RunState;
use serde_json::{Value, json};

use crate::cloudy::{self, Sky, exit, thing};
use crate::house::shop;

/// Whoever may look at a run sees tokens. Typed into params they are texts, whoever's they are.
#[tokio::test]
async fn a_token_that_a_person_types_is_only_text() {
    let sky = Sky::new().await;
    let with = |note: &str| json!({"steps": ["post"], "password": true, "note": note, "timeoutMs": 300});
    let run = sky.house.run(&shop("alice", json!({"aa": {"type": "widget", "params": with("")}}))).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    let alice = sky.house.resources("shop").await.remove("aa").unwrap();
    let token = alice.outputs().iter().find(|output| output.sensitive).unwrap().value.clone();
    let token = token.as_str().unwrap();
    let secret = sky.house.secrets(alice.id).await.remove(0);
    let passwords = |sky: &Sky| -> Vec<String> {
        sky.cloud.things().iter().map(|thing| thing.body["password"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(passwords(&sky), [secret.as_str()], "where it is meant it is sent");

    // In another application, and in the very same resource.
    sky.made(json!({"bb": {"type": "widget", "params": with(token)}})).await;
    let typed = shop(
        "alice",
        json!({"aa": {"type": "widget", "params": with("")},
        "cc": {"type": "widget", "params": with(&format!("x {token} y"))}}),
    );
    assert_eq!(sky.house.run(&typed).await.state, RunState::Succeeded);
    let notes: Vec<Value> = sky.cloud.things().iter().map(|thing| thing.body["note"].clone()).collect();
    assert_eq!(notes, [json!(""), json!(token), json!(format!("x {token} y"))]);
    assert!(sky.cloud.seen().iter().filter(|seen| seen.body.contains(&secret)).count() == 1);
}

#[tokio::test]
async fn a_secret_that_may_not_go_somewhere_is_not_replaced_by_its_token() {
    let sky = Sky::new().await;
    let narrow = cloudy::LINE.replace("secrets: true, ", "");
    cloudy::install(&sky.house.engine, &cloudy::grants(&sky.cloud, &narrow)).await.unwrap();
    let code = sky.not_made(thing("widget", json!({"steps": ["post"], "password": true}))).await;
    assert_eq!(exit(&code), 11, "{code}");
    let error = sky.house.resources("web").await["aa"].status.last_error.clone().unwrap();
    assert!(error.hint.unwrap().contains("write `secrets: true` into this line"), "{}", error.message);
    assert!(sky.cloud.things().is_empty(), "no thing has a token for a password");
}
