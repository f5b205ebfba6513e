//! A client that goes away separates nothing that belongs together: each request is dropped while one of its
//! transactions is under way, and what it began is finished all the same.

use serde_json::{Value, json};

use super::house::{House, Side, apply, files, platform};

impl House {
    /// Asks, and goes away while the first transaction is under way.
    async fn ask_and_go_away(&self, side: Side, method: &str, path: &str, body: Option<Value>) {
        self.gate.close(side);
        tokio::select! {
            answer = self.ask(method, path, body) => panic!("answered before its change: {answer:?}"),
            () = self.gate.holds() => {}
        }
        self.gate.open();
    }
}

fn two() -> Value {
    json!({"aa": {"type": "trivial"}, "bb": {"type": "trivial"}})
}

#[tokio::test]
async fn an_accepted_plan_is_run() {
    let house = House::new().await;
    house.ask_and_go_away(Side::After, "POST", "/v1/apply", Some(apply("shop", "web", two()))).await;
    house.until("the run ended", || house.runs_ended(1)).await;
}

#[tokio::test]
async fn an_application_that_is_to_go_goes() {
    let house = House::new().await;
    house.run(apply("shop", "web", two())).await;
    house.ask_and_go_away(Side::After, "DELETE", "/v1/applications/shop", None).await;
    house
        .until("no application is left", || async {
            house.ok("GET", "/v1/applications", None).await["items"].as_array().unwrap().is_empty()
        })
        .await;
}

#[tokio::test]
async fn a_workload_that_is_to_go_goes() {
    let house = House::new().await;
    house.run(apply("shop", "web", two())).await;
    house.run(apply("shop", "api", json!({}))).await;
    house.ask_and_go_away(Side::After, "DELETE", "/v1/applications/shop?workload=web", None).await;
    house.until("the run ended", || house.runs_ended(3)).await;
}

#[tokio::test]
async fn a_resource_that_is_to_go_is_tried_again() {
    let house = House::new().await;
    let stays = json!({"aa": {"type": "trapping", "params": {"export": "deprovision"}}});
    house.run(apply("shop", "web", stays)).await;
    house.run(apply("shop", "web", json!({}))).await;
    let id = house.resource("shop", "aa").await;
    house.ask_and_go_away(Side::After, "DELETE", &format!("/v1/resources/{id}"), None).await;
    house.until("the run ended", || house.runs_ended(3)).await;
}

#[tokio::test]
async fn a_platform_that_goes_takes_its_components_with_it() {
    let house = House::new().await;
    let before = files(&house.components());
    assert!(before > 0);
    house.ask_and_go_away(Side::After, "DELETE", "/v1/platforms/fixtures", None).await;
    house.app.work.finished().await;
    assert_eq!(files(&house.components()), 0);
}

#[tokio::test]
async fn a_platform_that_was_examined_is_installed() {
    let house = House::empty().await;
    house.ask_and_go_away(Side::Before, "POST", "/v1/platforms", Some(platform())).await;
    house.app.work.finished().await;
    let list = house.ok("GET", "/v1/platforms", None).await;
    assert_eq!(list["items"][0]["name"], "fixtures");
}
