//! A server on loopback that answers with exactly the bytes it is told to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::Sender;
use tokio_rustls::TlsAcceptor;

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// These bytes, and the connection stays.
    Keep(Vec<u8>),
    /// These bytes, then this one again and again for as long as anybody reads.
    Endless(Vec<u8>, Vec<u8>),
    /// These bytes, then nothing, ever.
    Hang(Vec<u8>),
    /// The connection is reset.
    Reset,
}

impl Reply {
    pub(crate) fn ok(body: &str) -> Self {
        Self::status(200, &[], body)
    }

    pub(crate) fn status(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let mut text = format!("HTTP/1.1 {status} Word\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        Self::Keep(format!("{text}\r\n{body}").into_bytes())
    }

    pub(crate) fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self::Raw(bytes.as_ref().to_vec())
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Counted from 0.
    pub(crate) connection: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let first = values.next();
        assert!(values.next().is_none(), "`{name}` came twice");
        first.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn text_lossy(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    connections: usize,
    arrived: Sender<usize>,
}

type Answer = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A server; gone with the test's runtime.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    scheme: &'static str,
}

impl Server {
    /// Answers each request as the function says.
    pub(crate) async fn with(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start("127.0.0.1:0", None, Arc::new(answer)).await
    }

    /// Answers every request with the same.
    pub(crate) async fn always(reply: Reply) -> Self {
        Self::with(move |_| reply.clone()).await
    }

    /// Answers with these in turn; with the last for ever.
    pub(crate) async fn turns(replies: Vec<Reply>) -> Self {
        let replies = Mutex::new(VecDeque::from(replies));
        Self::with(move |_| {
            let mut replies = replies.lock().unwrap();
            if replies.len() > 1 { replies.pop_front().unwrap() } else { replies[0].clone() }
        })
        .await
    }

    /// At an address of its own.
    pub(crate) async fn at(address: &str, reply: Reply) -> Self {
        Self::start(address, None, Arc::new(move |_: &Seen| reply.clone())).await
    }

    /// With TLS.
    pub(crate) async fn tls(config: ServerConfig, reply: Reply) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start("127.0.0.1:0", Some(acceptor), Arc::new(move |_: &Seen| reply.clone())).await
    }

    async fn start(address: &str, tls: Option<TlsAcceptor>, answer: Arc<Answer>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let known = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = {
                    let mut state = known.lock().unwrap();
                    state.connections += 1;
                    state.connections - 1
                };
                let (tls, answer, state) = (tls.clone(), Arc::clone(&answer), Arc::clone(&known));
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, connection, &*answer, &state, TcpStream::set_zero_linger).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, connection, &*answer, &state, |_| Ok(())).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, state, scheme }
    }

    /// A URL of this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Requests that came whole.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    /// Waits until so many have come.
    pub(crate) async fn arrived(&self, requests: usize) {
        let mut arrived = self.state.lock().unwrap().arrived.subscribe();
        arrived.wait_for(|count| *count >= requests).await.unwrap();
    }

    /// The one request that came.
    pub(crate) fn only(&self) -> Seen {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }

    /// Connections that were opened.
    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    connection: usize,
    answer: &Answer,
    state: &Mutex<State>,
    linger: impl Fn(&S) -> std::io::Result<()>,
) {
    let mut buffer = Vec::new();
    while let Some(mut seen) = read_request(&mut stream, &mut buffer).await {
        seen.connection = connection;
        {
            let mut state = state.lock().unwrap();
            state.seen.push(seen.clone());
            state.arrived.send_replace(state.seen.len());
        }
        match answer(&seen) {
            Reply::Keep(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Reply::Endless(head, again) => {
                let _ = stream.write_all(&head).await;
                while stream.write_all(&again).await.is_ok() {
                    tokio::task::yield_now().await;
                }
                return;
            }
            Reply::Hang(bytes) => {
                let _ = stream.write_all(&bytes).await;
                // Until the other side gives up.
                let _ = stream.read(&mut [0; 1]).await;
                return;
            }
            Reply::Reset => {
                linger(&stream).unwrap();
                return;
            }
        }
    }
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> Option<Seen> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        more(stream, buffer).await?;
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    while buffer.len() < length {
        more(stream, buffer).await?;
    }
    let body = buffer.drain(..length).collect();
    Some(Seen { line, headers, body, connection: 0 })
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> Option<()> {
    match stream.read_buf(buffer).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(()),
    }
}
