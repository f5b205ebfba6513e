//! `kill -9` around every request of a run. The process is really gone; the next one goes on, and the cloud counts.

use std::sync::Arc;

use innominatus_testkit::cloud::Cloud;
use innominatus_testkit::crash::{Failpoints, matrix};
use serde_json::{Value, json};

use crate::home::{Home, told};

fn wish(kind: &str) -> Value {
    let params = json!({"steps": ["post", "put", "keyed"], "password": true, "timeoutMs": 500});
    json!({"aa": {"type": kind, "params": params}})
}

/// What a person does who finds a write in doubt: looks, and says what is there.
fn resolve(home: &Home, cloud: &Cloud, from: usize) {
    let resource = "web/gadget.default#web.aa";
    let described = home.ok(&["describe", resource]);
    assert!(described.contains("make a thing (POST http://127.0.0.1:"), "{described}");
    // The only write of the gadget that cannot be sent again.
    let there = cloud.things().into_iter().skip(from).find(|thing| thing.name.ends_with("-0"));
    match there {
        None => _ = home.ok(&["resolve", resource, "--not-happened"]),
        Some(thing) => {
            let body = home.write("answer.json", &json!({"id": thing.id, "name": thing.name}).to_string());
            home.ok(&["resolve", resource, "--happened", "--status", "201", "--body", &body]);
        }
    }
}

async fn killed(template: &Home, cloud: &Cloud, points: Arc<Failpoints>, kind: &str) -> Value {
    let home = template.copied();
    cloud.clear();
    let created = cloud.created();
    let file = home.wish(&wish(kind));
    cloud.until_death(&points);
    let first = home.run_until_killed(&["apply", &file, "--no-output"], &points);
    cloud.outlive();
    assert!(points.is_dead() || first.status.success(), "{}", told(&first));

    let mut again = home.run(&["apply", &file, "--no-output"]);
    if again.status.code() == Some(9) {
        assert_eq!(kind, "gadget", "{}", told(&again));
        resolve(&home, cloud, 0);
        again = home.run(&["apply", &file, "--no-output"]);
    }
    assert!(again.status.success(), "{}", told(&again));
    let mut names: Vec<String> = cloud.things().into_iter().map(|thing| thing.name).collect();
    names.sort();
    let list = home.json(&["list", "resources"]);
    let phases: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|item| &item["phase"]).collect();
    let end = json!({"names": names, "created": cloud.created() - created, "phases": phases});
    home.ok(&["delete", "web", "--yes"]);
    assert_eq!(cloud.things(), []);
    end
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_killed_around_a_request_goes_on_and_makes_nothing_twice() {
    let cloud = Cloud::start().await;
    let template = Home::new(&cloud);
    for kind in ["widget", "gadget"] {
        let died = matrix(kind, 1, |points| killed(&template, &cloud, points, kind)).await;
        assert!(died >= 6, "{kind}: killed {died} times");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_only_looks_leaves_an_interrupted_run_where_it_is() {
    let cloud = Cloud::start().await;
    let home = Home::new(&cloud);
    let file = home.wish(&wish("widget"));
    let points = Failpoints::at(4);
    cloud.until_death(&points);
    home.run_until_killed(&["apply", &file, "--no-output"], &points);
    cloud.outlive();
    assert!(points.is_dead());
    let asked = cloud.seen().len();
    for words in [
        &["describe", "web"][..],
        &["list"],
        &["status"],
        &["events", "list"],
        &["plan", &file],
        &["apply", &file, "--dry-run"],
        // Refused: nobody confirms it, and there is no such application.
        &["delete", "web"],
        &["delete", "none", "--yes"],
    ] {
        home.run(words);
    }
    let runs = home.json(&["list", "runs"]);
    assert_eq!(runs["items"][0]["state"], "interrupted", "{runs}");
    let id = runs["items"][0]["id"].as_str().unwrap();
    assert!(home.ok(&["describe", "web"]).contains(&format!("innominatus wait {id}")));
    assert_eq!(home.json(&["status"])["interrupted"], 1);
    let resource = &home.json(&["list", "resources"])["items"][0];
    let described = home.ok(&["describe", resource["id"].as_str().unwrap()]);
    assert!(described.contains("the run that worked on it was interrupted"), "{described}");
    // Another environment has none, and says so of this one.
    assert_eq!(home.json(&["list", "--env", "staging"])["otherEnvironments"][0], "default");
    let missed = home.run(&["describe", "web", "--env", "staging"]);
    let missed = String::from_utf8_lossy(&missed.stderr).into_owned();
    assert!(missed.contains("there is one in another environment: `--env default`"), "{missed}");
    assert_eq!(cloud.seen().len(), asked, "nobody asked the cloud for anything");

    home.ok(&["wait", id]);
    assert_eq!(home.json(&["list", "runs"])["items"][0]["state"], "succeeded");
    assert_eq!(cloud.things().len(), 3);
}
