//! HTTP as bytes: what well-behaved clients never send can be sent too.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use crate::house::soon;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// One connection.
pub(crate) struct Wire(Box<dyn Stream>);

impl Wire {
    pub(crate) async fn tcp(address: SocketAddr) -> Self {
        Self(Box::new(TcpStream::connect(address).await.unwrap()))
    }

    pub(crate) async fn unix(socket: &Path) -> Self {
        Self(Box::new(UnixStream::connect(socket).await.unwrap()))
    }

    /// That the server has closed the connection is seen when it is read.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Reads until this text has come, and returns everything up to its end.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        let mut next = [0_u8];
        soon(&format!("`{text}`"), async {
            while !read.ends_with(text.as_bytes()) {
                let got = self.0.read(&mut next).await.unwrap();
                assert!(got > 0, "closed before `{text}`: {:?}", String::from_utf8_lossy(&read));
                read.push(next[0]);
            }
        })
        .await;
        String::from_utf8(read).unwrap()
    }

    /// Everything until the server closes the connection. One that it resets is closed too.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut read = Vec::new();
        let mut next = [0_u8; 4096];
        soon("the end of the connection", async {
            loop {
                match self.0.read(&mut next).await {
                    Ok(0) | Err(_) => break,
                    Ok(got) => read.extend_from_slice(&next[..got]),
                }
            }
        })
        .await;
        read
    }

    /// The answer, after which the server closes the connection.
    pub(crate) async fn answer(&mut self) -> Answer {
        Answer::parse(&self.rest().await)
    }

    pub(crate) async fn ask(mut self, request: Request) -> Answer {
        self.send(request.text()).await;
        self.answer().await
    }
}

/// A request, written out.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let request =
            Self { line: format!("{method} {path} HTTP/1.1"), headers: Vec::new(), body: Vec::new() };
        request.header("host", "localhost").header("connection", "close")
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// With one header more, or another value for one that is there.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn json(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.header("content-type", "application/json").header("content-length", &length)
    }

    pub(crate) fn head(&self) -> String {
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{}\r\n{headers}\r\n", self.line)
    }

    pub(crate) fn text(&self) -> Vec<u8> {
        [self.head().as_bytes(), &self.body].concat()
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("not an answer: {text:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status: {head}"));
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The problem document: its code, which agrees with the status.
    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert!(!problem["detail"].as_str().unwrap().is_empty(), "{problem}");
        problem["code"].as_str().unwrap().to_owned()
    }
}
