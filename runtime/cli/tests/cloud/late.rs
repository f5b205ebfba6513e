//! Commands beside one that is killed, and what it has sent and nobody has answered yet.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use innominatus_testkit::cloud::{Cloud, Fault};
use serde_json::json;

use crate::home::{Home, told};

fn wish(home: &Home, note: &str) -> String {
    home.wish(&json!({
        "aa": {"type": "gadget", "params": {"steps": ["put"], "note": note, "timeoutMs": 1500}},
    }))
}

/// Applies something whose request is out, acted on and not answered.
async fn at_work(home: &Home, cloud: &Cloud) -> Child {
    cloud.fault(Fault::hold("PUT"));
    let file = wish(home, "one");
    let child = home.command(&["apply", &file, "--no-output"]).spawn().unwrap();
    until(|| cloud.seen().iter().any(|seen| seen.method == "PUT")).await;
    child
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn kill(mut child: Child) {
    let done = Command::new("kill").args(["-9", &child.id().to_string()]).status().unwrap();
    assert!(done.success());
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_goes_on_with_the_work_of_a_process_that_is_killed() {
    let cloud = Cloud::start().await;
    let home = Home::new(&cloud);
    let first = at_work(&home, &cloud).await;
    let file = wish(&home, "two");
    let second = home.command(&["apply", &file, "--no-output"]).spawn().unwrap();
    until(|| home.json(&["list", "runs"])["items"].as_array().unwrap().len() == 2).await;
    kill(first);
    cloud.let_go();
    let output = second.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let last = cloud.seen().pop().unwrap();
    assert!(last.method == "PUT" && last.body.contains("two"), "{last:?}");
}

/// Whoever is called next would be overtaken by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_does_not_overtake_a_request_that_is_still_out() {
    let cloud = Cloud::start().await;
    let home = Home::new(&cloud);
    let first = at_work(&home, &cloud).await;
    let sent = Instant::now();
    kill(first);
    home.ok(&["delete", "web", "--yes"]);
    // The request's own time, without that which it was on its way.
    assert!(sent.elapsed() > Duration::from_millis(1000), "{:?}", sent.elapsed());
    assert_eq!(cloud.things(), []);
    cloud.let_go();
}
