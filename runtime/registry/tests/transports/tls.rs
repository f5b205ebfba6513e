//! TLS: with the certificates of an authority that was handed in, and with nobody else.

use std::net::SocketAddr;
use std::sync::Arc;

use innominatus_model::{Code, Coded as _};
use innominatus_registry::{NoCache, Nobody, Remote, RemoteConfig, pull, push};
use innominatus_testkit::registry::{FakeRegistry, Habits};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::common::{image, impatient, repository};

/// Speaks TLS as `localhost` and passes on what it is told; its port, and its certificate.
async fn before(fake: SocketAddr) -> (u16, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut inside) = acceptor.accept(stream).await else { return };
                let mut outside = TcpStream::connect(fake).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut inside, &mut outside).await;
            });
        }
    });
    (port, made.cert.pem())
}

#[tokio::test]
async fn only_who_is_vouched_for_is_spoken_to() {
    let fake = FakeRegistry::start(Habits::default()).await;
    let (port, certificate) = before(fake.address()).await;
    let host = format!("localhost:{port}");
    let repository = repository(&host, "acme/platform");
    let config = RemoteConfig { tls: [host].into(), ..impatient() };
    let trusting = RemoteConfig { certificates: Some(certificate.into_bytes()), ..config.clone() };
    let image = image("1.0.0", b"\0asm deploy");

    let stranger = Remote::new(config, Arc::new(Nobody)).unwrap();
    let error = push(&stranger, &repository, &[], &image, &[], false).await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryUnreachable);
    assert_eq!(fake.asked(), []);

    // Both ways: what is asked here, and what the library uploads.
    let friend = Remote::new(trusting, Arc::new(Nobody)).unwrap();
    push(&friend, &repository, &[], &image, &[], false).await.unwrap();
    assert_eq!(pull(&friend, &repository, &image.digest(), &NoCache).await.unwrap().image, image);
}
