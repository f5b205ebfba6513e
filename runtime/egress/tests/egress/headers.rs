//! N5 and N6: the host writes the frame of a request, and what comes in a broken frame is not taken for an answer.

use innominatus_effect::{HttpBody, HttpError};
use innominatus_model::{Binding, HttpMethod};

use crate::support::{
    MemoryVault, Reply, Server, egress, get, header, not_sent, permit, remedy, request, send, unknown,
};

#[tokio::test]
async fn n5_the_target_is_a_path_and_the_host_is_that_of_the_url() {
    let server = Server::always(Reply::ok("")).await;
    get(&server.url("/a/b%20c?x=1&y=http://evil.example/")).await.unwrap();
    let seen = server.only();
    assert_eq!(seen.line, "GET /a/b%20c?x=1&y=http://evil.example/ HTTP/1.1");
    assert_eq!(seen.header("host"), Some(server.address.to_string().as_str()));
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
    assert!(seen.header("user-agent").unwrap().starts_with("innominatus/"));
    let ours = ["host", "accept", "accept-encoding", "user-agent"];
    assert!(seen.headers.iter().all(|(name, _)| ours.contains(&name.as_str())), "{:?}", seen.headers);
}

#[tokio::test]
async fn n6_a_guest_cannot_set_what_the_host_writes() {
    let server = Server::always(Reply::ok("")).await;
    let names = [
        "Host",
        "host",
        "HOST",
        "Content-Length",
        "content_length",
        "Transfer-Encoding",
        "transfer_encoding",
        "TE",
        "Trailer",
        "Connection",
        "Keep-Alive",
        "Upgrade",
        "HTTP2-Settings",
        "Expect",
        "Accept-Encoding",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Proxy-Anything",
        "Authorization",
        "Cookie",
        "Cookie2",
        "Forwarded",
        "Via",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "x_forwarded_for",
        "X-Real-IP",
        "X-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
        "X-Original-URL",
        "X-Rewrite-URL",
    ];
    for name in names {
        let url = server.url("/?token=hidden");
        let mut request = request(HttpMethod::Get, &url);
        request.headers.push((name.into(), "sensitive".into()));
        let said = remedy(send(&request, &permit(&url)).await);
        assert!(said.contains(&format!("the header `{name}`")), "{said}");
        assert!(!said.contains("hidden") && !said.contains("sensitive"), "{said}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn n6_a_guest_cannot_set_what_its_credential_sets() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let aws = Binding::AwsSigV4 {
        access_key_id: "id".into(),
        secret_access_key: "key".into(),
        session_token: None,
        region: "eu-central-1".into(),
        service: Some("s3".into()),
    };
    let own = Binding::Header { name: "x-api-key".into(), value: "key".into() };
    let cases = [
        (aws.clone(), "X-Amz-Date"),
        (aws.clone(), "X-Amz-Security-Token"),
        (aws, "X-Amz-Content-Sha256"),
        (own.clone(), "X-API-Key"),
        (own, "x_api_key"),
    ];
    for (binding, name) in cases {
        let mut request = request(HttpMethod::Get, &url);
        request.headers.push((name.into(), "x".into()));
        let mut permit = permit(&url);
        permit.binding = Some(binding);
        assert!(remedy(send(&request, &permit).await).contains(name));
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn n6_line_breaks_and_nul_are_refused_in_names_and_values() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let cases = [
        ("x-a", "1\r\nx-b: 2"),
        ("x-a", "1\nx-b: 2"),
        ("x-a", "1\r"),
        ("x-a", "1\r\n folded"),
        ("x-a", "1\0"),
        ("x-a", "\u{7f}"),
        ("x-a", "\u{1b}[31m"),
        ("x-a\r\nx-b", "1"),
        ("x-a: 1\r\nx-b", "1"),
        ("x a", "1"),
        ("x-a:", "1"),
        ("", "1"),
        (" x-a", "1"),
        ("x-ä", "1"),
        ("x-a\0", "1"),
        ("(x)", "1"),
    ];
    for (name, value) in cases {
        let mut request = request(HttpMethod::Post, &url);
        request.headers.push((name.into(), value.into()));
        let said = remedy(send(&request, &permit(&url)).await);
        assert!(!said.contains(['\r', '\n', '\0', '\u{1b}']), "{said:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn n6_a_secret_with_a_line_break_is_not_sent_in_a_header() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let smuggled = "value\r\nx-admin: yes";
    let vault = MemoryVault::default().own("tok0own0", smuggled).with("api", smuggled);
    let mut own = request(HttpMethod::Post, &url);
    own.headers.push(("x-key".into(), "tok0own0".into()));
    let said = not_sent(egress().send("p/e", &own, &permit(&url), None, &vault).await.unwrap());
    assert!(said.contains("`x-key`") && !said.contains("value"), "{said}");

    let bindings = [
        Binding::Bearer { token: "api".into() },
        Binding::Header { name: "x-api-key".into(), value: "api".into() },
    ];
    for binding in bindings {
        let mut permit = permit(&url);
        permit.binding = Some(binding);
        let post = request(HttpMethod::Post, &url);
        let said = not_sent(egress().send("p/e", &post, &permit, None, &vault).await.unwrap());
        assert!(!said.contains("x-admin"), "{said}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn n6_headers_are_bounded() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let cases = [
        vec![("x-a".to_owned(), "1".to_owned()); 65],
        vec![("x-a".to_owned(), "1".repeat(8 * 1024 + 1))],
        vec![("x".repeat(129), "1".to_owned())],
        vec![("x-a".to_owned(), "1".repeat(8000)); 5],
    ];
    for headers in cases {
        let mut request = request(HttpMethod::Get, &url);
        request.headers = headers;
        remedy(send(&request, &permit(&url)).await);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn n6_a_plain_header_arrives() {
    let server = Server::always(Reply::ok("")).await;
    let url = server.url("/");
    let mut request = request(HttpMethod::Post, &url);
    request.headers.push(("X-Thing".into(), "a\tb".into()));
    request.headers.push(("Content-Type".into(), "application/merge-patch+json".into()));
    request.headers.push(("If-Match".into(), "\"1\"".into()));
    request.body = HttpBody::Json(serde_json::json!({"a": 1}));
    send(&request, &permit(&url)).await.unwrap();
    let seen = server.only();
    assert_eq!(seen.header("x-thing"), Some("a\tb"));
    assert_eq!(seen.header("content-type"), Some("application/merge-patch+json"));
    assert_eq!(seen.header("if-match"), Some("\"1\""));
    assert_eq!(seen.header("content-length"), Some("7"));
}

/// Answers whose frame can be read in two ways, or not at all.
const BROKEN: &[&str] = &[
    "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\nabcde",
    "HTTP/1.1 200 OK\r\ncontent-length: 3, 5\r\n\r\nabcde",
    "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nx-a: 1\r\n folded\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nx\0a: 1\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nx a: 1\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 99999 OK\r\n\r\n",
    "HTTP/9.9 200 OK\r\n\r\n",
    "<html>not HTTP at all</html>\r\n\r\n",
    "\0\0\0\0\0\0\0\0\r\n\r\n",
    "",
];

#[tokio::test]
async fn n6_an_answer_in_a_broken_frame_is_none() {
    for broken in BROKEN {
        let server = Server::always(Reply::raw(broken)).await;
        let url = server.url("/");
        unknown(send(&request(HttpMethod::Post, &url), &permit(&url)).await);
        assert!(not_sent(get(&url).await).contains("no answer"), "{broken:?}");
    }
}

#[tokio::test]
async fn n6_an_answer_with_two_lengths_ends_where_one_of_them_says() {
    // Chunks win over a length (RFC 9112 §6.3); what is left over is nobody's answer.
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\ntransfer-encoding: chunked\r\n\r\n";
    let smuggled = "3\r\nabc\r\n0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled";
    let server = Server::always(Reply::raw(format!("{head}{smuggled}"))).await;
    let url = server.url("/");
    let (egress, vault) = (egress(), MemoryVault::default());
    for _ in 0..2 {
        match egress.send("p/e", &request(HttpMethod::Get, &url), &permit(&url), None, &vault).await.unwrap()
        {
            Ok(response) => assert_eq!(response.body, b"abc"),
            Err(HttpError::NotSent(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn n6_headers_of_the_connection_and_cookies_are_not_handed_on() {
    let head = "HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n\
                Set-Cookie: session=1\r\nSet-Cookie2: session=1\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\n\
                Trailer: X-Late\r\nX-Kept: One\r\nx-kept: two\r\nETag: \"1\"\r\n";
    let body = "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Late: 1\r\n\r\n";
    let server = Server::always(Reply::raw(format!("{head}{body}"))).await;
    let response = get(&server.url("/")).await.unwrap();
    let expected = [("x-kept", "One"), ("x-kept", "two"), ("etag", "\"1\"")];
    let found: Vec<_> =
        response.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(found, expected);
    assert_eq!(response.body, b"ok");
}

#[tokio::test]
async fn a_cookie_is_not_sent_back() {
    let server = Server::always(Reply::status(200, &[("set-cookie", "session=1; Path=/")], "")).await;
    let (egress, vault, url) = (egress(), MemoryVault::default(), server.url("/"));
    for _ in 0..2 {
        egress
            .send("p/e", &request(HttpMethod::Get, &url), &permit(&url), None, &vault)
            .await
            .unwrap()
            .unwrap();
    }
    assert!(
        server.seen().iter().all(|seen| seen.header("cookie").is_none() && seen.header("referer").is_none())
    );
}

#[tokio::test]
async fn a_head_has_its_length_and_no_body() {
    let server = Server::always(Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")).await;
    let url = server.url("/");
    let response = send(&request(HttpMethod::Head, &url), &permit(&url)).await.unwrap();
    assert_eq!(header(&response, "content-length"), Some("99999999999"));
    assert!(response.body.is_empty());
}
