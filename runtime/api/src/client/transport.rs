//! One HTTP/1.1 exchange per connection: simple, and nothing to time out between commands.

use std::fmt;
use std::path::PathBuf;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, UnixStream};

use super::ClientError;
use crate::wire::Problem;

/// No answer of the API is larger: artifacts are bounded by the contract.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A Unix socket, protected by its file mode.
    Unix(PathBuf),
    /// `host:port`.
    Tcp(String),
}

impl Endpoint {
    /// From `http://host:port` or `unix:/path`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return (!path.is_empty()).then(|| Self::Unix(path.into()));
        }
        let authority = text.strip_prefix("http://")?.trim_end_matches('/');
        let (host, port) = authority.rsplit_once(':')?;
        (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| Self::Tcp(authority.to_owned()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(authority) => write!(f, "http://{authority}"),
        }
    }
}

pub(super) async fn send(
    endpoint: &Endpoint,
    token: Option<&str>,
    method: &str,
    path: &str,
    body: Option<String>,
    accept: &str,
) -> Result<Response<Incoming>, ClientError> {
    let unreachable = |error: std::io::Error| ClientError::Unreachable {
        endpoint: endpoint.to_string(),
        reason: error.to_string(),
    };
    let broken = |error: hyper::Error| ClientError::Broken(error.to_string());
    let (mut sender, host) = match endpoint {
        Endpoint::Unix(path) => {
            let reachable = crate::socket::reachable(path).map_err(unreachable)?;
            let stream = UnixStream::connect(reachable.path()).await.map_err(unreachable)?;
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
            tokio::spawn(connection);
            (sender, "localhost")
        }
        Endpoint::Tcp(authority) => {
            let stream = TcpStream::connect(authority).await.map_err(unreachable)?;
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
            tokio::spawn(connection);
            (sender, authority.as_str())
        }
    };
    let mut request =
        Request::builder().method(method).uri(path).header("host", host).header("accept", accept);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let request = request
        .body(Full::new(Bytes::from(body.unwrap_or_default())))
        .map_err(|error| ClientError::Malformed(format!("the request cannot be built: {error}")))?;
    sender.send_request(request).await.map_err(broken)
}

pub(super) async fn collect(response: Response<Incoming>) -> Result<Bytes, ClientError> {
    Limited::new(response.into_body(), MAX_ANSWER)
        .collect()
        .await
        .map(|collected| collected.to_bytes())
        .map_err(|error| ClientError::Broken(error.to_string()))
}

/// The problem in an answer that is not a success.
pub(super) async fn problem(response: Response<Incoming>) -> ClientError {
    let status = response.status();
    match collect(response).await {
        Ok(bytes) => match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => ClientError::Problem(Box::new(problem)),
            Err(_) => ClientError::Malformed(format!("HTTP status {status} without a problem document")),
        },
        Err(error) => error,
    }
}

/// `?key=value&…`, or nothing.
pub(super) fn query<'a>(parts: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (key, value) in parts {
        out.push(if out.is_empty() { '?' } else { '&' });
        out.push_str(key);
        out.push('=');
        out.push_str(&segment(value));
    }
    out
}

/// Percent-encodes everything but unreserved characters.
pub(super) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_parse_and_print() {
        for good in ["unix:/run/x.sock", "http://127.0.0.1:8080"] {
            assert_eq!(Endpoint::parse(good).unwrap().to_string(), good);
        }
        for bad in ["", "unix:", "https://a:1", "http://a", "http://:1", "http://a:b", "a:1"] {
            assert_eq!(Endpoint::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_people_type_cannot_leave_its_segment() {
        assert_eq!(segment("a/b?c#d e\n%"), "a%2Fb%3Fc%23d%20e%0A%25");
        assert_eq!(query([("a", "1&b=2")].into_iter()), "?a=1%26b%3D2");
    }
}
