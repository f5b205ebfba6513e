//! Files become ready resources and rendered files, and only what changed is made again.

use innominatus_ledger::RunState;
use innominatus_model::{EventKind, Phase, Scope};
use serde_json::json;

use crate::house::{House, name, shop, steps, web};

#[tokio::test]
async fn a_file_becomes_ready_resources_and_rendered_files() {
    let house = House::new().await;
    let run = house.run(&web(json!({"aa": {"type": "trivial", "params": {"n": 1}}}))).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");

    let resources = house.resources("web").await;
    let a = &resources["aa"];
    assert!(a.is_settled());
    assert_eq!(a.status.phase, Phase::Ready);
    assert_eq!(a.status.hints.len(), 1);
    assert_eq!(a.outputs()[0].value, json!({"n": 1}));
    let files = house.files(&run).await;
    assert!(files["outputs.txt"].contains(r#"echo = {"n":1}"#), "{files:?}");

    let application =
        house.ledger().application(&Scope::default(), &name("web")).await.unwrap().unwrap().value;
    assert_eq!(application.rendered, Some(run.id));
    assert_eq!(house.told(EventKind::RunSucceeded).await.len(), 1);
    assert_eq!(house.told(EventKind::ArtifactsRendered).await, ["rendered outputs.txt"]);
}

#[tokio::test]
async fn a_second_apply_changes_nothing_and_calls_no_guest() {
    let house = House::new().await;
    let input = web(json!({"aa": {"type": "trivial"}, "bb": {"type": "secretive"}}));
    let first = house.run(&input).await;
    let before = house.events().await.len();
    let again = house.apply(&input).await;
    assert!(again.unchanged);
    assert_eq!(again.run, Some(first.id));
    let new: Vec<_> = house.events().await.into_iter().skip(before).map(|event| event.kind).collect();
    // The golden path is asked and logs; nothing else happens.
    assert!(new.iter().all(|kind| *kind == EventKind::GuestLog), "{new:?}");
}

#[tokio::test]
async fn an_update_makes_what_changed_and_followers_only_if_outputs_changed() {
    let house = House::new().await;
    let input = |n: u32| {
        web(json!({
            "aa": {"type": "trivial", "params": {"n": n}},
            "same": {"type": "trivial", "params": {"of": "${resources.aa.id}"}},
            "other": {"type": "trivial", "params": {"of": "${resources.aa.echo.n}"}},
            "apart": {"type": "trivial"},
        }))
    };
    house.run(&input(1)).await;
    let before = house.events().await.len();
    let run = house.run(&input(2)).await;
    assert_eq!(run.state, RunState::Succeeded);
    assert_eq!(house.calls(EventKind::ProvisionStarted, before).await, ["aa", "other"]);
    let ended = steps(&run);
    assert_eq!(ended["same"].0, "unchanged");
    assert_eq!(ended["apart"].0, "unchanged");
    let resources = house.resources("web").await;
    assert_eq!(resources["other"].outputs()[0].value, json!({"of": "2"}));
    assert_eq!((resources["aa"].generation, resources["other"].generation), (2, 1));
}

#[tokio::test]
async fn dependencies_come_first_and_independent_resources_are_all_made() {
    let house = House::new().await;
    let run = house
        .run(&web(json!({
            "last": {"type": "trivial", "params": {"of": "${resources.middle.id}"}},
            "first": {"type": "slow", "params": {"rounds": 2}},
            "middle": {"type": "trivial", "params": {"of": "${resources.first.rounds}"}},
            "apart": {"type": "trivial"},
        })))
        .await;
    assert_eq!(run.state, RunState::Succeeded);
    let done = house.calls(EventKind::ProvisionSucceeded, 0).await;
    let at = |what: &str| done.iter().position(|known| known == what).unwrap();
    assert!(at("first") < at("middle") && at("middle") < at("last"), "{done:?}");
    assert!(done.contains(&"apart".to_owned()));
    let last = &house.resources("web").await["last"];
    assert_eq!(last.outputs()[0].value, json!({"of": house.resources("web").await["middle"].id.to_string()}));
}

#[tokio::test]
async fn applying_a_file_replaces_only_that_workloads_claims() {
    let house = House::new().await;
    let shared = json!({"type": "trivial", "id": "shared"});
    house.run(&shop("one", json!({"shared": shared, "own": {"type": "trivial"}}))).await;
    house.run(&shop("two", json!({"shared": shared, "other": {"type": "trivial"}}))).await;
    let resources = house.resources("shop").await;
    assert_eq!(resources.keys().collect::<Vec<_>>(), ["other", "own", "shared"]);
    assert_eq!(resources["shared"].workloads, [name("one"), name("two")]);

    let run = house.run(&shop("one", json!({}))).await;
    assert_eq!(run.state, RunState::Succeeded);
    let resources = house.resources("shop").await;
    assert_eq!(resources.keys().collect::<Vec<_>>(), ["other", "shared"]);
    assert_eq!(resources["shared"].workloads, [name("two")]);
}

#[tokio::test]
async fn annotations_are_labels_and_a_changed_one_is_an_update() {
    let house = House::new().await;
    let input = |note: &str| {
        let metadata = json!({"annotations": {"example.com/note": note, "uid": "mine"}});
        web(json!({"aa": {"type": "trivial", "metadata": metadata}, "apart": {"type": "trivial"}}))
    };
    let note = async || {
        let resources = house.resources("web").await;
        let outputs = resources["aa"].outputs().iter().find(|output| output.name == "note").unwrap();
        (outputs.value.clone(), resources["aa"].generation, resources["apart"].generation)
    };
    house.run(&input("one")).await;
    assert_eq!(note().await, (json!("one"), 1, 1));
    assert!(house.apply(&input("one")).await.unchanged);
    let before = house.events().await.len();
    house.run(&input("two")).await;
    assert_eq!(note().await, (json!("two"), 2, 1));
    assert_eq!(house.calls(EventKind::ProvisionStarted, before).await, ["aa"]);
}

#[tokio::test]
async fn each_class_has_its_own_defaults_and_limits() {
    let house = House::new().await;
    let resources = |small: serde_json::Value, large: serde_json::Value| {
        web(json!({
            "small": {"type": "sized", "class": "small", "params": small},
            "large": {"type": "sized", "class": "large", "params": large},
            "base": {"type": "trivial", "params": {"n": 500}},
        }))
    };
    let made = async |declared: &str| house.resources("web").await[declared].outputs()[0].value.clone();
    let run = house.run(&resources(json!({}), json!({}))).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    assert_eq!((made("small").await, made("large").await), (json!(2), json!(200)));
    // Filled values are judged by the class too, not only what the plan sees.
    let run = house.run(&resources(json!({}), json!({"gigabytes": "${resources.base.echo.n}"}))).await;
    assert_eq!(steps(&run)["large"], ("failed".into(), Some("params-invalid".into())), "it is a text");
    let run = house.run(&resources(json!({"gigabytes": 10}), json!({"gigabytes": 500}))).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    assert_eq!((made("small").await, made("large").await), (json!(10), json!(500)));
}
