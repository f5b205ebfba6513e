//! What another tenant has is not there, though its id is known.

use innominatus_model::{Name, ResourceId, RunId, Scope};
use serde_json::json;

use super::house::{House, apply};

#[tokio::test]
async fn what_another_tenant_has_is_not_there() {
    let house = House::new().await;
    house.run(apply("shop", "web", json!({"key": {"type": "secretive"}}))).await;
    let ledger = house.app.engine.ledger();
    let id = house.resource("shop", "key").await;
    let mut resource = ledger.resource(id.parse().unwrap()).await.unwrap().unwrap().value;
    let mut run = ledger.runs_of(&Scope::default()).await.unwrap().remove(0).value;
    let ours = [format!("/v1/resources/{id}"), format!("/v1/runs/{}", run.id)];
    for path in &ours {
        house.ok("GET", path, None).await;
    }

    let other = Name::new("other").unwrap();
    (resource.id, resource.tenant) = (ResourceId::generate(), other.clone());
    resource.deleting = true;
    (run.id, run.tenant) = (RunId::generate(), other);
    let mut change = ledger.change();
    change.put_resource(&resource, None);
    change.put_run(&run, None);
    change.commit().await.unwrap();
    let before = house.app.engine.ledger().revision().await.unwrap();

    let theirs = format!("/v1/resources/{}", resource.id);
    let run = format!("/v1/runs/{}", run.id);
    for (method, path, code) in [
        ("GET", theirs.clone(), "resource-not-found"),
        ("GET", format!("{theirs}?reveal=true"), "resource-not-found"),
        ("GET", format!("{theirs}/outputs"), "resource-not-found"),
        ("GET", format!("{theirs}/outputs?reveal=true"), "resource-not-found"),
        ("DELETE", theirs.clone(), "resource-not-found"),
        ("GET", run.clone(), "run-not-found"),
        ("GET", format!("{run}?wait=0"), "run-not-found"),
        ("GET", format!("{run}/artifacts"), "run-not-found"),
    ] {
        let (status, problem) = house.ask(method, &path, None).await;
        assert_eq!((status, problem["code"].as_str().unwrap()), (404, code), "{method} {path}");
        // Word for word what is said of an id that nobody has.
        let id = path.split(['/', '?']).nth(3).unwrap();
        assert!(problem["detail"].as_str().unwrap().ends_with(id), "{problem}");
    }
    assert_eq!(house.app.engine.ledger().revision().await.unwrap(), before, "nothing was changed");
}
