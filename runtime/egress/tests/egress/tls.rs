//! N12: a server that cannot show who it is gets nothing.

use innominatus_effect::{HttpError, HttpResponse};
use innominatus_egress::EgressError;
use innominatus_model::{Coded, HttpMethod};
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::certificates::{Authority, VALID, self_signed};
use crate::support::{MemoryVault, Reply, Server, egress, not_sent, permit, request, text};

/// A POST to a server, trusting this authority, or those of the machine.
async fn sent(
    url: &str,
    trusted: Option<&Authority>,
) -> Result<Result<HttpResponse, HttpError>, EgressError> {
    let mut permit = permit(url);
    let file = trusted.map(Authority::file);
    permit.grant.ca_file = file.as_ref().map(|file| file.path().to_str().unwrap().to_owned());
    let post = request(HttpMethod::Post, url);
    egress().send("p/e", &post, &permit, None, &MemoryVault::default()).await
}

async fn refused(config: ServerConfig, trusted: &Authority) -> String {
    let server = Server::tls(config, Reply::ok("spoken")).await;
    let said = not_sent(sent(&server.url("/"), Some(trusted)).await.unwrap());
    assert_eq!(server.seen().len(), 0);
    said
}

#[tokio::test]
async fn n12_a_private_authority_is_trusted_where_the_grant_names_it() {
    let authority = Authority::new("private");
    let server = Server::tls(authority.server("127.0.0.1", VALID), Reply::ok("spoken")).await;
    assert_eq!(text(&sent(&server.url("/"), Some(&authority)).await.unwrap().unwrap()), "spoken");
    assert_eq!(server.only().line, "POST / HTTP/1.1");
}

#[tokio::test]
async fn n12_nobody_else_is_trusted_there() {
    let (authority, other) = (Authority::new("private"), Authority::new("other"));
    let said = refused(other.server("127.0.0.1", VALID), &authority).await;
    assert!(said.contains("signed by nobody who is trusted"), "{said}");
}

#[tokio::test]
async fn n12_a_certificate_that_signs_itself_is_refused() {
    let said = refused(self_signed("127.0.0.1"), &Authority::new("private")).await;
    assert!(said.contains("certificate"), "{said}");
}

#[tokio::test]
async fn n12_a_certificate_out_of_its_time_is_refused() {
    let authority = Authority::new("private");
    let said = refused(authority.server("127.0.0.1", (2020, 2021)), &authority).await;
    assert!(said.contains("expired"), "{said}");
    let said = refused(authority.server("127.0.0.1", (2400, 2401)), &authority).await;
    assert!(said.contains("not valid yet"), "{said}");
}

#[tokio::test]
async fn n12_a_certificate_for_another_name_is_refused() {
    let authority = Authority::new("private");
    for name in ["127.0.0.2", "localhost", "example.com"] {
        let said = refused(authority.server(name, VALID), &authority).await;
        assert!(said.contains("another name"), "{said}");
    }
}

#[tokio::test]
async fn n12_the_machine_does_not_trust_a_private_authority() {
    let server = Server::tls(Authority::new("private").server("127.0.0.1", VALID), Reply::ok("spoken")).await;
    match sent(&server.url("/"), None).await {
        Ok(result) => assert!(not_sent(result).contains("signed by nobody who is trusted")),
        // A machine without any certificates says that.
        Err(error) => assert!(matches!(error, EgressError::Roots { .. }), "{error:?}"),
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn n12_a_file_of_certificates_that_cannot_be_used_stops_the_request() {
    let server = Server::tls(self_signed("127.0.0.1"), Reply::ok("spoken")).await;
    let url = server.url("/");
    let empty = tempfile::NamedTempFile::new().unwrap();
    let odd = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(odd.path(), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    for path in [empty.path(), odd.path(), folder.path(), &folder.path().join("gone.pem")] {
        let mut permit = permit(&url);
        permit.grant.ca_file = Some(path.to_str().unwrap().to_owned());
        let post = request(HttpMethod::Post, &url);
        let error = egress().send("p/e", &post, &permit, None, &MemoryVault::default()).await.unwrap_err();
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        assert!(error.remedy().unwrap().contains("PEM"));
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn n12_a_file_that_was_replaced_counts_at_once() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let server = Server::tls(new.server("127.0.0.1", VALID), Reply::ok("spoken")).await;
    let (url, file, egress) = (server.url("/"), old.file(), egress());
    let mut permit = permit(&url);
    permit.grant.ca_file = Some(file.path().to_str().unwrap().to_owned());
    let post = request(HttpMethod::Post, &url);
    not_sent(egress.send("p/e", &post, &permit, None, &MemoryVault::default()).await.unwrap());
    std::fs::copy(new.file().path(), file.path()).unwrap();
    egress.send("p/e", &post, &permit, None, &MemoryVault::default()).await.unwrap().unwrap();
}

/// A server that answers the first thing it hears with these bytes, and what it heard.
async fn blunt(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = vec![0; 16 * 1024];
        let length = stream.read(&mut heard).await.unwrap();
        heard.truncate(length);
        stream.write_all(answer).await.unwrap();
        let _ = stream.shutdown().await;
        heard
    });
    (url, heard)
}

#[tokio::test]
async fn n12_old_tls_is_neither_offered_nor_taken() {
    let authority = Authority::new("private");
    // The hello of a server that speaks TLS 1.0: version 3.1, a random, no session, an old suite.
    const HELLO: &[u8] = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01\
        01234567890123456789012345678901\x00\x00\x2f\x00";
    const ALERT: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46";
    for answer in [HELLO, ALERT, b"HTTP/1.1 400 Bad Request\r\n\r\n"] {
        let (url, heard) = blunt(answer).await;
        let said = not_sent(sent(&url, Some(&authority)).await.unwrap());
        assert!(said.contains("TLS"), "{said}");
        // The extension `supported_versions`: 1.3 and 1.2, nothing else.
        let heard = heard.await.unwrap();
        let offered = b"\x00\x2b\x00\x05\x04\x03\x04\x03\x03";
        assert!(heard.windows(offered.len()).any(|window| window == offered), "{heard:02x?}");
        // ALPN: HTTP/1.1, nothing else.
        let spoken = b"\x00\x10\x00\x0b\x00\x09\x08http/1.1";
        assert!(heard.windows(spoken.len()).any(|window| window == spoken), "{heard:02x?}");
    }
}
