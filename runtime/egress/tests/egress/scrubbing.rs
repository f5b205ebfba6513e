//! What a request carried does not come back with its answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use innominatus_effect::HttpBody;
use innominatus_model::{Binding, HttpMethod};

use crate::support::{MemoryVault, Reply, Seen, Server, egress, permit, request};

/// A server that tells everything it was told.
async fn echo(garbled: bool) -> Server {
    Server::with(move |seen: &Seen| {
        let mut body = format!("{seen:?}\n{}", String::from_utf8_lossy(&seen.body)).into_bytes();
        if garbled {
            body.splice(0..0, *b"\xff\xfe\x00");
            body.extend_from_slice("\u{10ff41}".as_bytes());
        }
        let said = seen.header("authorization").or(seen.header("x-key")).unwrap_or_default();
        let mut bytes =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nx-said: {said}\r\n\r\n", body.len())
                .into_bytes();
        bytes.extend(body);
        Reply::Keep(bytes)
    })
    .await
}

#[tokio::test]
async fn a_binding_that_is_echoed_is_not_seen() {
    let bindings = [
        Binding::Bearer { token: "api".into() },
        Binding::Basic { username: "ci".into(), password: "api".into() },
        Binding::Header { name: "x-key".into(), value: "api".into() },
        Binding::AwsSigV4 {
            access_key_id: "api".into(),
            secret_access_key: "api".into(),
            session_token: Some("api".into()),
            region: "eu-central-1".into(),
            service: Some("s3".into()),
        },
    ];
    let vault = MemoryVault::default().with("api", "hunter2hunter2");
    for garbled in [false, true] {
        for binding in &bindings {
            let server = echo(garbled).await;
            let url = server.url("/");
            let mut permit = permit(&url);
            permit.binding = Some(binding.clone());
            let get = request(HttpMethod::Get, &url);
            let response = egress().send("p/e", &get, &permit, None, &vault).await.unwrap().unwrap();
            let seen = server.only();
            let sent = format!("{seen:?}");
            let shown = format!("{} {:?}", String::from_utf8_lossy(&response.body), response.headers);
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(!shown.contains(&STANDARD.encode("ci:hunter2hunter2")), "{shown}");
            if let Some((_, signature)) = sent.split_once("Signature=") {
                assert!(!shown.contains(&signature[..64]), "{shown}");
            }
            // What is not secret is still there.
            assert!(shown.contains("GET / HTTP/1.1"), "{shown}");
            if garbled {
                assert!(response.body.starts_with(b"\xff\xfe\x00"));
                assert!(response.body.ends_with("\u{10ff41}".as_bytes()));
            }
        }
    }
}

#[tokio::test]
async fn a_completed_token_that_is_echoed_is_not_seen() {
    let secret = "p\"w/d &ü-long";
    let vault = MemoryVault::default().reference("tok0ref0", secret, &["127.0.0.1"]).forgetful();
    let server = echo(false).await;
    let url = server.url("/");
    let mut post = request(HttpMethod::Post, &url);
    post.headers.push(("x-key".into(), "tok0ref0".into()));
    for body in [
        HttpBody::Json(serde_json::json!({"p": "tok0ref0"})),
        HttpBody::Form(vec![("p".into(), "tok0ref0".into())]),
    ] {
        post.body = body;
        let response = egress().send("p/e", &post, &permit(&url), None, &vault).await.unwrap().unwrap();
        let shown = format!("{} {:?}", String::from_utf8_lossy(&response.body), response.headers);
        let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for form in [secret, r#"p\"w/d &ü-long"#, &form] {
            assert!(!shown.contains(form), "{shown}");
        }
    }
}
