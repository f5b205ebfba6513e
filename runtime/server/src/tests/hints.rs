//! Sensitive hints are withheld like sensitive outputs, and shown to who asks for them.

use innominatus_model::{EventKind, Hint, Scope};
use serde_json::{Value, json};

use super::house::{House, apply};

fn hint(label: &str, value: &str, sensitive: bool) -> Hint {
    Hint { kind: "note".into(), label: label.into(), value: value.into(), icon: None, sensitive }
}

/// A resource with a generated password in a hint, and two hints without any token. Its id.
async fn made(house: &House) -> String {
    house.run(apply("shop", "web", json!({"key": {"type": "secretive"}}))).await;
    let id = house.resource("shop", "key").await;
    let ledger = house.app.engine.ledger();
    let stored = ledger.resource(id.parse().unwrap()).await.unwrap().unwrap();
    let mut record = stored.value.clone();
    record.status.hints.push(hint("Licence", "licence-4711", true));
    record.status.hints.push(hint("Manual", "see the manual", false));
    let mut change = ledger.change();
    change.put_resource(&record, Some(&stored));
    change.commit().await.unwrap();
    id
}

/// Label, value, whether sensitive, whether withheld.
fn hints(resource: &Value) -> Vec<(&str, &str, bool, bool)> {
    let of = |hint: &Value, key: &str| hint[key].as_bool().unwrap();
    let hints = resource["hints"].as_array().unwrap().iter();
    hints
        .map(|hint| {
            let (label, value) = (hint["label"].as_str().unwrap(), hint["value"].as_str().unwrap());
            (label, value, of(hint, "sensitive"), of(hint, "redacted"))
        })
        .collect()
}

#[tokio::test]
async fn a_sensitive_hint_is_withheld() {
    let house = House::new().await;
    let id = made(&house).await;
    let resource = house.ok("GET", &format!("/v1/resources/{id}"), None).await;
    let application = house.ok("GET", "/v1/applications/shop", None).await;
    let name = resource["name"].as_str().unwrap();
    for shown in [&resource, &application["resourcesDetail"][0]] {
        assert_eq!(
            hints(shown),
            [
                // Where the secret stands in it is known, so the rest is shown.
                ("Connect", format!("https://{name}:[redacted]@secretive.example").as_str(), true, true),
                ("Licence", "[redacted]", true, true),
                ("Manual", "see the manual", false, false),
            ]
        );
    }
}

#[tokio::test]
async fn a_sensitive_hint_is_shown_to_who_asks_for_it_and_an_event_tells_of_it() {
    let house = House::new().await;
    let id = made(&house).await;
    let resource = house.ok("GET", &format!("/v1/resources/{id}?reveal=true"), None).await;
    let outputs = house.ok("GET", &format!("/v1/resources/{id}/outputs?reveal=true"), None).await;
    assert_eq!(resource["outputs"], outputs["outputs"]);
    let clear = |name: &str| {
        let outputs = outputs["outputs"].as_array().unwrap();
        let output = outputs.iter().find(|output| output["name"] == name).unwrap();
        assert_eq!(output["redacted"], false);
        output["value"].as_str().unwrap().to_owned()
    };
    assert!(clear("url").contains(&clear("password")));
    assert_eq!(
        hints(&resource),
        [
            ("Connect", clear("url").as_str(), true, false),
            ("Licence", "licence-4711", true, false),
            ("Manual", "see the manual", false, false),
        ]
    );
    let events = house.app.engine.ledger().events(&Scope::default(), None).await.unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|recorded| &recorded.event)
        .filter(|event| event.kind == EventKind::SecretRevealed)
        .map(|event| event.details.clone())
        .collect();
    assert_eq!(
        told,
        [
            json!({"outputs": ["password", "url"], "hints": ["Connect", "Licence"]}),
            json!({"outputs": ["password", "url"], "hints": []}),
        ]
    );
    for recorded in &events {
        let event = format!("{:?}", recorded.event);
        assert!(!event.contains(&clear("password")) && !event.contains("licence-4711"), "{event}");
    }
}
