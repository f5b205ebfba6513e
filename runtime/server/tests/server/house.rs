//! A server in this process, over a home of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use innominatus_server::{Limits, Options, Running, StartError, start_with};
use innominatus_testkit::programs;
use tempfile::TempDir;

use crate::client::{Answer, Request, Wire};

/// Nothing that a test waits for takes as long; what does is a failure, not a slow machine.
const LONG: Duration = Duration::from_secs(120);
/// What a test waits for the end of.
pub(crate) const SHORT: Duration = Duration::from_millis(50);

/// Fails when it takes too long.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LONG, future).await {
        Ok(value) => value,
        Err(_) => panic!("never: {what}"),
    }
}

/// Limits that no test runs into.
pub(crate) fn patient() -> Limits {
    Limits { head: LONG, body: LONG, drain: LONG, ..Limits::default() }
}

/// A folder for a home, and how to serve it on its socket and on a free port.
pub(crate) fn options(folder: &TempDir) -> Options {
    Options {
        home: folder.path().join("home"),
        compiler: (programs::compiler(), Vec::new()),
        tcp: Some("127.0.0.1:0".parse().unwrap()),
        resume: true,
    }
}

/// A server.
pub(crate) struct House {
    pub(crate) running: Running,
    pub(crate) folder: Arc<TempDir>,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(patient()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::over(Arc::new(tempfile::tempdir().unwrap()), limits).await.unwrap()
    }

    pub(crate) async fn over(folder: Arc<TempDir>, limits: Limits) -> Result<Self, StartError> {
        let running = start_with(options(&folder), limits).await?;
        Ok(Self { running, folder })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.tcp().unwrap()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.running.socket().to_owned()
    }

    pub(crate) fn token(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("home/api.token")).unwrap()
    }

    pub(crate) async fn tcp(&self) -> Wire {
        Wire::tcp(self.address()).await
    }

    pub(crate) async fn unix(&self) -> Wire {
        Wire::unix(self.running.socket()).await
    }

    /// Asks over TCP, with the token.
    pub(crate) async fn ask_over_tcp(&self, request: Request) -> Answer {
        self.tcp().await.ask(request.token(&self.token())).await
    }

    /// Asks over both, which answer alike.
    pub(crate) async fn ask(&self, request: Request) -> Answer {
        let over_socket = self.unix().await.ask(request.clone()).await;
        let over_tcp = self.ask_over_tcp(request).await;
        assert_eq!(over_socket.status, over_tcp.status, "{over_socket:?} {over_tcp:?}");
        over_tcp
    }
}
