//! Secrets: tokens for guests, values only in the files that a person gets.

use innominatus_ledger::RunState;
use innominatus_model::EventKind;
use serde_json::json;

use crate::house::{House, steps, web, web_with};

#[tokio::test]
async fn guests_see_tokens_and_the_file_holds_the_secret() {
    let house = House::new().await;
    let resources = json!({
        "key": {"type": "secretive"},
        "user": {"type": "trivial", "params": {"password": "${resources.key.password}"}},
    });
    let run = house.run(&web_with(resources, json!({"secrets": true}))).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    let resources = house.resources("web").await;
    let secrets = house.secrets(resources["key"].id).await;
    let [secret] = secrets.as_slice() else { panic!("{} secrets", secrets.len()) };

    let made = resources["key"].outputs().iter().find(|output| output.name == "password").unwrap().clone();
    let seen = &resources["user"].outputs()[0];
    assert!(made.sensitive && seen.sensitive, "an output that holds a token is sensitive");
    let token = seen.value["password"].as_str().unwrap();
    assert_ne!(token, secret, "the other component sees a token");
    assert_ne!(Some(token), made.value.as_str(), "and it is its own");

    let files = house.files(&run).await;
    assert!(!files["outputs.txt"].contains(secret.as_str()));
    let variables = &files[".env"];
    assert!(variables.contains(&format!("KEY_PASSWORD={secret}\n")), "{} lines", variables.lines().count());
    assert!(variables.contains(&format!(":{secret}@secretive.example")));

    // What is kept and told holds tokens only.
    for artifact in house.ledger().files(&run).await.unwrap() {
        assert!(!artifact.content.contains(secret.as_str()));
    }
    for event in house.events().await {
        assert!(!format!("{event:?}").contains(secret.as_str()), "{:?}", event.kind);
    }
}

#[tokio::test]
async fn a_token_in_a_file_that_is_not_sensitive_fails_the_run() {
    let house = House::new().await;
    let resources = json!({"key": {"type": "secretive"}});
    let run = house.run(&web_with(resources, json!({"misbehave": "leak-token"}))).await;
    assert_eq!(run.state, RunState::Failed);
    let error = run.error.unwrap();
    assert_eq!(error.code, "golden-path-contract");
    assert!(error.message.contains("outputs.txt"), "{}", error.message);
    assert!(run.files.is_empty());
    assert!(house.resources("web").await["key"].is_settled());
}

#[tokio::test]
async fn a_token_in_a_handle_breaks_the_contract() {
    let house = House::new().await;
    let run = house.run(&web(json!({"aa": {"type": "leaky", "params": {"where": "handle"}}}))).await;
    assert_eq!(run.state, RunState::Failed);
    assert_eq!(steps(&run)["aa"], ("failed".into(), Some("guest-contract".into())));
    assert!(house.resources("web").await["aa"].status.prior.is_none(), "such a state is not kept");
}

#[tokio::test]
async fn an_output_that_holds_a_token_is_sensitive_whatever_it_says() {
    let house = House::new().await;
    let run = house.run(&web(json!({"aa": {"type": "leaky", "params": {"where": "output"}}}))).await;
    assert_eq!(run.state, RunState::Succeeded);
    assert!(house.resources("web").await["aa"].outputs()[0].sensitive);
    assert!(house.files(&run).await["outputs.txt"].contains("leak = (sensitive)"));
}

#[tokio::test]
async fn an_artifact_that_holds_a_token_is_sensitive_whatever_it_says() {
    let house = House::new().await;
    house.run(&web(json!({"aa": {"type": "leaky", "params": {"where": "artifact"}}}))).await;
    assert!(house.resources("web").await["aa"].artifacts()[0].sensitive);
}

#[tokio::test]
async fn a_secret_that_no_grant_names_is_denied() {
    let house = House::new().await;
    let run = house.run(&web(json!({"aa": {"type": "secretive", "params": {"reference": "licence"}}}))).await;
    assert_eq!(run.state, RunState::Failed);
    assert_eq!(steps(&run)["aa"].1.as_deref(), Some("capability-denied"));
    assert_eq!(house.told(EventKind::ProvisionFailed).await.len(), 1);
}
