//! N11: a proxy is one that the grant names, and nothing else.

use innominatus_egress::EgressError;
use innominatus_model::{Binding, Code, Coded, HttpMethod};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::certificates::{Authority, VALID};
use crate::support::{
    MemoryVault, Reply, Scripted, Server, egress, egress_with, get, not_sent, permit, remedy, request,
    strict, text, unknown,
};

const VARIABLES: [&str; 8] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

/// Run by itself, and by the test below with an environment that names a proxy.
#[tokio::test]
async fn n11_a_request_goes_straight_to_its_host() {
    let server = Server::always(Reply::ok("straight")).await;
    assert_eq!(text(&get(&server.url("/")).await.unwrap()), "straight");
    assert_eq!(server.only().line, "GET / HTTP/1.1");
}

#[tokio::test]
async fn n11_a_proxy_of_the_environment_is_not_asked() {
    let proxy = Server::always(Reply::ok("proxy")).await;
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "proxies::n11_a_request_goes_straight_to_its_host"]);
    for name in VARIABLES {
        command.env(name, if name.eq_ignore_ascii_case("no_proxy") { String::new() } else { proxy.url("") });
    }
    let output = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn n11_the_proxy_of_the_grant_gets_the_request() {
    let proxy = Server::always(Reply::ok("by proxy")).await;
    let resolver = Scripted::nobody();
    let url = "http://api.example.test/x?y=1";
    let mut permit = strict(url);
    permit.grant.proxy = Some(proxy.url(""));
    let get = request(HttpMethod::Get, url);
    let egress = egress_with(resolver.clone());
    let response = egress.send("p/e", &get, &permit, None, &MemoryVault::default()).await.unwrap().unwrap();
    assert_eq!(text(&response), "by proxy");
    let seen = proxy.only();
    assert_eq!(seen.line, "GET http://api.example.test/x?y=1 HTTP/1.1");
    assert_eq!(seen.header("host"), Some("api.example.test"));
    assert_eq!(resolver.asked(), [""; 0], "the proxy looks names up");
}

#[tokio::test]
async fn n11_an_address_is_judged_behind_a_proxy_too() {
    let proxy = Server::always(Reply::ok("by proxy")).await;
    for url in ["http://169.254.169.254/", "http://[::ffff:10.0.0.1]/"] {
        let mut permit = strict(url);
        permit.grant.proxy = Some(proxy.url(""));
        let get = request(HttpMethod::Get, url);
        remedy(egress().send("p/e", &get, &permit, None, &MemoryVault::default()).await.unwrap());
    }
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn n11_a_proxy_sees_nothing_of_what_goes_through_its_tunnel() {
    let authority = Authority::new("beyond");
    let server = Server::tls(authority.server("api.example.test", VALID), Reply::ok("beyond")).await;
    let (there, listener) = (server.address, TcpListener::bind("127.0.0.1:0").await.unwrap());
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
        let mut beyond = tokio::net::TcpStream::connect(there).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut beyond).await;
        String::from_utf8(head).unwrap()
    });
    let url = "https://api.example.test/x?y=1";
    let mut permit = strict(url);
    let file = authority.file();
    permit.grant.ca_file = Some(file.path().to_str().unwrap().to_owned());
    permit.grant.proxy = Some(proxy);
    permit.binding = Some(Binding::Bearer { token: "api".into() });
    let vault = MemoryVault::default().with("api", "hunter2hunter2");
    let post = request(HttpMethod::Post, url);
    let response = egress().send("p/e", &post, &permit, None, &vault).await.unwrap().unwrap();
    assert_eq!(text(&response), "beyond");
    assert_eq!(server.only().line, "POST /x?y=1 HTTP/1.1");
    assert_eq!(server.only().header("authorization"), Some("Bearer hunter2hunter2"));
    drop(server);
    let heard = heard.await.unwrap();
    assert!(heard.starts_with("CONNECT api.example.test:443 HTTP/1.1\r\n"), "{heard}");
    assert!(!heard.contains("hunter2") && !heard.contains("/x"), "{heard}");
}

#[tokio::test]
async fn n11_a_proxy_that_says_no_sent_nothing() {
    let proxy = Server::always(Reply::status(403, &[], "no")).await;
    let url = "https://api.example.test/";
    let mut permit = strict(url);
    permit.grant.proxy = Some(proxy.url(""));
    let authority = Authority::new("proxied");
    let file = authority.file();
    permit.grant.ca_file = Some(file.path().to_str().unwrap().to_owned());
    let post = request(HttpMethod::Post, url);
    not_sent(egress().send("p/e", &post, &permit, None, &MemoryVault::default()).await.unwrap());
    assert!(proxy.seen().iter().all(|seen| seen.line == "CONNECT api.example.test:443 HTTP/1.1"));
    assert!(!proxy.seen().is_empty());
}

#[tokio::test]
async fn n11_a_proxy_that_breaks_off_leaves_a_write_open() {
    let proxy = Server::always(Reply::Reset).await;
    let url = "http://api.example.test/";
    let mut permit = strict(url);
    permit.grant.proxy = Some(proxy.url(""));
    let post = request(HttpMethod::Post, url);
    unknown(egress().send("p/e", &post, &permit, None, &MemoryVault::default()).await.unwrap());
}

#[tokio::test]
async fn n11_what_is_no_proxy_is_the_operators_to_mend() {
    let url = "http://api.example.test/";
    for proxy in ["nonsense", "socks5://127.0.0.1:1080", "file:///etc/passwd", "http://", "//127.0.0.1:3128"]
    {
        let mut permit = permit(url);
        permit.grant.proxy = Some(proxy.into());
        let get = request(HttpMethod::Get, url);
        let error = egress().send("p/e", &get, &permit, None, &MemoryVault::default()).await.unwrap_err();
        assert!(matches!(error, EgressError::Proxy { .. }), "{error:?}");
        assert_eq!(error.code(), Code::ManifestInvalid);
    }
    let mut permit = permit(url);
    permit.grant.proxy = Some("ftp://user:hunter2@127.0.0.1".into());
    let get = request(HttpMethod::Get, url);
    let error = egress().send("p/e", &get, &permit, None, &MemoryVault::default()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
