//! N7: answers that are larger, longer or slower than anybody wants.

use innominatus_effect::HttpError;
use innominatus_model::HttpMethod;

use crate::support::{
    MemoryVault, Reply, Server, egress, get, header, not_sent, permit, remedy, request, send, unknown,
};

const LIMIT: u64 = 1000;

/// What comes of a request whose answer may have 1000 bytes.
async fn limited(method: HttpMethod, server: &Server) -> Result<innominatus_effect::HttpResponse, HttpError> {
    let url = server.url("/");
    let mut permit = permit(&url);
    permit.grant.limits.response_bytes = LIMIT;
    egress().send("p/e", &request(method, &url), &permit, None, &MemoryVault::default()).await.unwrap()
}

fn too_large(result: Result<innominatus_effect::HttpResponse, HttpError>) -> u64 {
    match result {
        Err(HttpError::TooLarge(bytes)) => bytes,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn n7_an_announced_length_is_refused_before_it_is_read() {
    let server =
        Server::always(Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n".into())).await;
    for method in [HttpMethod::Get, HttpMethod::Put, HttpMethod::Post] {
        assert_eq!(too_large(limited(method, &server).await), 1_000_000_000);
    }
    assert_eq!(server.seen().len(), 3, "it is not sent again");
}

#[tokio::test]
async fn n7_a_body_without_end_is_cut_off() {
    let chunked = (
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        format!("{:x}\r\n{}\r\n", 400, "x".repeat(400)),
    );
    let until_closed = ("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(400));
    for (head, again) in [chunked, until_closed] {
        let server = Server::always(Reply::Endless(head.into(), again.into_bytes())).await;
        let bytes = too_large(limited(HttpMethod::Get, &server).await);
        assert!(bytes > LIMIT, "{bytes}");
    }
}

#[tokio::test]
async fn n7_the_limit_itself_is_allowed() {
    let exact = "x".repeat(1000);
    let server = Server::always(Reply::ok(&exact)).await;
    assert_eq!(limited(HttpMethod::Get, &server).await.unwrap().body, exact.as_bytes());
    let server = Server::always(Reply::ok(&"x".repeat(1001))).await;
    assert_eq!(too_large(limited(HttpMethod::Get, &server).await), 1001);
}

#[tokio::test]
async fn n7_a_length_that_lies_is_not_believed() {
    // More than comes: the answer broke off.
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nshort";
    let server = Server::always(Reply::raw(long)).await;
    assert!(unknown(limited(HttpMethod::Post, &server).await).contains("broke off"));
    assert!(not_sent(limited(HttpMethod::Get, &server).await).contains("broke off"));
    // Less than comes: the rest is nobody's answer.
    let short = Server::always(Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more")).await;
    assert_eq!(limited(HttpMethod::Get, &short).await.unwrap().body, b"ok");
    // Chunks that end too soon.
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc";
    let server = Server::always(Reply::raw(chunks)).await;
    unknown(limited(HttpMethod::Post, &server).await);
}

#[tokio::test]
async fn n7_headers_without_end_are_no_answer() {
    let million =
        Server::always(Reply::Endless(b"HTTP/1.1 200 OK\r\n".into(), b"x-a: 1\r\n".repeat(1000))).await;
    unknown(limited(HttpMethod::Post, &million).await);
    let one = Server::always(Reply::Endless(b"HTTP/1.1 200 OK\r\nx-a: ".into(), b"1".repeat(10_000))).await;
    unknown(limited(HttpMethod::Post, &one).await);
}

#[tokio::test]
async fn n7_few_headers_are_handed_on() {
    let mut many = String::from("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n");
    for at in 0..80 {
        many.push_str(&format!("x-{at}: 1\r\n"));
    }
    let server = Server::always(Reply::raw(format!("{many}\r\n"))).await;
    let response = get(&server.url("/")).await.unwrap();
    assert_eq!(response.headers.len(), 64);

    let long = "v".repeat(10_000);
    let server =
        Server::always(Reply::status(200, &[("x-a", "1"), ("x-b", &long), ("x-c", &long)], "")).await;
    let response = get(&server.url("/")).await.unwrap();
    assert_eq!((header(&response, "x-b"), header(&response, "x-c")), (Some(long.as_str()), None));
}

#[tokio::test]
async fn n7_what_is_packed_stays_packed() {
    // The head of a gzip stream that would unpack to far more.
    let packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xed\xc1\x01\x0d\x00\x00\x00\xc2\xa0";
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len())
            .into_bytes();
    bytes.extend_from_slice(packed);
    let server = Server::always(Reply::Raw(bytes)).await;
    let response = get(&server.url("/")).await.unwrap();
    assert_eq!(response.body, packed);
    assert_eq!(header(&response, "content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn n7_chunk_extensions_are_bounded() {
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;".to_vec();
    let server = Server::always(Reply::Endless(head, b"e".repeat(10_000))).await;
    unknown(limited(HttpMethod::Post, &server).await);
}

#[tokio::test]
async fn n7_a_request_is_bounded_too() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let mut permit = permit(&url);
    permit.grant.limits.request_bytes = 10;
    let mut post = request(HttpMethod::Post, &url);
    post.body = innominatus_effect::HttpBody::Raw(vec![0; 11]);
    assert!(remedy(send(&post, &permit).await).contains("11 bytes, and the grant allows 10"));
    post.body = innominatus_effect::HttpBody::Raw(vec![0; 10]);
    send(&post, &permit).await.unwrap();
    // What counts is what is sent: a secret may be longer than its token.
    post.body = innominatus_effect::HttpBody::Form(vec![("a".into(), "tok0own0".into())]);
    let vault = MemoryVault::default().own("tok0own0", "a secret that is long");
    remedy(egress().send("p/e", &post, &permit, None, &vault).await.unwrap());

    let long = server.url(&format!("/{}", "x".repeat(8 * 1024)));
    remedy(get(&long).await);
    assert_eq!(server.seen().len(), 1);
}
