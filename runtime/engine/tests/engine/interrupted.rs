//! Runs that are stopped, or overtaken, in the middle.

use std::time::Duration;

use innominatus_engine::{Engine, EngineConfig};
use innominatus_ledger::{EventFeed, RunState};
use innominatus_model::{EventKind, Json, Scope};
use serde_json::json;

use crate::house::{Gate, House, engine, name, quick, web};

/// Waits are as long as a guest asks for, up to an hour: nothing in these tests may wait them out.
fn patient(house: &House) -> EngineConfig {
    EngineConfig { pending_cap: Duration::from_secs(3600), ..quick(house.folder.path()) }
}

fn slow(rounds: u32, after_ms: u64) -> Json {
    json!({"type": "slow", "params": {"rounds": rounds, "afterMs": after_ms}})
}

#[tokio::test]
async fn work_that_takes_its_time_goes_through_and_survives_a_restart() {
    let house = House::new().await;
    let config = patient(&house);
    let house = house.restarted(config).await;
    let mut feed = house.ledger().follow(&Scope::default(), None).await.unwrap();
    let resources = json!({"aa": slow(3, 3_600_000), "bb": {"type": "trivial", "params": {"of": "${resources.aa.rounds}"}}});
    let accepted = house.apply(&web(resources)).await;
    let run = accepted.run.unwrap();
    house.saw(&mut feed, EventKind::ProvisionPending).await;

    // The next engine does not wait.
    let hasty = EngineConfig { pending_cap: Duration::ZERO, ..quick(house.folder.path()) };
    let house = house.restarted(hasty).await;
    let a = &house.resources("web").await["aa"];
    assert!(a.status.waiting.is_some());
    assert_eq!(a.status.prior.as_ref().unwrap().state.handle["made"], 1);
    assert_eq!(house.engine.resume().await.unwrap(), 1);
    let run = house.ended(run).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    assert_eq!(house.told(EventKind::RunResumed).await.len(), 1);
    let resources = house.resources("web").await;
    assert_eq!(resources["aa"].outputs()[0].value, json!(3), "it goes on where it was");
    assert_eq!(resources["bb"].outputs()[0].value, json!({"of": "3"}));
    assert_eq!(resources["aa"].status.attempts, 1);
}

#[tokio::test]
async fn a_newer_plan_takes_over_at_once_and_makes_nothing_twice() {
    let house = House::new().await;
    let config = patient(&house);
    let house = house.restarted(config).await;
    let mut feed = house.ledger().follow(&Scope::default(), None).await.unwrap();
    let first =
        house.apply(&web(json!({"aa": slow(2, 3_600_000), "bb": {"type": "trivial"}}))).await.run.unwrap();
    house.saw(&mut feed, EventKind::ProvisionPending).await;
    let ids = house.resources("web").await;

    let second = house
        .run(&web(json!({"aa": slow(1, 0), "bb": {"type": "trivial"}, "cc": {"type": "trivial"}})))
        .await;
    assert_eq!(second.state, RunState::Succeeded, "{second:?}");
    assert_eq!(house.ended(first).await.state, RunState::Superseded);
    let resources = house.resources("web").await;
    assert_eq!(resources.keys().collect::<Vec<_>>(), ["aa", "bb", "cc"]);
    assert!(resources.values().all(innominatus_ledger::Resource::is_settled));
    for (declared, before) in &ids {
        assert_eq!(resources[declared].id, before.id, "{declared}");
    }
    assert_eq!(house.told(EventKind::RunSuperseded).await.len(), 1);
}

