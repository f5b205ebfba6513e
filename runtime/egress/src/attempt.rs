//! One try: a request sent, its answer read within bounds; or what is known of a request that has none.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, StatusCode};
use innominatus_model::{HttpMethod, RefusedAddress};
use reqwest::Client;
use tokio::time::{Instant, timeout_at};

use crate::client::CONNECTED;
use crate::prepare::Prepared;

/// An answer as it came.
pub(crate) struct Raw {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) peer: Option<SocketAddr>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The name leads to addresses that may not be reached. Nothing left.
    Refused(RefusedAddress),
    /// Nothing left. Whether another try could end otherwise.
    NotSent(&'static str, Again),
    /// Bytes may have left.
    Open(&'static str),
    /// The answer has so many bytes, or more.
    TooLarge(u64),
}

/// Whether another try is worth it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    Yes,
    No,
}

/// How a request is tried.
pub(crate) struct Bounds {
    pub(crate) until: Instant,
    pub(crate) response_bytes: u64,
    /// It has a connection of its own.
    pub(crate) fresh: bool,
    /// Statuses whose body nobody reads.
    pub(crate) skip_body: fn(StatusCode) -> bool,
}

/// Sends once.
pub(crate) async fn attempt(
    client: &Client,
    method: HttpMethod,
    prepared: &Prepared,
    bounds: &Bounds,
) -> Result<Raw, Failed> {
    let Ok(method) = method.as_str().parse() else {
        return Err(Failed::NotSent("its method cannot be sent", Again::No));
    };
    let mut request = reqwest::Request::new(method, prepared.url.clone());
    *request.headers_mut() = prepared.headers.clone();
    *request.body_mut() = Some(prepared.body.clone().into());
    let connected = Arc::new(AtomicBool::new(false));
    let sending = CONNECTED.scope(Arc::clone(&connected), client.execute(request));
    let response = match timeout_at(bounds.until, sending).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(classified(&error)),
        // A pooled connection says nothing of when it was taken.
        Err(_) if bounds.fresh && !connected.load(Ordering::SeqCst) => {
            return Err(Failed::NotSent("there was no connection in time", Again::No));
        }
        Err(_) => return Err(Failed::Open("no answer came in time")),
    };
    let (status, headers, peer) = (response.status(), response.headers().clone(), response.remote_addr());
    let body = if (bounds.skip_body)(status) { Vec::new() } else { read(response, bounds).await? };
    Ok(Raw { status, headers, body, peer })
}

async fn read(mut response: reqwest::Response, bounds: &Bounds) -> Result<Vec<u8>, Failed> {
    let limit = bounds.response_bytes;
    // What is announced is believed only to refuse sooner.
    if let Some(announced) = response.content_length().filter(|announced| *announced > limit) {
        return Err(Failed::TooLarge(announced));
    }
    let mut body = Vec::new();
    loop {
        match timeout_at(bounds.until, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                let so_far = body.len() as u64 + chunk.len() as u64;
                if so_far > limit {
                    return Err(Failed::TooLarge(so_far));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(_)) => return Err(Failed::Open("the answer broke off")),
            Err(_) => return Err(Failed::Open("the answer did not end in time")),
        }
    }
}

/// What is known of a request without an answer. The library's own words are not handed on: they hold URLs.
fn classified(error: &reqwest::Error) -> Failed {
    if let Some(refused) = cause::<RefusedAddress>(error) {
        return Failed::Refused(*refused);
    }
    if error.is_builder() {
        return Failed::NotSent("it cannot be written as HTTP", Again::No);
    }
    if !error.is_connect() {
        return Failed::Open("the connection broke before an answer, or what came was not HTTP");
    }
    if let Some(tls) = cause::<rustls::Error>(error) {
        return Failed::NotSent(distrust(tls), Again::No);
    }
    if error.is_dns() {
        return Failed::NotSent("its host's name leads to no address", Again::Yes);
    }
    Failed::NotSent("there is no connection to its host", Again::Yes)
}

/// Why a server is not spoken to.
fn distrust(error: &rustls::Error) -> &'static str {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::Expired | Certificate::ExpiredContext { .. } => "its host's certificate has expired",
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                "its host's certificate is not valid yet"
            }
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "its host's certificate is for another name"
            }
            Certificate::UnknownIssuer => "its host's certificate is signed by nobody who is trusted here",
            _ => "its host's certificate is not accepted",
        },
        rustls::Error::PeerIncompatible(_) => {
            "its host offers no TLS of version 1.2 or newer that is spoken here"
        }
        rustls::Error::AlertReceived(_) => "its host refused the TLS connection",
        _ => "its host does not speak TLS as it should",
    }
}

/// The first cause of a kind. An I/O error keeps its own aside, where `source` does not lead.
fn cause<'e, E: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}
