//! N4: an answer that points elsewhere is an answer; nobody goes there.

use innominatus_model::{Binding, HttpMethod};

use crate::support::{MemoryVault, Reply, Server, egress, get, header, permit, request};

#[tokio::test]
async fn n4_redirects_are_answers() {
    let elsewhere = Server::always(Reply::ok("elsewhere")).await;
    let locations = [
        elsewhere.url("/"),
        "/here/again".to_owned(),
        "file:///etc/passwd".to_owned(),
        "http://169.254.169.254/latest/".to_owned(),
        "https://example.org/".to_owned(),
        "gopher://127.0.0.1:6379/_FLUSHALL".to_owned(),
    ];
    for status in [300, 301, 302, 303, 305, 307, 308] {
        for location in &locations {
            let server = Server::always(Reply::status(status, &[("location", location)], "moved")).await;
            let response = get(&server.url("/")).await.unwrap();
            assert_eq!(response.status, status);
            assert_eq!(header(&response, "location"), Some(location.as_str()));
            assert_eq!(server.seen().len(), 1);
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn n4_a_credential_goes_nowhere_else() {
    let elsewhere = Server::always(Reply::ok("elsewhere")).await;
    let location = elsewhere.url("/");
    let server = Server::always(Reply::status(307, &[("location", &location), ("refresh", "0")], "")).await;
    let url = server.url("/");
    let mut permit = permit(&url);
    permit.binding = Some(Binding::Bearer { token: "api".into() });
    let vault = MemoryVault::default().with("api", "hunter2hunter2");
    let post = request(HttpMethod::Post, &url);
    let response = egress().send("p/e", &post, &permit, None, &vault).await.unwrap().unwrap();
    assert_eq!(response.status, 307);
    assert_eq!(server.only().header("authorization"), Some("Bearer hunter2hunter2"));
    assert_eq!(elsewhere.connections(), 0);
}