#[tokio::test]
async fn a_follower_that_was_not_looked_at_is_looked_at_by_the_next_plan() {
    let house = House::new().await;
    // One step at a time, in the order of their types: `a0` keeps what comes after it from beginning.
    let config = EngineConfig { concurrency: 1, ..patient(&house) };
    let house = house.restarted(config).await;
    let follower = json!({"type": "trivial", "params": {"n": "${resources.aa.calls}"}});
    let input = |n: u32, wait: Option<Json>| {
        let mut resources = json!({"aa": {"type": "chatty", "params": {"clocks": n}}, "zz": follower});
        if let Some(wait) = wait {
            resources["a0"] = wait;
        }
        web(resources)
    };
    assert_eq!(house.run(&input(1, None)).await.state, RunState::Succeeded);
    let mut feed = house.ledger().follow(&Scope::default(), None).await.unwrap();
    // `aa` changes, `a0` waits, and so `zz` is not looked at before the next plan takes over.
    let first = house.apply(&input(2, Some(slow(1, 3_600_000)))).await.run.unwrap();
    let mut made = false;
    loop {
        let event = feed.next().await.unwrap().event;
        made |= event.kind == EventKind::ProvisionSucceeded && event.message.contains(".aa`");
        if event.kind == EventKind::ProvisionPending {
            break;
        }
    }
    assert!(made, "`aa` came first");
    // To this plan `aa` and `zz` are as asked for: only the plan before it says that `zz` is behind.
    let run = house.run(&input(2, None)).await;
    assert_eq!(run.state, RunState::Succeeded);
    assert_eq!(house.ended(first).await.state, RunState::Superseded);
    assert_eq!(house.resources("web").await["zz"].outputs()[0].value["n"], "2");
}

#[tokio::test]
async fn an_application_that_is_wanted_again_while_it_goes_is_there_in_the_end() {
    let house = House::new().await;
    let config = patient(&house);
    let house = house.restarted(config).await;
    let input = web(json!({
        "aa": {"type": "trivial"},
        "stay": {"type": "slow", "params": {"rounds": 0, "removalRounds": 3, "afterMs": 3_600_000}},
    }));
    house.run(&input).await;
    let mut feed = house.ledger().follow(&Scope::default(), None).await.unwrap();
    let accepted = house.engine.delete_application(&Scope::default(), &name("web")).await.unwrap();
    // The same wish again is the same run.
    let again = house.engine.delete_application(&Scope::default(), &name("web")).await.unwrap();
    assert_eq!(again.run, accepted.run);
    house.saw(&mut feed, EventKind::DeprovisionStarted).await;
    let run = house.run(&input).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    assert_eq!(house.ended(accepted.run.unwrap()).await.state, RunState::Superseded);
    let resources = house.resources("web").await;
    assert_eq!(resources.keys().collect::<Vec<_>>(), ["aa", "stay"]);
    assert!(resources.values().all(innominatus_ledger::Resource::is_settled));
    let application = house.ledger().application(&Scope::default(), &name("web")).await.unwrap().unwrap();
    assert!(!application.value.deleting);
}

/// A wish whose accept is durable, though whoever had it went away before it was acknowledged.
async fn forsaken<T: Send + 'static>(
    house: House,
    family: &str,
    wish: impl AsyncFnOnce(Engine) -> T + Send + 'static,
) -> (House, EventFeed) {
    let gate = Gate::closed(house.memory.clone(), family);
    let config = quick(house.folder.path());
    house.engine.shutdown().await;
    let engine = engine(gate.clone(), house.folder.path(), config).await.unwrap();
    let feed = engine.ledger().follow(&Scope::default(), None).await.unwrap();
    let mut wished = Box::pin(wish(engine.clone()));
    tokio::select! {
        _ = &mut wished => panic!("it was acknowledged"),
        () = gate.held() => drop(wished),
    }
    gate.open.send_replace(true);
    (House { engine, ..house }, feed)
}

