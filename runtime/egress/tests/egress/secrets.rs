//! N10: where secrets get into a request, and where they do not.

use innominatus_effect::{HttpBody, HttpError, HttpPermit};
use innominatus_model::HttpMethod;
use serde_json::json;

use crate::support::{MemoryVault, Reply, Scripted, Server, egress, egress_with, permit, request};

/// Everything that has to be escaped somewhere.
const ODD: &str = "p\"w\\d&x=1%+ü'\u{2028}";
const OWN: &str = "tok0own0";
const REFERENCE: &str = "tok0ref0";

fn vault() -> MemoryVault {
    MemoryVault::default().own(OWN, ODD).reference(REFERENCE, "hunter2", &["127.0.0.1"])
}

#[tokio::test]
async fn n10_json_strings_are_completed_and_escaped() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let mut post = request(HttpMethod::Post, &url);
    let body = json!({
        "password": OWN, "text": format!("a {OWN} b\n{REFERENCE}"), "list": [OWN, 1.50, null, true],
        OWN: "a name is no place", "empty": {}, "none": [], "deep": {"x": [{"y": OWN}]},
    });
    post.body = HttpBody::Json(body);
    egress().send("p/e", &post, &permit(&url), None, &vault()).await.unwrap().unwrap();
    let seen = server.only();
    assert_eq!(seen.header("content-type"), Some("application/json"));
    let found: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
    let expected = json!({
        "password": ODD, "text": format!("a {ODD} b\nhunter2"), "list": [ODD, 1.50, null, true],
        OWN: "a name is no place", "empty": {}, "none": [], "deep": {"x": [{"y": ODD}]},
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn n10_form_values_are_completed_and_escaped() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let mut post = request(HttpMethod::Post, &url);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    post.body = HttpBody::Form(vec![
        pair("password", OWN),
        pair("a b&c", &format!("1&2={OWN}\n")),
        pair(OWN, "a name is no place"),
        pair("empty", ""),
    ]);
    egress().send("p/e", &post, &permit(&url), None, &vault()).await.unwrap().unwrap();
    let seen = server.only();
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    let found: Vec<(String, String)> = form_urlencoded::parse(&seen.body).into_owned().collect();
    let expected = [
        pair("password", ODD),
        pair("a b&c", &format!("1&2={ODD}\n")),
        pair(OWN, "a name is no place"),
        pair("empty", ""),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn n10_header_values_are_completed() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let mut get = request(HttpMethod::Get, &url);
    get.headers.push(("X-Key".into(), format!("Token {REFERENCE}")));
    egress().send("p/e", &get, &permit(&url), None, &vault()).await.unwrap().unwrap();
    assert_eq!(server.only().header("x-key"), Some("Token hunter2"));
}

#[tokio::test]
async fn n10_urls_and_raw_bodies_keep_their_tokens() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url(&format!("/{OWN}/{REFERENCE}?a={OWN}&{REFERENCE}=1"));
    let mut post = request(HttpMethod::Post, &url);
    post.body = HttpBody::Raw(format!("{OWN} {REFERENCE}").into_bytes());
    egress().send("p/e", &post, &permit(&url), None, &vault()).await.unwrap().unwrap();
    let seen = server.only();
    assert_eq!(seen.line, format!("POST /{OWN}/{REFERENCE}?a={OWN}&{REFERENCE}=1 HTTP/1.1"));
    assert_eq!(seen.text(), format!("{OWN} {REFERENCE}"));
    assert_eq!(seen.header("content-type"), None);
}

#[tokio::test]
async fn n10_a_host_name_keeps_its_token_and_is_not_looked_up_with_a_secret() {
    let resolver = Scripted::nobody();
    let url = format!("http://{OWN}.example.test/");
    let get = request(HttpMethod::Get, &url);
    let _ = egress_with(resolver.clone()).send("p/e", &get, &permit(&url), None, &vault()).await.unwrap();
    assert!(resolver.asked().iter().all(|name| *name == format!("{OWN}.example.test")));
    assert!(!resolver.asked().is_empty());
}

#[tokio::test]
async fn n10_a_secret_goes_only_where_its_grant_says() {
    let server = Server::always(Reply::ok("")).await;
    let vault =
        |host: &str| MemoryVault::default().own(OWN, "own").reference(REFERENCE, "reference", &[host]);
    let url = server.url("/");
    let mut post = request(HttpMethod::Post, &url);
    post.headers.push(("x-key".into(), format!("{OWN} {REFERENCE}")));
    post.body = HttpBody::Json(json!([OWN, REFERENCE]));
    for (secrets, host, expected) in [
        (Err("ask nicely".to_owned()), "127.0.0.1", Some("ask nicely")),
        (Ok(()), "api.example.com", Some("add the host to its `hosts:`")),
        (Ok(()), "127.0.0.1", None),
    ] {
        let permit = HttpPermit { secrets, ..permit(&url) };
        let before = server.seen().len();
        let answer = egress().send("p/e", &post, &permit, None, &vault(host)).await.unwrap();
        match expected {
            Some(remedy) => {
                let Err(HttpError::Denied(denial)) = answer else { panic!("{answer:?}") };
                assert!(denial.remedy.contains(remedy), "{}", denial.remedy);
                assert_eq!(server.seen().len(), before, "nothing is sent in its place");
            }
            None => {
                answer.unwrap();
                let seen = server.seen().pop().unwrap();
                assert_eq!(seen.header("x-key"), Some("own reference"));
                assert_eq!(seen.text(), r#"["own","reference"]"#);
            }
        }
    }
}
