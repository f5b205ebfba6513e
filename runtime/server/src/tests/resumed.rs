//! Nobody is heard before interrupted runs are taken up.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use innominatus_testkit::programs;
use tokio::net::TcpStream;

use super::house::{Gate, LONG};
use crate::home::Home;
use crate::limits::Limits;
use crate::start::{Options, wire};

/// A port that nobody has, on a loopback address that no other program is likely to look at.
fn free() -> SocketAddr {
    let [high, low, ..] = std::process::id().to_be_bytes()[2..] else { unreachable!("four bytes") };
    let listener = std::net::TcpListener::bind(SocketAddr::from(([127, 77, high, low], 0))).unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn nobody_is_heard_before_interrupted_runs_are_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(&folder.path().join("home")).unwrap();
    let address = free();
    let options = Options {
        home: home.path().to_owned(),
        compiler: (programs::compiler(), Vec::new()),
        tcp: Some(address),
        resume: true,
    };
    let gate = Arc::new(Gate::new());
    // Taking up runs begins with looking at the applications.
    gate.hide("app");
    let start = wire(&options, Limits::default(), &home, gate.clone());
    let opened = async {
        gate.holds().await;
        let refused = TcpStream::connect(address).await;
        gate.open();
        refused
    };
    let both = async { tokio::join!(start, opened) };
    let (running, refused) = tokio::time::timeout(LONG, both).await.unwrap();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    let running = running.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(running.tcp(), Some(address));
    TcpStream::connect(address).await.unwrap();
    running.stop().await;
}