#[tokio::test]
async fn a_wish_is_carried_out_though_nobody_waits_for_its_answer() {
    let house = House::new().await;
    let resources = json!({"aa": {"type": "trivial"}});
    let wanted = web(resources.clone());
    let (house, mut feed) = forsaken(house, "app", async move |engine| engine.apply(&wanted).await).await;
    house.saw(&mut feed, EventKind::RunSucceeded).await;
    assert!(house.resources("web").await["aa"].is_settled());

    let delete = async |engine: Engine| engine.delete_application(&Scope::default(), &name("web")).await;
    let (house, mut feed) = forsaken(house, "app", delete).await;
    house.saw(&mut feed, EventKind::ApplicationDeleted).await;
    assert_eq!(house.count("res").await, 0);

    let uninstall = async |engine: Engine| engine.uninstall(&name("default"), &name("fixtures"), None).await;
    let (house, _) = forsaken(house, "platform", uninstall).await;
    house.engine.shutdown().await;
    assert_eq!(std::fs::read_dir(house.blobs()).unwrap().count(), 0, "the bytes go with the record");
}

#[tokio::test]
async fn a_run_that_nobody_is_at_is_gone_on_with_by_the_same_wish() {
    let house = House::new().await;
    let config = patient(&house);
    let house = house.restarted(config).await;
    let mut feed = house.ledger().follow(&Scope::default(), None).await.unwrap();
    let input = web(
        json!({"aa": {"type": "slow", "params": {"rounds": 1, "removalRounds": 3, "afterMs": 3_600_000}}}),
    );
    let first = house.apply(&input).await.run.unwrap();
    house.saw(&mut feed, EventKind::ProvisionPending).await;

    // Nobody resumes: as if the end of the run could not have been written.
    let hasty = || EngineConfig { pending_cap: Duration::ZERO, ..quick(house.folder.path()) };
    let (hasty_first, hasty_second) = (hasty(), hasty());
    let house = house.restarted(hasty_first).await;
    let again = house.apply(&input).await;
    assert_eq!(again.run, Some(first));
    assert_eq!(house.ended(first).await.state, RunState::Succeeded);

    let config = patient(&house);
    let house = house.restarted(config).await;
    let mut feed = house.ledger().follow(&Scope::default(), None).await.unwrap();
    let delete = async |house: &House| {
        house.engine.delete_application(&Scope::default(), &name("web")).await.unwrap().run.unwrap()
    };
    let going = delete(&house).await;
    house.saw(&mut feed, EventKind::DeprovisionStarted).await;
    let house = house.restarted(hasty_second).await;
    assert_eq!(delete(&house).await, going);
    assert_eq!(house.ended(going).await.state, RunState::Succeeded);
    assert!(house.ledger().application(&Scope::default(), &name("web")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_run_that_nobody_is_at_is_superseded_by_another_wish() {
    let house = House::new().await;
    let config = patient(&house);
    let house = house.restarted(config).await;
    let mut feed = house.ledger().follow(&Scope::default(), None).await.unwrap();
    let first = house.apply(&web(json!({"aa": slow(1, 3_600_000)}))).await.run.unwrap();
    house.saw(&mut feed, EventKind::ProvisionPending).await;
    let config = quick(house.folder.path());
    let house = house.restarted(config).await;
    let run = house.run(&web(json!({"aa": slow(0, 0)}))).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    assert_eq!(house.ended(first).await.state, RunState::Superseded);
}

#[tokio::test]
async fn the_key_of_the_store_is_replaced_while_runs_go_on() {
    let house = House::own_key().await;
    let mut feed = house.ledger().follow(&Scope::default(), None).await.unwrap();
    // Each round is two records that are sealed: of the resource, and of the execution.
    let resources = json!({"aa": slow(60, 1), "bb": slow(60, 1), "key": {"type": "secretive"}});
    let run = house.apply(&web(resources)).await.run.unwrap();
    house.saw(&mut feed, EventKind::ProvisionPending).await;
    let mut replaced = 0;
    while house.ledger().run(run).await.unwrap().unwrap().value.ended_ms.is_none() {
        house.engine.rotate_key().await.unwrap();
        replaced += 1;
    }
    let run = house.ended(run).await;
    assert_eq!(run.state, RunState::Succeeded, "after {replaced} replacements: {run:?}");
    assert!(replaced > 0, "the run was over before");
    house.engine.rotate_key().await.unwrap();
    let run = house.delete("web").await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
}
