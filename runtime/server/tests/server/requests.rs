//! What is wrong with a request is said in a problem document, over TCP as over the socket.

use innominatus_server::Limits;
use serde_json::json;

use crate::client::Request;
use crate::house::{House, patient};

const LIMIT: usize = 4096;

fn small() -> Limits {
    Limits { body_bytes: LIMIT, ..patient() }
}

#[tokio::test]
async fn whatever_is_wrong_is_a_problem() {
    let house = House::with(small()).await;
    let get = Request::get;
    let post = |path: &str, body: &str| Request::new("POST", path).json(body);
    let delete = |path: &str| Request::new("DELETE", path);
    for (request, status, code) in [
        (get("/"), 404, "not-found"),
        (get("/v1"), 404, "not-found"),
        (get("/v1/nothing"), 404, "not-found"),
        (get("/v1/applications/a/b"), 404, "not-found"),
        (get("/v1/%ff"), 404, "not-found"),
        (delete("/v1/status"), 405, "method-not-allowed"),
        (get("/v1/apply"), 405, "method-not-allowed"),
        (Request::new("PUT", "/v1/applications/a"), 405, "method-not-allowed"),
        (Request::new("BREW", "/v1/runs"), 405, "method-not-allowed"),
        // Text that is no UTF-8, in every path that has a part to fill.
        (get("/v1/applications/%ff"), 400, "bad-request"),
        (delete("/v1/applications/%ff"), 400, "bad-request"),
        (get("/v1/resources/%ff"), 400, "bad-request"),
        (delete("/v1/resources/%ff"), 400, "bad-request"),
        (get("/v1/resources/%ff/outputs"), 400, "bad-request"),
        (get("/v1/runs/%ff"), 400, "bad-request"),
        (get("/v1/runs/%ff/artifacts"), 400, "bad-request"),
        (get("/v1/platforms/%ff"), 400, "bad-request"),
        (delete("/v1/platforms/%ff"), 400, "bad-request"),
        (Request::new("PUT", "/v1/secrets/%ff").json("{}"), 400, "bad-request"),
        (delete("/v1/secrets/%ff"), 400, "bad-request"),
        (post("/v1/secrets/%ff/rotate", "{}"), 400, "bad-request"),
        (get("/v1/secrets/team"), 405, "method-not-allowed"),
        (delete("/v1/secrets/team"), 404, "secret-not-found"),
        (delete("/v1/secrets/Team"), 422, "secret-invalid"),
        (get("/v1/applications/Not%20A%20Name"), 400, "id-invalid"),
        (get("/v1/resources/res_nothing"), 400, "id-invalid"),
        (get("/v1/runs/x"), 400, "id-invalid"),
        (get("/v1/platforms/x@one"), 400, "id-invalid"),
        (get("/v1/events?since=yesterday"), 400, "bad-request"),
        (get("/v1/events?limit=many"), 400, "bad-request"),
        (get("/v1/runs?unknown=1"), 400, "bad-request"),
        (get("/v1/applications?environment=No%20Name"), 400, "id-invalid"),
        (get("/v1/applications/absent"), 404, "application-not-found"),
        (get("/v1/resources/res_01890a5dac96774bbcceb302099a8057"), 404, "resource-not-found"),
        (get("/v1/runs/run_01890a5dac96774bbcceb302099a8057"), 404, "run-not-found"),
        (get("/v1/platforms/absent"), 404, "platform-not-found"),
        (post("/v1/plan", "{"), 400, "bad-request"),
        (post("/v1/plan", "[]"), 400, "bad-request"),
        (post("/v1/plan", "{\"files\":[],\"unknown\":1}"), 400, "bad-request"),
        (post("/v1/plan", "{\"files\":[{\"name\":\"a\",\"text\":\"*\"}]}"), 400, "bad-request"),
        (post("/v1/platforms", "{\"folder\":\"relative\"}"), 400, "bad-request"),
        (post("/v1/platforms", "{\"folder\":\"/nowhere\"}"), 422, "manifest-path"),
        (post("/v1/examine", "{\"folder\":\"relative\"}"), 400, "bad-request"),
        (post("/v1/examine", "{}"), 400, "bad-request"),
        (post("/v1/plan", "{}").header("content-type", "text/plain"), 415, "unsupported-media-type"),
        (post("/v1/validate", &"x".repeat(LIMIT + 1)), 413, "body-too-large"),
        (post("/v1/plan", &"x".repeat(LIMIT + 1)), 413, "body-too-large"),
        (post("/v1/apply", &"x".repeat(LIMIT + 1)), 413, "body-too-large"),
        (post("/v1/platforms", &"x".repeat(LIMIT + 1)), 413, "body-too-large"),
        (post("/v1/score/sources", &"x".repeat(LIMIT + 1)), 413, "body-too-large"),
    ] {
        let told = request.head();
        let answer = house.ask(request).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{told}{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{told}");
        assert!(answer.header("x-request-id").is_some(), "{told}");
        if status == 405 {
            assert!(answer.header("allow").is_some(), "{told}{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_body_within_the_limit_is_read_to_its_end() {
    let house = House::with(small()).await;
    let request =
        |padding: usize| json!({"files": [{"name": "a".repeat(padding), "text": "e30="}]}).to_string();
    let body = request(LIMIT - request(0).len());
    assert_eq!(body.len(), LIMIT);
    let answer = house.ask(Request::new("POST", "/v1/validate").json(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["valid"], false);
}

#[tokio::test]
async fn a_body_in_chunks_is_counted_as_it_comes() {
    let house = House::with(small()).await;
    let request = Request::new("POST", "/v1/validate")
        .header("content-type", "application/json")
        .header("transfer-encoding", "chunked")
        .token(&house.token());
    let mut wire = house.tcp().await;
    wire.send(request.head()).await;
    let chunk = format!("{:x}\r\n{}\r\n", LIMIT / 2, " ".repeat(LIMIT / 2));
    wire.send(chunk.repeat(3)).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "body-too-large"));
}
