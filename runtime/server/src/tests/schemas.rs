//! Each class of a provisioner has a schema of its own.

use innominatus_ledger::InstalledProvisioner;
use innominatus_model::{Class, Grant, Scope};
use serde_json::json;

use super::house::House;

#[tokio::test]
async fn the_schemas_of_all_classes_are_listed() {
    let house = House::new().await;
    let ledger = house.app.engine.ledger();
    let mut platform = ledger.platforms(&Scope::default().tenant).await.unwrap().remove(0).value;
    let entry = &platform.provisioners[0];
    let classes = ["small", "large"].map(|class| Class::new(class).unwrap());
    let mut offer = entry.offer.clone();
    offer.classes = classes.to_vec();
    let schemas = classes.map(|class| (Some(class.clone()), json!({"title": class.to_string()})));
    let classy = InstalledProvisioner::new(
        entry.name.clone(),
        entry.kind.clone(),
        entry.version.clone(),
        entry.component,
        entry.contract.clone(),
        offer,
        schemas.to_vec(),
        &[],
        &Grant::default(),
        false,
    );
    platform.name = innominatus_model::Name::new("classy").unwrap();
    platform.provisioners = vec![classy];
    let mut change = ledger.change();
    change.add_platform(&platform);
    change.commit().await.unwrap();

    let detail = house.ok("GET", "/v1/platforms/classy", None).await;
    let shown = &detail["provisioners"][0];
    assert_eq!(
        shown["schemas"],
        json!([
            {"class": "small", "schema": {"title": "small"}},
            {"class": "large", "schema": {"title": "large"}},
        ])
    );
    assert_eq!(shown["schema"], json!({"title": "small"}), "as before");
}

#[tokio::test]
async fn a_provisioner_of_any_class_has_one_schema() {
    let house = House::new().await;
    let detail = house.ok("GET", "/v1/platforms/fixtures", None).await;
    let provisioners = detail["provisioners"].as_array().unwrap();
    assert!(!provisioners.is_empty());
    for entry in provisioners.iter().filter(|entry| entry["classes"] == json!([])) {
        assert!(entry["schema"].is_object());
        assert_eq!(entry["schemas"], json!([{"schema": entry["schema"]}]), "{}", entry["name"]);
    }
}
