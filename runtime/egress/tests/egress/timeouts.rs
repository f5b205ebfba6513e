//! N8: whatever a guest asks for, a request ends when the grant says.

use innominatus_effect::{HttpError, HttpResponse};
use innominatus_model::HttpMethod;
use tokio::task::JoinHandle;

use crate::support::clock::Clock;
use crate::support::{Reply, Server, not_sent, permit, request, send, unknown};

/// A request in the background, and what the grant and the guest say of its time.
fn sent(
    server: &Server,
    method: HttpMethod,
    granted: u32,
    asked: Option<u32>,
) -> JoinHandle<Result<HttpResponse, HttpError>> {
    let url = server.url("/");
    let mut permit = permit(&url);
    permit.grant.limits.timeout_ms = granted;
    let mut request = request(method, &url);
    request.timeout_ms = asked;
    tokio::spawn(async move { send(&request, &permit).await })
}

#[tokio::test]
async fn n8_a_request_ends_when_the_shorter_of_both_times_is_over() {
    let cases = [
        (30_000, None, 30_000),
        (30_000, Some(0), 30_000),
        (30_000, Some(60_000), 30_000),
        (30_000, Some(u32::MAX), 30_000),
        (30_000, Some(10), 10),
        (u32::MAX, Some(5_000), 5_000),
        (u32::MAX, None, u32::MAX.into()),
    ];
    let server = Server::always(Reply::Hang(vec![])).await;
    let clock = Clock::stopped();
    for (at, (granted, asked, over)) in cases.into_iter().enumerate() {
        let sent = sent(&server, HttpMethod::Post, granted, asked);
        server.arrived(at + 1).await;
        clock.pass(over - 1).await;
        assert!(!sent.is_finished(), "{granted} {asked:?}");
        clock.pass(2).await;
        assert!(unknown(sent.await.unwrap()).contains("no answer came in time"), "{granted} {asked:?}");
    }
}

#[tokio::test]
async fn n8_a_read_without_an_answer_leaves_nothing_open() {
    let server = Server::always(Reply::Hang(vec![])).await;
    let clock = Clock::stopped();
    let sent = sent(&server, HttpMethod::Get, 30_000, None);
    server.arrived(1).await;
    clock.pass(30_001).await;
    assert!(not_sent(sent.await.unwrap()).contains("in time"));
    assert_eq!(server.seen().len(), 1, "there is no time left to send it again");
}

#[tokio::test]
async fn n7_an_answer_that_does_not_end_is_given_up() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nx".to_vec();
    let server = Server::always(Reply::Hang(head)).await;
    let clock = Clock::stopped();
    let sent = sent(&server, HttpMethod::Post, 30_000, None);
    server.arrived(1).await;
    clock.pass(29_999).await;
    assert!(!sent.is_finished());
    clock.pass(2).await;
    assert!(unknown(sent.await.unwrap()).contains("in time"));
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
