//! Another provisioner for the same need: what was made is replaced, by the one that is chosen now, and removed by
//! the one that made it.

use innominatus_engine::ApplyInput;
use innominatus_ledger::{Resource, RunState};
use innominatus_model::{EventKind, Json, Scope};
use serde_json::json;

use crate::house::{Gate, House, engine, name, quick, steps, web_with};
use crate::platforms::changed;

/// With the fixture platform under two names.
async fn two_platforms() -> House {
    let house = House::new().await;
    house.install(changed("name: fixtures", "name: others").path()).await;
    house
}

fn by(platform: &str, resources: Json) -> ApplyInput {
    ApplyInput { platform: Some(platform.into()), ..web_with(resources, json!({"secrets": true})) }
}

async fn records(house: &House) -> Vec<Resource> {
    let stored = house.ledger().resources(&Scope::default(), &name("web")).await.unwrap();
    stored.into_iter().map(|stored| stored.value).collect()
}

#[tokio::test]
async fn what_another_provisioner_made_is_replaced_and_removed_by_that_one() {
    let house = two_platforms().await;
    let resources = json!({
        "key": {"type": "secretive"},
        "user": {"type": "trivial", "params": {"password": "${resources.key.password}"}},
    });
    house.run(&by("fixtures", resources.clone())).await;
    let old = house.resources("web").await["key"].clone();
    let [secret] = house.secrets(old.id).await.try_into().unwrap();

    let plan = house.engine.plan(&by("others", resources.clone())).await.unwrap().plan;
    let told = innominatus_plan::explain(&plan);
    assert!(told.contains("it is now made by others/secretive, and so made anew"), "{told}");
    assert!(
        told.contains("by fixtures/secretive: it is replaced by one that others/secretive makes"),
        "{told}"
    );

    let run = house.run(&by("others", resources.clone())).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    let new = house.resources("web").await;
    assert!(new.values().all(Resource::is_settled));
    assert_ne!(new["key"].id, old.id);
    assert_ne!(new["key"].name, old.name, "for a while both are there");
    assert_eq!(new["key"].status.made_by.as_ref().unwrap().label(), "others/secretive");
    let removed = house.told(EventKind::DeprovisionStarted).await;
    let expected = |of: &str| format!("`{of}` is being removed by fixtures/");
    assert!(
        removed.iter().any(|line| line.starts_with(&expected("secretive.default#web.key"))),
        "{removed:?}"
    );
    let files = house.files(&run).await;
    let [other] = house.secrets(new["key"].id).await.try_into().unwrap();
    assert!(files[".env"].contains(&other) && !files[".env"].contains(&secret));
    assert_eq!(house.count("secret").await, 1, "the old one is forgotten");
    assert!(house.secrets(old.id).await.is_empty());
    assert!(house.apply(&by("others", resources)).await.unchanged, "the golden path was told the new names");
}

#[tokio::test]
async fn what_cannot_be_removed_is_tried_again_or_taken_back_by_the_one_that_made_it() {
    let house = two_platforms().await;
    let resources = json!({"stuck": {"type": "trapping", "params": {"export": "deprovision"}}});
    house.run(&by("fixtures", resources.clone())).await;
    let [first] = records(&house).await.try_into().unwrap();

    for _ in 0..2 {
        let run = house.run(&by("others", resources.clone())).await;
        assert_eq!(run.state, RunState::Failed);
        let [old, new] = records(&house).await.try_into().unwrap();
        assert_eq!((old.id, old.deleting), (first.id, true));
        assert!(new.is_settled());
        assert_eq!(new.provisioner.label(), "others/trapping");
    }
    // The first one is wanted again: it is there, and the second one goes.
    let mended = json!({"stuck": {"type": "trapping", "params": {"export": "get-status"}}});
    house.run(&by("others", mended.clone())).await;
    let run = house.run(&by("fixtures", mended)).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    let [only] = records(&house).await.try_into().unwrap();
    assert_eq!(only.id, first.id);
    assert!(only.is_settled());
}

#[tokio::test]
async fn what_a_superseded_run_began_meanwhile_is_not_handed_to_another_provisioner() {
    let house = two_platforms().await;
    let resources = |failures: u32| {
        json!({
            "aa": {"type": "flaky", "params": {"failures": failures}},
            "user": {"type": "trivial", "params": {"of": "${resources.aa.attempt}"}},
        })
    };
    house.run(&by("fixtures", resources(99))).await;
    assert_eq!(house.resources("web").await["user"].maker(), None);

    // The plan is accepted, and nobody is at it yet, when the run before begins the resource.
    house.engine.shutdown().await;
    let gate = Gate::closed(house.memory.clone(), "app");
    let engine = engine(gate.clone(), house.folder.path(), quick(house.folder.path())).await.unwrap();
    let house = House { engine: engine.clone(), ..house };
    let accepting = tokio::spawn(async move { engine.apply(&by("others", resources(0))).await.unwrap() });
    gate.held().await;
    let records = house.ledger().resources(&Scope::default(), &name("web")).await.unwrap();
    let stored = records.iter().find(|stored| stored.value.uid.kind.as_str() == "trivial").unwrap();
    let mut begun = stored.value.clone();
    begun.status.run = Some(innominatus_model::RunId::generate());
    begun.status.wrote = true;
    let mut change = house.ledger().change();
    change.put_resource(&begun, Some(stored));
    change.commit().await.unwrap();
    gate.open.send_replace(true);

    let run = house.ended(accepting.await.unwrap().run.unwrap()).await;
    assert_eq!(steps(&run)["user"], ("failed".into(), Some("plan-stale".into())));
    let message = run.error.unwrap().message;
    assert!(message.contains("`fixtures/trivial`") && message.contains("`others/trivial`"), "{message}");

    let run = house.run(&by("others", resources(0))).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    let user = house.resources("web").await["user"].clone();
    assert_ne!(user.id, begun.id);
    let removed = house.told(EventKind::DeprovisionStarted).await;
    let line = "`trivial.default#web.user` is being removed by fixtures/trivial";
    assert!(removed.iter().any(|told| told == line), "{removed:?}");
}
