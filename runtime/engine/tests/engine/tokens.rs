//! Where tokens become secrets, where they are only texts, and where neither may go.

use innominatus_ledger::RunState;
use serde_json::{Value, json};

use crate::cloudy::{self, Sky, exit, thing};
use crate::house::{House, shop, web_with};

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
    assert!(error.hint.unwrap().contains("write `secrets: true` into its line"), "{}", error.message);
    assert!(sky.cloud.things().is_empty(), "no thing has a token for a password");
}

/// A token that is put into an output by whoever copies its params is worth no more there.
#[tokio::test]
async fn a_token_of_another_application_is_text_wherever_it_is_copied_to() {
    let house = House::new().await;
    let alice = json!({"aa": {"type": "secretive"},
        "bb": {"type": "trivial", "params": {"password": "${resources.aa.password}"}}});
    assert_eq!(house.run(&shop("alice", alice.clone())).await.state, RunState::Succeeded);
    let theirs = house.resources("shop").await;
    let secret = house.secrets(theirs["aa"].id).await.remove(0);
    let token = theirs["bb"].outputs()[0].value["password"].as_str().unwrap().to_owned();
    assert_ne!(token, secret);

    // Typed for the very component that it was issued to, which copies it into an output; handed on from there to
    // another resource and into a file.
    let copied = json!({"cc": {"type": "trivial", "params": {"note": token}},
        "dd": {"type": "trivial", "params": {"note": "${resources.cc.echo}"}}});
    let run = house.run(&web_with(copied, json!({"secrets": true}))).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    let ours = house.resources("web").await;
    for resource in ours.values() {
        assert!(!resource.outputs()[0].sensitive, "{} holds no secret", resource.uid);
        let shown = house.ledger().reveal_output(&resource.scope(), resource.id, "echo").await.unwrap();
        assert!(shown.expose().contains(&token), "{}", shown.expose());
    }
    for (name, text) in house.files(&run).await {
        assert!(!text.contains(&secret), "{name}");
    }

    // In its own application whoever types it may see the secret anyway.
    let mut own = alice;
    own["ee"] = json!({"type": "trivial", "params": {"note": token}});
    assert_eq!(house.run(&shop("alice", own)).await.state, RunState::Succeeded);
    assert!(house.resources("shop").await["ee"].outputs()[0].sensitive);
}

#[tokio::test]
async fn a_token_in_the_params_of_its_own_resource_is_not_sent_for_its_secret() {
    let sky = Sky::new().await;
    let with = |note: &str| thing("widget", json!({"steps": ["put"], "password": true, "note": note}));
    sky.made(with("")).await;
    let made = sky.house.resources("web").await.remove("aa").unwrap();
    let token = made.outputs().iter().find(|output| output.sensitive).unwrap().value.clone();
    let token = token.as_str().unwrap().to_owned();
    let code = sky.not_made(with(&token)).await;
    assert_eq!(exit(&code), 11, "{code}");
    let error = sky.house.resources("web").await["aa"].status.last_error.clone().unwrap();
    assert!(error.hint.unwrap().contains("take it out of there"), "{}", error.message);
    assert!(!sky.cloud.things()[0].body["password"].as_str().unwrap().contains(&token));
}
