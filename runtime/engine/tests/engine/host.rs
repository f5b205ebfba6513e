//! What the host cannot do ends the step that needs it; only when the state itself cannot be written, the run.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use innominatus_engine::EngineConfig;
use innominatus_ledger::RunState;
use innominatus_model::{Code, Coded, EventKind, ExitClass, Phase};
use innominatus_store::Error;
use innominatus_store::faulty::{Fault, FaultyStore, Side};
use innominatus_testkit::programs;
use serde_json::json;

use crate::house::{House, Kept, engine, name, quick, steps, web};
use crate::platforms::changed;

#[tokio::test]
async fn settings_that_cannot_be_read_fail_the_step_that_asks_for_them() {
    let house = House::new().await;
    let settings = house.folder.path().join("settings");
    fs::create_dir(&settings).unwrap();
    fs::write(settings.join("fixtures.json"), "{\"region\": ").unwrap();
    let input = web(json!({
        "asks": {"type": "chatty", "params": {"logs": 3, "settings": 1}},
        "user": {"type": "trivial", "params": {"of": "${resources.asks.calls}"}},
        "apart": {"type": "trivial"},
    }));
    let run = house.run(&input).await;
    assert_eq!(run.state, RunState::Failed);
    let ended = steps(&run);
    assert_eq!(ended["asks"], ("failed".into(), Some("settings-invalid".into())));
    assert_eq!((ended["user"].0.as_str(), ended["apart"].0.as_str()), ("skipped", "succeeded"));
    let error = run.error.unwrap();
    assert_ne!(Code::parse(&error.code).unwrap().exit(), ExitClass::Transient);
    assert!(error.message.contains("fixtures.json"), "{}", error.message);
    let resources = house.resources("web").await;
    assert_eq!(resources["asks"].status.phase, Phase::Failed);
    assert_eq!(resources["asks"].status.last_error.as_ref().unwrap().code, "settings-invalid");
    assert!(resources["apart"].is_settled());
    let said = house.told(EventKind::GuestLog).await;
    assert_eq!(said.iter().filter(|line| line.starts_with("xxx")).count(), 3, "what it said before is kept");
    assert_eq!(
        house.told(EventKind::ProvisionStarted).await.iter().filter(|told| told.contains(".asks`")).count(),
        1
    );

    fs::write(settings.join("fixtures.json"), "{}").unwrap();
    assert_eq!(house.run(&input).await.state, RunState::Succeeded);
}

#[tokio::test]
async fn bytes_that_are_gone_fail_their_steps_and_come_back_with_the_platform() {
    let house = House::new().await;
    let provisioners = house.ledger().platforms(&name("default")).await.unwrap().remove(0).value.provisioners;
    let config = quick(house.folder.path());
    let house = house.restarted(config).await;
    fs::remove_file(house.blobs().join(format!("sha256-{}", provisioners[0].component.hex()))).unwrap();
    let input = web(json!({"aa": {"type": "trivial"}, "bb": {"type": "secretive"}}));
    let run = house.run(&input).await;
    assert_eq!(run.state, RunState::Failed);
    let lost = ("failed".to_owned(), Some("platform-not-found".to_owned()));
    assert_eq!((&steps(&run)["aa"], &steps(&run)["bb"]), (&lost, &lost));
    assert!(run.error.unwrap().hint.unwrap().contains("install the same version"));
    assert!(house.resources("web").await.values().all(|resource| resource.status.phase == Phase::Failed));

    let again = house.engine.install(&name("default"), &programs::platform("fixtures"), None).await.unwrap();
    assert!(again.unchanged);
    assert_eq!(house.run(&input).await.state, RunState::Succeeded);
}

#[tokio::test]
async fn a_platform_that_is_gone_keeps_only_what_it_made_from_being_removed() {
    let house = House::new().await;
    house.install(changed("name: fixtures", "name: others").path()).await;
    let mut input = web(json!({"aa": {"type": "trivial"}, "bb": {"type": "sized", "class": "small"}}));
    input.platform = Some("fixtures".into());
    house.run(&input).await;
    // One of them is known to be made by the other platform, and that is not there any more.
    let stored = house.ledger().resource(house.resources("web").await["bb"].id).await.unwrap().unwrap();
    let mut other = stored.value.clone();
    other.status.made_by.as_mut().unwrap().platform = name("others");
    let others = house.ledger().platforms(&name("default")).await.unwrap().remove(1);
    let mut change = house.ledger().change();
    change.put_resource(&other, Some(&stored));
    change.delete_platform(&others);
    change.commit().await.unwrap();

    let run = house.delete("web").await;
    assert_eq!(run.state, RunState::Failed);
    assert_eq!(steps(&run)["bb"], ("failed".into(), Some("platform-not-found".into())));
    assert_eq!(steps(&run)["aa"].0, "succeeded");
    assert_eq!(house.resources("web").await.into_keys().collect::<Vec<_>>(), ["bb"]);
    assert_eq!(house.resources("web").await["bb"].status.phase, Phase::Failed);
}

