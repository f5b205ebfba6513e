//! HTTP on a free port of the loopback interface, with bodies of bytes both ways.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::body::{Body, Cut};

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The header `Content-Type`.
    pub content_type: Option<String>,
    /// What it was answered; none when the connection was cut.
    pub status: Option<u16>,
    pub(super) host: String,
    pub(super) body: Vec<u8>,
}

impl Asked {
    /// Method and path without the query.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap_or_default())
    }

    /// The part of the query of this name, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.path.split_once('?')?;
        let found = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
        Some(percent_encoding::percent_decode_str(&found.replace('+', " ")).decode_utf8_lossy().into_owned())
    }
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
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

/// Answers every request with what `handle` says; cuts the connection where it says nothing.
pub(super) async fn serve(handle: impl Fn(Asked) -> Option<Reply> + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let handle = Arc::new(handle);
    let task = tokio::spawn(async move {
        // Connections end with the server.
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let handle = Arc::clone(&handle);
            connections.spawn(async move {
                let service = service_fn(move |request| answered(Arc::clone(&handle), request));
                // Cut connections are what it is for.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Server { address, task }
}

type Answer = Response<UnsyncBoxBody<hyper::body::Bytes, Cut>>;

async fn answered(
    handle: Arc<impl Fn(Asked) -> Option<Reply>>,
    request: Request<Incoming>,
) -> Result<Answer, Cut> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes().to_vec();
    let header = |name: &str| {
        head.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let is_head = head.method == "HEAD";
    let asked = Asked {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        authorization: header("authorization"),
        content_type: header("content-type"),
        status: None,
        host: header("host").unwrap_or_default(),
        body,
    };
    let Reply { status, headers, body } = handle(asked).ok_or(Cut)?;
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    // An answer without a body has none to announce either.
    if let Some(length) = body.announced().filter(|_| status != 204) {
        response = response.header("content-length", length);
    }
    let body = if is_head { Body::Whole(Vec::new()) } else { body };
    response.body(UnsyncBoxBody::new(body.frames())).map_err(|_| Cut)
}
