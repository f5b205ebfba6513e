//! N8: whatever a guest asks for, a request ends when the grant says.

use innominatus_model::HttpMethod;

use crate::support::{Reply, Server, not_sent, permit, request, send, unknown};

/// The server never answers, so an answer cannot be what ends these; a clamp that does not hold would hang them.
#[tokio::test]
async fn n8_the_grant_bounds_what_the_guest_asks_for() {
    let server = Server::always(Reply::Hang(vec![])).await;
    let url = server.url("/");
    let mut permit = permit(&url);
    permit.grant.limits.timeout_ms = 40;
    for asked in [None, Some(0), Some(1_000), Some(u32::MAX)] {
        let mut post = request(HttpMethod::Post, &url);
        post.timeout_ms = asked;
        assert!(unknown(send(&post, &permit).await).contains("in time"), "{asked:?}");
    }
    let mut get = request(HttpMethod::Get, &url);
    get.timeout_ms = Some(u32::MAX);
    assert!(not_sent(send(&get, &permit).await).contains("in time"));
}

#[tokio::test]
async fn n8_a_guest_may_ask_for_less() {
    let server = Server::always(Reply::Hang(vec![])).await;
    let url = server.url("/");
    let mut permit = permit(&url);
    permit.grant.limits.timeout_ms = u32::MAX;
    let mut post = request(HttpMethod::Post, &url);
    post.timeout_ms = Some(40);
    unknown(send(&post, &permit).await);
}

#[tokio::test]
async fn n8_a_grant_without_any_time_does_no_harm() {
    let server = Server::always(Reply::Hang(vec![])).await;
    let url = server.url("/");
    let mut permit = permit(&url);
    permit.grant.limits.timeout_ms = 0;
    // Whether the connection was there within that millisecond is not the point.
    send(&request(HttpMethod::Post, &url), &permit).await.unwrap_err();
}

#[tokio::test]
async fn n8_a_write_that_never_had_a_connection_was_not_sent() {
    // A socket that listens and answers no handshake of TLS: bytes of the request cannot have left.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let authority = crate::support::certificates::Authority::new("nobody");
    let file = authority.file();
    let mut permit = permit(&url);
    permit.grant.ca_file = Some(file.path().to_str().unwrap().to_owned());
    permit.grant.limits.timeout_ms = 40;
    let said = not_sent(send(&request(HttpMethod::Post, &url), &permit).await);
    assert!(said.contains("no connection in time"), "{said}");
}