#[tokio::test]
async fn a_golden_path_that_the_host_cannot_serve_says_why() {
    let house = House::new().await;
    house.run(&web(json!({"aa": {"type": "trivial"}}))).await;
    let golden_path =
        house.ledger().platforms(&name("default")).await.unwrap().remove(0).value.golden_paths.remove(0);
    let config = quick(house.folder.path());
    let house = house.restarted(config).await;
    fs::remove_file(house.blobs().join(format!("sha256-{}", golden_path.component.hex()))).unwrap();
    let refused = house.engine.apply(&web(json!({}))).await.unwrap_err();
    assert_eq!(refused.code(), Code::PlatformNotFound);
}

#[tokio::test]
async fn when_the_state_cannot_be_written_nothing_looks_as_if_somebody_were_at_it() {
    let house = House::new().await;
    house.engine.shutdown().await;
    // What becomes of the step cannot be written, once.
    let broken = AtomicBool::new(false);
    let ready = |op: &innominatus_store::Op| {
        let innominatus_store::Op::Put { key, value } = op else { return false };
        let phase = br#""phase":"ready""#;
        key.starts_with(b"res\0\x01") && value.windows(phase.len()).any(|part| part == phase)
    };
    let faulty = FaultyStore::new(Arc::new(Kept(house.memory.clone())), move |point| {
        let concerned = point.side == Side::Before && point.txn.then.iter().any(ready);
        if concerned && !broken.swap(true, Ordering::SeqCst) {
            Fault::Fail(Error::Unavailable { maybe_applied: false, reason: "for once".into() })
        } else {
            Fault::None
        }
    });
    let config = EngineConfig { concurrency: 1, ..quick(house.folder.path()) };
    let engine = engine(Arc::new(faulty), house.folder.path(), config).await.unwrap();
    let house = House { engine, ..house };
    let input = web(
        json!({"aa": {"type": "trivial"}, "zz": {"type": "trivial", "params": {"of": "${resources.aa.id}"}}}),
    );
    let run = house.run(&input).await;
    assert_eq!(run.state, RunState::Failed);
    let ended = steps(&run);
    assert_eq!(ended["aa"], ("failed".into(), Some("store-failed".into())));
    assert_eq!(ended["zz"].0, "skipped");
    assert!(ended.values().all(|(state, _)| state != "running" && state != "waiting"), "{ended:?}");
    let aa = &house.resources("web").await["aa"];
    assert_eq!(aa.status.phase, Phase::Failed);
    assert!(
        aa.status.conditions.iter().all(|condition| condition.reason != "Working"),
        "{:?}",
        aa.status.conditions
    );
    assert_eq!(house.run(&input).await.state, RunState::Succeeded);
}

#[tokio::test]
async fn settings_that_nobody_asked_for_are_not_blamed_for_another_trouble() {
    let house = House::new().await;
    house.engine.shutdown().await;
    let settings = house.folder.path().join("settings");
    fs::create_dir(&settings).unwrap();
    fs::write(settings.join("fixtures.json"), "{").unwrap();
    // What the component logs cannot be kept, once.
    let broken = AtomicBool::new(false);
    let line = |op: &innominatus_store::Op| {
        let innominatus_store::Op::Put { key, value } = op else { return false };
        key.starts_with(b"evt\0\x01") && value.windows(3).any(|part| part == b"xxx")
    };
    let faulty = FaultyStore::new(Arc::new(Kept(house.memory.clone())), move |point| {
        let concerned = point.side == Side::Before && point.txn.then.iter().any(line);
        if concerned && !broken.swap(true, Ordering::SeqCst) {
            Fault::Fail(Error::Unavailable { maybe_applied: false, reason: "for once".into() })
        } else {
            Fault::None
        }
    });
    let engine = engine(Arc::new(faulty), house.folder.path(), quick(house.folder.path())).await.unwrap();
    let house = House { engine, ..house };
    let run = house.run(&web(json!({"aa": {"type": "chatty", "params": {"logs": 40}}}))).await;
    assert_eq!(run.error.map(|error| error.code).as_deref(), Some("store-failed"));
}
