//! Grants and secrets over the wire: the server decides, whoever asks; and no answer holds a value.

use innominatus_testkit::programs;
use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::house::House;

async fn post(house: &House, path: &str, body: &Value) -> Answer {
    house.ask(Request::new("POST", path).json(body.to_string())).await
}

#[tokio::test]
async fn a_request_without_an_answer_grants_nothing() {
    let house = House::new().await;
    let folder = programs::platform("fixtures");
    let answer = post(&house, "/v1/platforms", &json!({"folder": folder})).await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "capability-not-granted"));
    let hint = answer.json()["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("--grant fixtures/trivial:secrets") && hint.contains("grants:\n"), "{hint}");
    assert_eq!(answer.json()["exitCode"], 11);
    assert_eq!(house.ask(Request::get("/v1/platforms")).await.json()["items"], json!([]));

    let looked = post(&house, "/v1/examine", &json!({"folder": folder})).await.json();
    assert_eq!((&looked["name"], &looked["installed"]), (&json!("fixtures"), &json!(false)));
    assert_eq!(looked["asks"][0]["entry"], "fixtures/trivial");
    assert!(looked["choices"].as_array().unwrap().contains(&json!("fixtures/trivial:secrets")));
    assert_eq!(house.ask(Request::get("/v1/platforms")).await.json()["items"], json!([]));

    let request = json!({"folder": folder, "grant": ["fixtures/trivial:secrets"]});
    let receipt = post(&house, "/v1/platforms", &request).await.json();
    let changes = receipt["requested"]["changes"].as_array().unwrap();
    let withheld = |change: &&Value| change["action"] == "withhold";
    assert!(
        changes.iter().filter(withheld).any(|change| change["subject"] == "fixtures/secretive"),
        "{receipt}"
    );
    let grants = house.ask(Request::get("/v1/grants")).await.json();
    assert_eq!(grants["items"].as_array().unwrap().len(), 1);
    assert_eq!(grants["items"][0]["grant"]["generate"], true);

    // What it says of itself can be handed in again, and changes nothing.
    let file = json!({"name": "grants.yaml", "text": base64(grants["file"].as_str().unwrap())});
    let receipt = post(&house, "/v1/platforms", &json!({"folder": folder, "grants": file})).await.json();
    assert_eq!(receipt["requested"]["changes"][0]["action"], "unchanged", "{receipt}");
    let detail = house.ask(Request::get("/v1/platforms/fixtures")).await.json();
    let of = |name: &str| {
        let entries = detail["provisioners"].as_array().unwrap();
        entries.iter().find(|entry| entry["name"] == name).unwrap()["capabilities"][0]["granted"].clone()
    };
    assert_eq!((of("trivial"), of("secretive")), (json!(true), json!(false)));
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn what_is_wrong_with_an_answer_is_said_with_its_place() {
    let house = House::new().await;
    let folder = programs::platform("fixtures");
    for (part, code) in [
        (json!({"grant": ["everything"]}), "grants-invalid"),
        (json!({"grant": ["fixtures/nobody:secrets"]}), "grants-invalid"),
        (json!({"grants": {"name": "g.yaml", "text": base64("grants:\n  a: {}\n")}}), "grants-invalid"),
        (json!({"grants": {"name": "g.yaml", "text": base64("grants: [")}}), "grants-syntax"),
        (json!({"grants": {"name": "g.yaml", "text": "*"}}), "bad-request"),
    ] {
        let mut request = json!({"folder": folder});
        request.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        let answer = post(&house, "/v1/platforms", &request).await;
        assert_eq!(answer.problem(), code, "{request}");
        if request["grants"]["name"] == "g.yaml" && code == "grants-invalid" {
            let finding = &answer.json()["diagnostics"][0];
            assert_eq!((&finding["file"], &finding["line"]), (&json!("g.yaml"), &json!(2)));
        }
    }
}

#[tokio::test]
async fn values_go_in_and_no_answer_holds_one() {
    let house = House::new().await;
    let secret = |method: &str, path: &str| Request::new(method, &format!("/v1/secrets{path}"));
    let value = |text: &str| json!({ "value": text }).to_string();
    let mut answers = Vec::new();
    for (request, status) in [
        (secret("PUT", "/team%2Fdb").json(value("hunter2-first")), 200),
        (secret("PUT", "/team%2Fdb").json(value("hunter2-second")), 200),
        (secret("POST", "/team%2Fdb/rotate").json(value("hunter2-third")), 200),
        (secret("POST", "/none/rotate").json(value("hunter2-fourth")), 404),
        (secret("PUT", "/Team").json(value("hunter2-fifth")), 422),
        (secret("PUT", "/team").json(value("")), 422),
        (secret("PUT", "/team").json(value(&format!("hunter2{}", "x".repeat(65_536)))), 422),
        (secret("PUT", "/team").json("\"hunter2-sixth\""), 400),
        (secret("PUT", "/team").json("{\"value\": [\"hunter2-seventh\"]}"), 400),
        (secret("PUT", "/team").json("{\"value\": \"hunter2\", \"hunter2-eighth\": 1}"), 400),
        (secret("PUT", "/team").json("{\"value\": \"hunter2-ninth"), 400),
        (secret("GET", ""), 200),
        (Request::get("/v1/events"), 200),
        (secret("DELETE", "/team%2Fdb?force=perhaps"), 400),
        (secret("DELETE", "/team%2Fdb"), 200),
        (secret("DELETE", "/team%2Fdb"), 404),
        (Request::new("POST", "/v1/store-key/rotate").json("{}"), 200),
    ] {
        let told = request.head();
        // Once: most of these change something.
        let answer = house.ask_over_tcp(request).await;
        assert_eq!(answer.status, status, "{told}{answer:?}");
        assert!(!answer.body.contains("hunter2"), "{told}{answer:?}");
        answers.push(answer);
    }
    let listed = answers[11].json();
    let [item] = &listed["items"].as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!(
        (&item["name"], &item["versions"], &item["usedBy"]),
        (&json!("team/db"), &json!(3), &json!([]))
    );
    assert_eq!(answers[16].json()["observed"]["phase"], "replaced");
}
