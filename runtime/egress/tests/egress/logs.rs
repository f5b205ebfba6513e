//! Nothing of what a request holds is logged, however much is logged: not by this room, not by the libraries
//! beneath it.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use innominatus_effect::{Capture, HttpBody};
use innominatus_model::{Binding, HttpMethod};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::certificates::{Authority, VALID};
use crate::support::{MemoryVault, Reply, Server, egress, permit, request};

static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Sink;

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        logged().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

fn logged() -> MutexGuard<'static, Vec<u8>> {
    LOGGED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[tokio::test]
async fn n10_nothing_of_a_request_is_logged() {
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(Sink).init();
    let vault = MemoryVault::default()
        .with("id", "canary-id")
        .with("key", "canary-key")
        .with("session", "canary-session")
        .own("tok0own0", "canary-own");
    let binding = Binding::AwsSigV4 {
        access_key_id: "id".into(),
        secret_access_key: "key".into(),
        session_token: Some("session".into()),
        region: "eu-central-1".into(),
        service: Some("s3".into()),
    };
    let bindings = [binding, Binding::Bearer { token: "key".into() }];
    let authority = Authority::new("private");
    let file = authority.file();
    let reply =
        Reply::status(200, &[("x-said", "canary-header")], r#"{"key":"canary-minted","b":"canary-body"}"#);
    let servers =
        [Server::always(reply.clone()).await, Server::tls(authority.server("127.0.0.1", VALID), reply).await];
    for server in &servers {
        for binding in &bindings {
            let url = server.url("/canary-path?q=canary-query");
            let mut permit = permit(&url);
            permit.grant.ca_file = Some(file.path().to_str().unwrap().to_owned());
            permit.binding = Some(binding.clone());
            let mut post = request(HttpMethod::Post, &url);
            post.headers.push(("x-key".into(), "tok0own0".into()));
            post.headers.push(("x-said".into(), "canary-value".into()));
            post.body = HttpBody::Json(serde_json::json!({"p": "tok0own0", "q": "canary-text"}));
            post.capture = vec![Capture { pointer: "/key".into(), secret: "minted".into() }];
            egress().send("p/logged", &post, &permit, None, &vault).await.unwrap().unwrap();
        }
        assert_eq!(server.seen().len(), 2);
    }
    let logged = String::from_utf8_lossy(&logged()).into_owned();
    assert!(logged.contains("p/logged"), "our own line is there");
    assert!(logged.contains("reqwest") || logged.contains("hyper_util"), "those beneath are heard");
    let told: Vec<&str> = logged.lines().filter(|line| line.contains("canary")).collect();
    assert!(told.is_empty(), "{told:#?}");
}
