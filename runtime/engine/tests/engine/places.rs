//! Many steps at the same time, and slow ones among them.

use std::sync::Arc;

use innominatus_engine::EngineConfig;
use innominatus_ledger::RunState;
use innominatus_testkit::cloud::{Cloud, Fault};
use serde_json::json;

use crate::cloudy;
use crate::house::{House, quick, shop, web};

/// A cloud that does not answer keeps every place of its platform, and a thousand others wait for one; whoever needs
/// another platform does not wait with them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_platform_keeps_nobody_else_waiting() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let config = EngineConfig { concurrency: 4, ..quick(folder.path()) };
    let house = House::configured(Arc::default(), folder, config).await;
    let cloud = Cloud::start().await;
    cloudy::prepare(&house.engine, house.folder.path(), &cloud).await;
    let (places, waiting) = (3, 1_000);
    for _ in 0..waiting {
        cloud.fault(Fault::hold("GET"));
    }
    let slow = json!({"type": "widget", "params": {"steps": ["post"], "timeoutMs": 25_000}});
    let many = (0..waiting).map(|number| (format!("r{number}"), slow.clone())).collect();
    let run = house.apply(&shop("many", serde_json::Value::Object(many))).await.run.unwrap();
    while cloud.seen().len() < places {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }

    let other = house.run(&web(json!({"aa": {"type": "trivial"}, "bb": {"type": "secretive"}}))).await;
    assert_eq!(other.state, RunState::Succeeded);
    let at_it = house.ledger().run(run).await.unwrap().unwrap().value;
    assert_eq!(at_it.state, RunState::Running);
    // On a machine that is busy some of them gave up meanwhile, and others had their turn.
    assert!(cloud.seen().len() < waiting / 2, "most of them still wait");

    // Nobody wants them any more.
    house.apply(&shop("many", json!({}))).await;
    cloud.let_go();
    let ended = house.ended(run).await;
    assert_eq!(ended.state, RunState::Superseded, "{ended:?}");
}
