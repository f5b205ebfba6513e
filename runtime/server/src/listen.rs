//! Accepting connections: each listener serves so many and tells the others that it is full, nobody may take
//! for ever, and the end is orderly.

use std::fmt;
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
use innominatus_model::Code;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::limits::Limits;
use crate::problem::ApiError;
use crate::work::Work;

/// Connections that the system keeps until they are accepted.
const BACKLOG: u32 = 1024;

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

/// A port that is ours, where nobody is heard yet: who connects is refused.
pub(crate) struct Port {
    socket: TcpSocket,
    address: SocketAddr,
}

impl Port {
    pub(crate) fn take(address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // Connections of a server that was here a moment ago are no hindrance.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self { socket, address })
    }

    pub(crate) fn listen(self) -> io::Result<TcpListener> {
        self.socket.listen(BACKLOG)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// The listeners of one server.
pub(crate) struct Listeners {
    tasks: JoinSet<()>,
    limits: Limits,
    stopping: watch::Receiver<bool>,
}

impl Listeners {
    pub(crate) fn new(limits: Limits, stopping: watch::Receiver<bool>) -> Self {
        Self { tasks: JoinSet::new(), limits, stopping }
    }

    /// Serves whatever this listener accepts, until the server stops.
    pub(crate) fn serve<L: Listener<Io: Unpin>>(&mut self, listener: L, router: Router) {
        let pool = Pool::new(&self.limits, router);
        self.tasks.spawn(accept(listener, pool, self.limits.head, self.stopping.clone()));
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

/// Who is served by one listener, and who is told that it is full. The listeners have one each: whoever takes up
/// all of one leaves the other as it is.
struct Pool {
    served: Arc<Semaphore>,
    router: Router,
    refused: Arc<Semaphore>,
    full: Router,
}

/// A place in a pool.
struct Place {
    router: Router,
    /// Whether the connection may ask for more than one thing.
    keep_alive: bool,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    fn new(limits: &Limits, router: Router) -> Self {
        let full = || async {
            ApiError::new(Code::Unavailable, "the server has as many connections as it serves at a time")
                .hint("close some, or try again in a moment")
        };
        Self {
            served: Arc::new(Semaphore::new(limits.connections)),
            router,
            refused: Arc::new(Semaphore::new(limits.refusals)),
            full: Router::new().fallback(full),
        }
    }

    /// None when there are even too many to be told.
    fn place(&self) -> Option<Place> {
        let place = |pool: &Arc<Semaphore>, router: &Router, keep_alive| {
            let permit = pool.clone().try_acquire_owned().ok()?;
            Some(Place { router: router.clone(), keep_alive, _permit: permit })
        };
        place(&self.served, &self.router, true).or_else(|| place(&self.refused, &self.full, false))
    }
}

async fn accept<L: Listener>(
    mut listener: L,
    pool: Pool,
    head: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let stop = async { _ = stopping.wait_for(|stopping| *stopping).await };
        let (stream, _) = tokio::select! {
            () = stop => break,
            next = listener.accept() => next,
            Some(_) = connections.join_next() => continue,
        };
        match pool.place() {
            Some(place) => _ = connections.spawn(connection(stream, place, head, stopping.clone())),
            None => drop(stream),
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// One connection: HTTP/1.1 with a limit on how long a request's head may take. `axum::serve` has none.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    place: Place,
    head: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    let service = TowerToHyperService::new(place.router.clone());
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .keep_alive(place.keep_alive)
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
