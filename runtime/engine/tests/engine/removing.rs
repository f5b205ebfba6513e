//! Removal: what nobody claims goes, dependents first, and nothing of it is left.

use innominatus_ledger::RunState;
use innominatus_model::{Coded, EventKind, Phase, Scope};
use serde_json::{Value, json};

use crate::cloudy::{self, Sky, thing};
use crate::house::{House, name, shop, steps, web};

fn chain_of_three() -> Value {
    json!({
        "key": {"type": "secretive"},
        "middle": {"type": "trivial", "params": {"of": "${resources.key.password}"}},
        "last": {"type": "slow", "params": {"rounds": 0, "removalRounds": 2}},
        "end": {"type": "trivial", "params": {"of": "${resources.middle.id}"}},
    })
}

#[tokio::test]
async fn an_application_is_removed_in_reverse_order_and_its_secrets_are_forgotten() {
    let house = House::new().await;
    house.run(&web(chain_of_three())).await;
    assert_eq!(house.count("secret").await, 1);
    let run = house.delete("web").await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    let gone = house.calls(EventKind::DeprovisionSucceeded, 0).await;
    let at = |what: &str| gone.iter().position(|known| known == what).unwrap();
    assert!(at("end") < at("middle") && at("middle") < at("key"), "{gone:?}");
    assert_eq!(gone.len(), 4);
    assert!(house.ledger().application(&Scope::default(), &name("web")).await.unwrap().is_none());
    for family in ["app", "res", "secret", "token", "tokens"] {
        assert_eq!(house.count(family).await, 0, "{family}");
    }
    assert_eq!(house.told(EventKind::ApplicationDeleted).await, ["application `web` is gone"]);
    let again = house.engine.delete_application(&Scope::default(), &name("web")).await.unwrap_err();
    assert_eq!(again.code().as_str(), "application-not-found");
    // The name is free again.
    assert_eq!(house.run(&web(chain_of_three())).await.state, RunState::Succeeded);
}

#[tokio::test]
async fn a_resource_that_is_taken_out_of_the_file_goes() {
    let house = House::new().await;
    house.run(&web(chain_of_three())).await;
    let run = house.run(&web(json!({"key": {"type": "secretive"}}))).await;
    assert_eq!(run.state, RunState::Succeeded);
    assert_eq!(house.resources("web").await.into_keys().collect::<Vec<_>>(), ["key"]);
    let gone = house.calls(EventKind::DeprovisionSucceeded, 0).await;
    assert!(gone.iter().position(|known| known == "end") < gone.iter().position(|known| known == "middle"));
    assert_eq!(house.count("secret").await, 1);
}

#[tokio::test]
async fn a_workload_goes_with_its_claims_and_the_last_one_with_the_application() {
    let house = House::new().await;
    let shared = json!({"type": "trivial", "id": "shared"});
    house.run(&shop("one", json!({"shared": shared, "own": {"type": "trivial"}}))).await;
    house.run(&shop("two", json!({"shared": shared}))).await;
    let scope = Scope::default();
    let unknown = house.engine.delete_workload(&scope, &name("shop"), &name("three")).await.unwrap_err();
    assert_eq!(unknown.code().as_str(), "not-found");
    let accepted = house.engine.delete_workload(&scope, &name("shop"), &name("one")).await.unwrap();
    house.ended(accepted.run.unwrap()).await;
    assert_eq!(house.resources("shop").await.into_keys().collect::<Vec<_>>(), ["shared"]);
    let accepted = house.engine.delete_workload(&scope, &name("shop"), &name("two")).await.unwrap();
    house.ended(accepted.run.unwrap()).await;
    assert!(house.ledger().application(&scope, &name("shop")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_claimed_resource_is_not_removed() {
    let house = House::new().await;
    house.run(&web(json!({"aa": {"type": "trivial"}}))).await;
    let id = house.resources("web").await["aa"].id;
    let refused = house.engine.delete_resource(id).await.unwrap_err();
    assert_eq!(refused.code().as_str(), "resource-claimed");
    assert!(refused.to_string().contains("`web`"), "{refused}");
}

#[tokio::test]
async fn a_removal_that_fails_is_told_and_can_be_tried_again() {
    let house = House::new().await;
    let resources = |export: &str| {
        json!({
            "base": {"type": "trivial"},
            "stuck": {"type": "trapping", "params": {"export": export}},
            "apart": {"type": "trivial"},
        })
    };
    house.run(&web(resources("deprovision"))).await;
    for _ in 0..2 {
        let run = house.delete("web").await;
        assert_eq!(run.state, RunState::Failed);
        assert_eq!(run.error.unwrap().code, "guest-trap");
        let left = house.resources("web").await;
        assert_eq!(left.keys().collect::<Vec<_>>(), ["stuck"], "the others go");
        assert!(left["stuck"].deleting);
        assert_eq!(left["stuck"].status.phase, Phase::Failed);
    }
    let id = house.resources("web").await["stuck"].id;
    let accepted = house.engine.delete_resource(id).await.unwrap();
    assert_eq!(house.ended(accepted.run.unwrap()).await.state, RunState::Failed);

    // Wanted again, it is mended, and can go.
    let run = house.run(&web(resources("get-status"))).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    let mended = house.resources("web").await;
    assert_eq!(mended["stuck"].id, id);
    assert!(mended.values().all(innominatus_ledger::Resource::is_settled));
    assert_eq!(house.delete("web").await.state, RunState::Succeeded);
    assert_eq!(house.count("res").await, 0);
}

#[tokio::test]
async fn a_failed_removal_leaves_in_place_what_the_resource_refers_to() {
    let house = House::new().await;
    house
        .run(&web(json!({
            "base": {"type": "trivial", "params": {"word": "deprovision"}},
            "stuck": {"type": "trapping", "params": {"export": "${resources.base.echo.word}"}},
        })))
        .await;
    let run = house.delete("web").await;
    let ended = steps(&run);
    assert_eq!(ended["stuck"].0, "failed");
    assert_eq!(ended["base"].0, "skipped");
    assert_eq!(house.resources("web").await.into_keys().collect::<Vec<_>>(), ["base", "stuck"]);
}

#[tokio::test]
async fn what_was_never_begun_is_forgotten_without_asking_anybody() {
    let house = House::new().await;
    house
        .run(&web(json!({
            "bad": {"type": "broken"},
            "user": {"type": "trivial", "params": {"of": "${resources.bad.half}"}},
        })))
        .await;
    let run = house.delete("web").await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    assert_eq!(house.calls(EventKind::DeprovisionStarted, 0).await, ["bad"]);
    assert_eq!(house.count("res").await, 0);
}

#[tokio::test]
async fn what_was_denied_before_it_wrote_anything_goes_without_being_asked() {
    let sky = Sky::new().await;
    cloudy::install(&sky.house.engine, "grants: {}").await.unwrap();
    let code = sky.not_made(thing("gadget", json!({"steps": ["post"]}))).await;
    assert_eq!(code, "capability-denied");
    let run = sky.house.delete("web").await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    // Where something was made it is asked, and it says that it may not.
    cloudy::install(&sky.house.engine, &cloudy::grants(&sky.cloud, cloudy::LINE)).await.unwrap();
    let code = sky.not_made(thing("gadget", json!({"steps": ["post", "post"], "failAfter": 1}))).await;
    assert_eq!(code, "provision-failed");
    cloudy::install(&sky.house.engine, "grants: {}").await.unwrap();
    assert_eq!(sky.house.delete("web").await.error.unwrap().code, "capability-denied");
}
