//! Events that nobody asked for are not read.

use innominatus_model::{Event, EventId, EventKind, Scope, Subject};
use serde_json::{Value, json};

use super::house::{House, apply};

/// More than any page holds.
const MANY: usize = 2000;
/// A page, and then some.
const FEW: usize = 600;

fn messages(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_is_long_past_costs_nothing() {
    let house = House::new().await;
    house.run(apply("shop", "web", json!({"aa": {"type": "trivial"}}))).await;
    let ledger = house.app.engine.ledger();
    let scope = Scope::default();
    let application = innominatus_model::Name::new("shop").unwrap();
    for batch in 0..MANY / 50 {
        let mut change = ledger.change();
        for number in 0..50 {
            change.event(&Event {
                id: EventId::generate(),
                scope: scope.clone(),
                kind: EventKind::GuestLog,
                severity: None,
                subject: Subject { application: Some(application.clone()), ..Subject::default() },
                message: format!("line {}", batch * 50 + number),
                details: Value::Null,
                at_ms: 0,
            });
        }
        change.commit().await.unwrap();
    }
    let last: Vec<_> = (MANY - 20..MANY).map(|number| format!("line {number}")).collect();
    house.gate.events_read();

    let application = house.ok("GET", "/v1/applications/shop?limit=20", None).await;
    assert_eq!(messages(&application["events"]), last);
    assert!(house.gate.events_read() < FEW);

    for query in ["limit=20", "limit=20&application=shop"] {
        let list = house.ok("GET", &format!("/v1/events?{query}"), None).await;
        assert_eq!(messages(&list["items"]), last);
        assert!(house.gate.events_read() < FEW, "{query}");
    }

    // Without a limit all are there, and behind a cursor those that came after it.
    let all = house.ok("GET", "/v1/events", None).await;
    assert!(all["items"].as_array().unwrap().len() > MANY);
    let cursor = all["items"].as_array().unwrap().iter().nth_back(3).unwrap()["cursor"].as_str().unwrap();
    let list = house.ok("GET", &format!("/v1/events?since={cursor}"), None).await;
    assert_eq!(messages(&list["items"]), last[17..]);
}
