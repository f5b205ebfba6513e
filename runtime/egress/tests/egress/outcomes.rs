//! What is known of a request that has no plain answer, and which requests are sent again.

use innominatus_effect::{HttpBody, HttpError, HttpResponse, Slot};
use innominatus_model::HttpMethod;

use crate::support::{
    MemoryVault, Reply, Scripted, Server, egress, egress_with, header, not_sent, permit, request, send, text,
    unknown,
};

const WRITES_ONCE: [HttpMethod; 2] = [HttpMethod::Post, HttpMethod::Patch];
const REPEATABLE: [HttpMethod; 3] = [HttpMethod::Get, HttpMethod::Put, HttpMethod::Delete];
/// From what stands between, or from a server that broke while it worked.
const OPEN: [u16; 11] = [500, 502, 504, 520, 521, 522, 523, 524, 525, 526, 527];

async fn sent(method: HttpMethod, server: &Server) -> Result<HttpResponse, HttpError> {
    let url = server.url("/?q=hidden");
    send(&request(method, &url), &permit(&url)).await
}

/// A POST with a key.
async fn keyed(server: &Server, key: Option<&str>) -> Result<HttpResponse, HttpError> {
    let url = server.url("/");
    let mut post = request(HttpMethod::Post, &url);
    post.idempotency = Some(Slot::Header("idempotency-key".into()));
    post.body = HttpBody::Json(serde_json::json!({"a": 1}));
    egress().send("p/e", &post, &permit(&url), key, &MemoryVault::default()).await.unwrap()
}

#[tokio::test]
async fn nobody_listens_so_nothing_was_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?q=hidden", listener.local_addr().unwrap());
    drop(listener);
    for method in HttpMethod::ALL {
        let said = not_sent(send(&request(method, &url), &permit(&url)).await);
        assert!(said.contains("no connection") && !said.contains("hidden"), "{said}");
    }
}

