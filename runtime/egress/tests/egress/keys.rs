//! The idempotency key: in its slot, never over something else, the same in every try.

use innominatus_effect::{HttpBody, HttpRequest, Slot};
use innominatus_model::HttpMethod;
use serde_json::json;

use crate::support::{MemoryVault, Reply, Seen, Server, egress, permit, remedy, request};

const KEY: &str = "0123456789abcdef";

fn keyed(url: &str, slot: Slot, body: HttpBody) -> HttpRequest {
    let mut post = request(HttpMethod::Post, url);
    post.idempotency = Some(slot);
    post.body = body;
    post
}

async fn sent(path: &str, slot: Slot, body: HttpBody) -> Seen {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url(path);
    let post = keyed(&url, slot, body);
    egress().send("p/e", &post, &permit(&url), Some(KEY), &MemoryVault::default()).await.unwrap().unwrap();
    server.only()
}

#[tokio::test]
async fn a_key_goes_into_its_slot() {
    let seen = sent("/", Slot::Header("Idempotency-Key".into()), HttpBody::Empty).await;
    assert_eq!(seen.header("idempotency-key"), Some(KEY));

    let seen = sent("/x?a=1%202", Slot::Query("request id".into()), HttpBody::Empty).await;
    assert_eq!(seen.line, format!("POST /x?a=1%202&request+id={KEY} HTTP/1.1"));

    let seen =
        sent("/", Slot::Pointer("/a/client~1token".into()), HttpBody::Json(json!({"a": {"b": 1}}))).await;
    assert_eq!(seen.text(), format!(r#"{{"a":{{"b":1,"client/token":"{KEY}"}}}}"#));

    let seen = sent("/", Slot::Pointer("/token".into()), HttpBody::Json(json!({"token": null}))).await;
    assert_eq!(seen.text(), format!(r#"{{"token":"{KEY}"}}"#));

    let fields = vec![("Action".to_owned(), "Run".to_owned())];
    let seen = sent("/", Slot::Pointer("ClientToken".into()), HttpBody::Form(fields)).await;
    assert_eq!(seen.text(), format!("Action=Run&ClientToken={KEY}"));
}

#[tokio::test]
async fn a_key_without_a_place_of_its_own_is_refused() {
    let server = Server::always(Reply::ok("")).await;
    let field = |name: &str| HttpBody::Form(vec![(name.to_owned(), "mine".to_owned())]);
    let cases = [
        ("/", Slot::Header("Authorization".into()), HttpBody::Empty),
        ("/", Slot::Header("x\r\ny".into()), HttpBody::Empty),
        ("/?token=mine", Slot::Query("token".into()), HttpBody::Empty),
        ("/?%74oken=mine", Slot::Query("token".into()), HttpBody::Empty),
        ("/", Slot::Pointer("token".into()), field("token")),
        ("/", Slot::Pointer("/token".into()), HttpBody::Json(json!({"token": "mine"}))),
        ("/", Slot::Pointer("/a/token".into()), HttpBody::Json(json!({}))),
        ("/", Slot::Pointer("/0".into()), HttpBody::Json(json!([1]))),
        ("/", Slot::Pointer(String::new()), HttpBody::Json(json!({}))),
        ("/", Slot::Pointer("/token".into()), HttpBody::Raw(b"{}".to_vec())),
        ("/", Slot::Pointer("/token".into()), HttpBody::Empty),
    ];
    for (path, slot, body) in cases {
        let url = server.url(path);
        let post = keyed(&url, slot, body);
        remedy(egress().send("p/e", &post, &permit(&url), Some(KEY), &MemoryVault::default()).await.unwrap());
    }
    let url = server.url("/");
    let mut post = keyed(&url, Slot::Header("Idempotency-Key".into()), HttpBody::Empty);
    post.headers.push(("idempotency-key".into(), "mine".into()));
    remedy(egress().send("p/e", &post, &permit(&url), Some(KEY), &MemoryVault::default()).await.unwrap());
    assert_eq!(server.connections(), 0);
}
