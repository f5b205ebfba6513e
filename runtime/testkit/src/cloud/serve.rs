//! HTTP on a free port of the loopback interface: every request as a value, and every answer, or none.
//!
//! **Absent on purpose:** what is asked and what it means.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request as the cloud saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// What it was answered; none when the connection was cut.
    pub status: Option<u16>,
}

impl Seen {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What comes of a request.
pub(super) enum Reply {
    /// An answer.
    Said { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// The connection is cut.
    Cut,
}

impl Reply {
    pub(super) fn json(status: u16, mut headers: Vec<(&'static str, String)>, body: String) -> Self {
        headers.push(("content-type", "application/json".to_owned()));
        Self::Said { status, headers, body }
    }
}

/// A server. It stops when this is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers every request with what `handle` says.
///
/// # Panics
/// When there is no free port.
pub(super) async fn serve<A>(handle: impl Fn(Seen) -> A + Send + Sync + 'static) -> Server
where
    A: Future<Output = Reply> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let handle = Arc::new(handle);
    let task = tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let handle = Arc::clone(&handle);
            tokio::spawn(async move {
                let service = service_fn(move |request| answered(Arc::clone(&handle), request));
                // Cut connections are what it is for.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Server { address, task }
}

/// The connection is cut.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut on order")
    }
}

impl std::error::Error for Cut {}

async fn answered<A: Future<Output = Reply>>(
    handle: Arc<impl Fn(Seen) -> A>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Cut> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let seen = Seen {
        method: head.method.to_string(),
        path,
        headers: head.headers.iter().map(header).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
        status: None,
    };
    match handle(seen).await {
        Reply::Cut => Err(Cut),
        Reply::Said { status, headers, body } => {
            let response =
                headers.into_iter().fold(Response::builder().status(status), |response, (name, value)| {
                    response.header(name, value)
                });
            Ok(response.body(Full::new(Bytes::from(body))).unwrap_or_default())
        }
    }
}
