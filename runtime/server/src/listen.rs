//! Accepting connections: timeouts on headers, a cap on connections, an orderly end.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use innominatus_api::socket;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::limits::Limits;
use crate::work::Work;

const CONNECTIONS: usize = 512;

/// Binds the socket of a home whose store we hold: a file that is there is nobody's.
pub(crate) fn unix(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let reachable = socket::reachable(path)?;
    let listener = UnixListener::bind(reachable.path())?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Binds a loopback address.
pub(crate) async fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// The listeners of one server.
pub(crate) struct Listeners {
    tasks: JoinSet<()>,
    limits: Limits,
    stopping: watch::Receiver<bool>,
    permits: Arc<Semaphore>,
}

impl Listeners {
    pub(crate) fn new(limits: Limits, stopping: watch::Receiver<bool>) -> Self {
        Self { tasks: JoinSet::new(), limits, stopping, permits: Arc::new(Semaphore::new(CONNECTIONS)) }
    }

    /// Serves whatever this listener accepts, until the server stops.
    pub(crate) fn serve<L: Listener<Io: Unpin>>(&mut self, listener: L, router: Router) {
        let limits = self.limits.clone();
        self.tasks.spawn(accept(listener, router, limits, self.stopping.clone(), self.permits.clone()));
    }

    /// Waits for the calls in flight and what they began, for a while.
    pub(crate) async fn drain(mut self, work: &Work) {
        let all = async {
            while self.tasks.join_next().await.is_some() {}
            work.finished().await;
        };
        if tokio::time::timeout(self.limits.drain, all).await.is_err() {
            tracing::warn!("some calls did not end in time");
        }
    }
}

async fn accept<L: Listener>(
    mut listener: L,
    router: Router,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
    permits: Arc<Semaphore>,
) {
    let mut connections = JoinSet::new();
    loop {
        let stop = async { _ = stopping.wait_for(|stopping| *stopping).await };
        let permit = permits.clone().acquire_owned();
        let next = async { (permit.await, listener.accept().await) };
        let (permit, (stream, _)) = tokio::select! {
            () = stop => break,
            next = next => next,
            Some(_) = connections.join_next() => continue,
        };
        let (router, head, stopping) = (router.clone(), limits.head, stopping.clone());
        connections.spawn(async move {
            let _permit = permit;
            connection(stream, router, head, stopping).await;
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// One connection: HTTP/1.1 with a limit on how long a request's head may take. `axum::serve` has none.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    head: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    let service = TowerToHyperService::new(router);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut draining = false;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            _ = stopping.wait_for(|stopping| *stopping), if !draining => {
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