#[tokio::test]
async fn a_write_that_was_cut_off_is_open() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-le".to_vec();
    for reply in [Reply::Reset, Reply::Raw(vec![]), Reply::Raw(half)] {
        for method in WRITES_ONCE {
            let server = Server::always(reply.clone()).await;
            let said = unknown(sent(method, &server).await);
            assert!(!said.contains("hidden"), "{said}");
            assert_eq!(server.seen().len(), 1, "it is not sent again");
        }
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_the_write_leaves_it_open() {
    for status in OPEN {
        for method in WRITES_ONCE {
            let server = Server::always(Reply::status(status, &[], "upstream says hidden things")).await;
            let said = unknown(sent(method, &server).await);
            assert!(said.contains(&status.to_string()) && !said.contains("hidden"), "{said}");
            assert_eq!(server.seen().len(), 1);
        }
    }
}

#[tokio::test]
async fn other_answers_are_answers() {
    for status in [200, 201, 202, 400, 401, 403, 404, 409, 412, 422, 429, 501, 503, 505, 528] {
        for method in WRITES_ONCE {
            let server = Server::always(Reply::status(status, &[("retry-after", "7")], "words")).await;
            let response = sent(method, &server).await.unwrap();
            assert_eq!((response.status, text(&response)), (status, "words"));
            assert_eq!(header(&response, "retry-after"), Some("7"));
            assert_eq!(server.seen().len(), 1);
        }
    }
}

#[tokio::test]
async fn what_may_be_repeated_is_sent_again_until_it_is_answered() {
    for passing in [
        Reply::Reset,
        Reply::Raw(vec![]),
        Reply::status(502, &[], ""),
        Reply::status(503, &[], ""),
        Reply::status(504, &[], ""),
    ] {
        for method in REPEATABLE {
            let server = Server::turns(vec![passing.clone(), passing.clone(), Reply::ok("done")]).await;
            assert_eq!(text(&sent(method, &server).await.unwrap()), "done");
            assert_eq!(server.seen().len(), 3);
        }
    }
}

#[tokio::test]
async fn three_tries_are_enough() {
    for method in REPEATABLE {
        let server = Server::always(Reply::status(502, &[], "gone")).await;
        assert_eq!(sent(method, &server).await.unwrap().status, 502);
        assert_eq!(server.seen().len(), 3);
    }
    let server = Server::always(Reply::Reset).await;
    unknown(sent(HttpMethod::Put, &server).await);
    assert_eq!(server.seen().len(), 3);
    // Of a read, nothing can be open.
    let server = Server::always(Reply::Reset).await;
    assert!(not_sent(sent(HttpMethod::Get, &server).await).contains("no answer"));
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn an_answer_that_will_not_change_is_not_asked_for_again() {
    for status in [200, 404, 409, 429, 500, 501] {
        let server = Server::always(Reply::status(status, &[], "")).await;
        assert_eq!(sent(HttpMethod::Put, &server).await.unwrap().status, status);
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_server_that_asks_for_patience_gets_it_or_its_answer_is_handed_on() {
    // A wait that is longer than the request may take.
    for wait in ["86400", "18446744073709551615"] {
        let server = Server::always(Reply::status(503, &[("retry-after", wait)], "later")).await;
        let response = sent(HttpMethod::Put, &server).await.unwrap();
        assert_eq!((response.status, header(&response, "retry-after")), (503, Some(wait)));
        assert_eq!(server.seen().len(), 1);
    }
    // One that cannot be read counts as not said.
    let odd = Reply::status(503, &[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")], "");
    let server = Server::turns(vec![odd, Reply::ok("done")]).await;
    assert_eq!(text(&sent(HttpMethod::Put, &server).await.unwrap()), "done");
}

#[tokio::test]
async fn a_write_with_a_key_is_sent_again_with_the_same_key() {
    for passing in [Reply::Reset, Reply::status(502, &[], ""), Reply::status(503, &[], "")] {
        let server = Server::turns(vec![passing, Reply::ok("done")]).await;
        assert_eq!(text(&keyed(&server, Some("k-1")).await.unwrap()), "done");
        let seen = server.seen();
        assert_eq!(seen.len(), 2);
        for seen in seen {
            assert_eq!(seen.header("idempotency-key"), Some("k-1"));
            assert_eq!(seen.text(), r#"{"a":1}"#);
        }
    }
}

#[tokio::test]
async fn a_place_for_a_key_is_no_key() {
    let server = Server::always(Reply::Reset).await;
    unknown(keyed(&server, None).await);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_write_that_only_looks_counts_as_a_read() {
    let server = Server::turns(vec![Reply::Reset, Reply::ok("found")]).await;
    let url = server.url("/search");
    let mut permit = permit(&url);
    permit.grant.reads.push((HttpMethod::Post, "/search".into()));
    assert_eq!(text(&send(&request(HttpMethod::Post, &url), &permit).await.unwrap()), "found");

    let server = Server::always(Reply::Raw(vec![])).await;
    let url = server.url("/search");
    let mut permit = self::permit(&url);
    permit.grant.reads.push((HttpMethod::Post, "/search".into()));
    not_sent(send(&request(HttpMethod::Post, &url), &permit).await);
}

#[tokio::test]
async fn an_earlier_try_is_not_forgotten() {
    // The first try is cut off after it came; then the name leads nowhere, or where nobody may go.
    for then in ["", "127.0.0.2"] {
        let server = Server::always(Reply::Raw(vec![])).await;
        let url = format!("http://api.example.test:{}/", server.address.port());
        let egress = egress_with(Scripted::says(&["127.0.0.1", then]));
        let put = request(HttpMethod::Put, &url);
        let said =
            unknown(egress.send("p/e", &put, &permit(&url), None, &MemoryVault::default()).await.unwrap());
        assert!(said.contains("earlier try"), "{said}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_write_that_may_not_be_repeated_has_a_connection_of_its_own() {
    let server = Server::always(Reply::ok("")).await;
    let (egress, vault, url) = (egress(), MemoryVault::default(), server.url("/"));
    for method in [HttpMethod::Get, HttpMethod::Get, HttpMethod::Post, HttpMethod::Post, HttpMethod::Get] {
        egress.send("p/e", &request(method, &url), &permit(&url), None, &vault).await.unwrap().unwrap();
    }
    let seen = server.seen();
    let by = |method: &str| -> Vec<usize> {
        seen.iter().filter(|seen| seen.line.starts_with(method)).map(|seen| seen.connection).collect()
    };
    let (reads, writes) = (by("GET"), by("POST"));
    assert_ne!(writes[0], writes[1]);
    assert!(writes.iter().all(|connection| !reads.contains(connection)), "{reads:?} {writes:?}");
}
