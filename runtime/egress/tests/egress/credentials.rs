//! Credential bindings: what the server gets, and that nothing is sent without the secret. Signatures are computed
//! again here, from what came over the wire.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use innominatus_effect::{HttpBody, HttpRequest};
use innominatus_model::{Binding, HttpMethod};
use innominatus_testkit::cloud::aws::signature;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{MemoryVault, Reply, Seen, Server, egress, permit, remedy, request};

async fn sent(
    binding: Binding,
    service: Option<&str>,
    vault: &MemoryVault,
    mut request: HttpRequest,
) -> Seen {
    let server = Server::always(Reply::ok("")).await;
    request.url = server.url(&request.url);
    let mut permit = permit(&request.url);
    permit.binding = Some(binding);
    permit.service = service.map(str::to_owned);
    egress().send("p/e", &request, &permit, None, vault).await.unwrap().unwrap();
    server.only()
}

#[tokio::test]
async fn a_bearer_token_is_put_in() {
    let vault = MemoryVault::default().with("api", "hunter2");
    let seen =
        sent(Binding::Bearer { token: "api".into() }, None, &vault, request(HttpMethod::Get, "/")).await;
    assert_eq!(seen.header("authorization"), Some("Bearer hunter2"));
}

#[tokio::test]
async fn user_and_password_are_put_in() {
    let vault = MemoryVault::default().with("api", "p:ä\"w");
    let binding = Binding::Basic { username: "ci".into(), password: "api".into() };
    let seen = sent(binding, None, &vault, request(HttpMethod::Get, "/")).await;
    let expected = format!("Basic {}", STANDARD.encode("ci:p:ä\"w"));
    assert_eq!(seen.header("authorization"), Some(expected.as_str()));
}

#[tokio::test]
async fn a_header_is_put_in() {
    let vault = MemoryVault::default().with("api", "hunter2");
    let binding = Binding::Header { name: "x-api-key".into(), value: "api".into() };
    let seen = sent(binding, None, &vault, request(HttpMethod::Get, "/")).await;
    assert_eq!(seen.header("x-api-key"), Some("hunter2"));
}

#[tokio::test]
async fn a_binding_cannot_break_the_frame_of_a_request() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let vault = MemoryVault::default().with("api", "chunked");
    for name in ["transfer-encoding", "content-length", "host", "connection", "two words", ""] {
        let mut permit = permit(&url);
        permit.binding = Some(Binding::Header { name: name.into(), value: "api".into() });
        let result =
            egress().send("p/e", &request(HttpMethod::Post, &url), &permit, None, &vault).await.unwrap();
        assert!(remedy(result).contains("another header"), "{name}");
    }
    assert_eq!(server.connections(), 0);
}

fn aws(service: Option<&str>, session: Option<&str>) -> Binding {
    Binding::AwsSigV4 {
        access_key_id: "aws-id".into(),
        secret_access_key: "aws-key".into(),
        session_token: session.map(str::to_owned),
        region: "eu-central-1".into(),
        service: service.map(str::to_owned),
    }
}

#[tokio::test]
async fn without_the_secret_nothing_is_sent() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let vault = MemoryVault::default().with("aws-id", "AKID").with("aws-key", "key");
    let bindings = [
        (Binding::Bearer { token: "gone".into() }, "gone"),
        (Binding::Basic { username: "ci".into(), password: "gone".into() }, "gone"),
        (Binding::Header { name: "x-key".into(), value: "gone".into() }, "gone"),
        (aws(Some("s3"), Some("session")), "session"),
    ];
    for (binding, missing) in bindings {
        let mut permit = permit(&url);
        permit.binding = Some(binding);
        let result =
            egress().send("p/e", &request(HttpMethod::Post, &url), &permit, None, &vault).await.unwrap();
        let said = remedy(result);
        assert!(said.contains(&format!("`innominatus secret set {missing}`")), "{said}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_signature_needs_a_service_with_a_plain_name() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let vault = MemoryVault::default().with("aws-id", "AKID").with("aws-key", "key");
    for service in [None, Some("S3"), Some("s3/aws4_request, SignedHeaders=host"), Some("")] {
        let mut permit = permit(&url);
        permit.binding = Some(aws(None, None));
        permit.service = service.map(str::to_owned);
        let result =
            egress().send("p/e", &request(HttpMethod::Get, &url), &permit, None, &vault).await.unwrap();
        assert!(remedy(result).contains("service"), "{service:?}");
    }
    assert_eq!(server.connections(), 0);
}

/// The signature of what came over the wire.
fn recomputed(seen: &Seen, key: &str) -> String {
    let [method, target, _] = seen.line.split(' ').collect::<Vec<_>>()[..] else { panic!("{}", seen.line) };
    signature(method, target, |name| seen.header(name), &seen.body, key).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const AWS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

#[tokio::test]
async fn a_signature_is_that_of_what_is_sent() {
    let vault = MemoryVault::default()
        .with("aws-id", "AKIDEXAMPLE")
        .with("aws-key", AWS_KEY)
        .with("aws-session", "session+token/==")
        .own("tok0own0", "a \"secret\"");
    let form = |fields: &[(&str, &str)]| {
        HttpBody::Form(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    };
    let cases = [
        (HttpMethod::Put, "/bucket/a%20key", HttpBody::Empty, Some("s3"), None),
        (
            HttpMethod::Put,
            "/bucket/k",
            HttpBody::Raw(b"\x00\xffbytes".to_vec()),
            Some("s3"),
            Some("aws-session"),
        ),
        (HttpMethod::Get, "/bucket?list-type=2&prefix=a%2Fb", HttpBody::Empty, Some("s3"), None),
        (
            HttpMethod::Post,
            "/",
            form(&[("Action", "CreateDBInstance"), ("MasterUserPassword", "tok0own0")]),
            Some("rds"),
            Some("aws-session"),
        ),
        (HttpMethod::Post, "/a%20path", HttpBody::Json(json!({"p": "tok0own0"})), Some("lambda"), None),
    ];
    for (method, path, body, service, session) in cases {
        let mut request = request(method, path);
        request.body = body;
        request.headers.push(("X-Amz-Target".into(), "Thing.Do".into()));
        let seen = sent(aws(None, session), service, &vault, request).await;
        let authorization = seen.header("authorization").unwrap();
        let expected = recomputed(&seen, AWS_KEY);
        assert!(authorization.ends_with(&format!("Signature={expected}")), "{authorization} {expected}");
        for covered in ["host", "x-amz-date", "x-amz-target"] {
            assert!(authorization.contains(covered), "{authorization}");
        }
        assert!(!authorization.contains("accept-encoding"), "{authorization}");
        assert_eq!(authorization.contains("x-amz-security-token"), session.is_some());
        assert_eq!(seen.header("x-amz-security-token"), session.map(|_| "session+token/=="));
        assert_eq!(seen.header("x-amz-content-sha256"), Some(hex(&Sha256::digest(&seen.body)).as_str()));
        assert!(!seen.text_lossy().contains("tok0own0"));
    }
}

#[tokio::test]
async fn the_service_is_that_of_the_request_then_of_the_binding() {
    let vault = MemoryVault::default().with("aws-id", "AKIDEXAMPLE").with("aws-key", AWS_KEY);
    for (asked, bound, expected) in [(Some("rds"), Some("s3"), "rds"), (None, Some("s3"), "s3")] {
        let seen = sent(aws(bound, None), asked, &vault, request(HttpMethod::Get, "/")).await;
        let scope = format!("/eu-central-1/{expected}/aws4_request");
        assert!(seen.header("authorization").unwrap().contains(&scope));
    }
}
