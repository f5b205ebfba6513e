//! HTTP as values: what a guest asks for, what it is told, and where a request really goes.

use std::net::IpAddr;

use innominatus_model::{Denial, HttpDestination, HttpMethod, Json, Scheme};
use serde_json::json;
use url::{Host, Url};

/// What a request carries.
#[derive(Debug, Clone, PartialEq)]
pub enum HttpBody {
    /// Nothing.
    Empty,
    /// Bytes as they are: tokens in them stay tokens.
    Raw(Vec<u8>),
    /// JSON; tokens in its strings are completed.
    Json(Json),
    /// A form (`application/x-www-form-urlencoded`); tokens in its values are completed.
    Form(Vec<(String, String)>),
}

/// Where the host writes the idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// A header of this name.
    Header(String),
    /// A query parameter of this name.
    Query(String),
    /// A JSON Pointer into a JSON body, or the name of a form field.
    Pointer(String),
}

/// A secret in the answer that the guest is not to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// A JSON Pointer into a JSON answer, or a slash-separated element path into an XML one.
    pub pointer: String,
    /// What the component calls the secret, unique per resource.
    pub secret: String,
}

/// One request, as the guest gave it. It holds tokens, never secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpRequest {
    /// For people and for settling.
    pub purpose: String,
    /// The method.
    pub method: HttpMethod,
    /// The URL.
    pub url: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: HttpBody,
    /// A credential binding of the grant.
    pub credential: Option<String>,
    /// Where the idempotency key goes; with one, the request may be sent again.
    pub idempotency: Option<Slot>,
    /// Secrets to take out of the answer.
    pub capture: Vec<Capture>,
    /// Milliseconds; the grant's own bound when absent or longer.
    pub timeout_ms: Option<u32>,
}

impl HttpRequest {
    /// Whether sending it twice comes to the same as sending it once.
    pub fn is_repeatable(&self) -> bool {
        self.method.is_idempotent() || self.idempotency.is_some()
    }

    /// Whether that holds only for as long as it carries the same key.
    pub fn is_by_key(&self) -> bool {
        self.idempotency.is_some() && !self.method.is_idempotent()
    }

    /// The request as JSON: what the digest covers, and what a guest is shown of an unsettled one.
    pub fn json(&self) -> Json {
        let pairs = |pairs: &[(String, String)]| {
            pairs.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>()
        };
        let body = match &self.body {
            HttpBody::Empty => Json::Null,
            HttpBody::Raw(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => json!({"text": text}),
                Err(_) => json!({"bytes": bytes}),
            },
            HttpBody::Json(value) => json!({"json": value}),
            HttpBody::Form(fields) => json!({"form": pairs(fields)}),
        };
        let slot = self.idempotency.as_ref().map(|slot| match slot {
            Slot::Header(name) => json!({"header": name}),
            Slot::Query(name) => json!({"query": name}),
            Slot::Pointer(pointer) => json!({"pointer": pointer}),
        });
        let capture: Vec<Json> = self
            .capture
            .iter()
            .map(|capture| json!({"pointer": capture.pointer, "secret": capture.secret}))
            .collect();
        json!({
            "purpose": self.purpose, "method": self.method.as_str(), "url": self.url,
            "headers": pairs(&self.headers), "body": body, "credential": self.credential,
            "idempotency": slot, "capture": capture, "timeoutMs": self.timeout_ms,
        })
    }
}

/// An answer, scrubbed: what was captured or is known to be secret stands in it as a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// Whether it says what became of a request that may have been acted on before.
    pub fn settles(&self) -> bool {
        settles(self.status)
    }
}

/// Whether an answer with this status says what became of a request that may have been acted on before: who is busy or
/// broken says nothing.
pub fn settles(status: u16) -> bool {
    !matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 520..=527)
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpError {
    /// Not granted.
    Denied(Denial),
    /// It changed nothing: it never left, or it only reads and no answer came.
    NotSent(String),
    /// It may have been acted on, or not.
    OutcomeUnknown(String),
    /// The answer is larger than allowed; so many bytes were announced or read.
    TooLarge(u64),
}

/// Why text is not a URL that requests go to. A fragment: "it …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// Characters that parsers disagree about.
    #[error("has spaces, control characters or backslashes")]
    Characters,
    /// Not a URL at all.
    #[error("cannot be read: {0}")]
    Syntax(String),
    /// Another scheme.
    #[error("is neither `http` nor `https`")]
    Scheme,
    /// A user or password before the host.
    #[error("has a user or password in it; use a credential binding")]
    UserInfo,
    /// A fragment, which is never sent.
    #[error("has a fragment")]
    Fragment,
    /// No host, or one with a trailing dot.
    #[error("has no plain host name")]
    Host,
}

/// The URL as it is sent and, of it, what grants are compared with. Whatever two parsers could read in two ways is
/// refused rather than mended.
pub fn destination(text: &str) -> Result<(Url, HttpDestination), InvalidUrl> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.chars().any(odd) {
        return Err(InvalidUrl::Characters);
    }
    let url = Url::parse(text).map_err(|error| InvalidUrl::Syntax(error.to_string()))?;
    let scheme = Scheme::parse(url.scheme()).ok_or(InvalidUrl::Scheme)?;
    let authority = text.split_once("://").ok_or(InvalidUrl::Host)?.1;
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidUrl::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(InvalidUrl::Fragment);
    }
    let host = match url.host() {
        Some(Host::Domain(name)) if !name.is_empty() && !name.ends_with('.') => name.to_owned(),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).to_string(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_string(),
        _ => return Err(InvalidUrl::Host),
    };
    let port = url.port_or_known_default().unwrap_or(scheme.default_port());
    let to = HttpDestination { scheme, host, port, path: url.path().to_owned() };
    Ok((url, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_normalised_before_they_are_judged() {
        let cases = [
            ("https://API.Example.COM/v1", "https", "api.example.com", 443, "/v1"),
            ("https://api.example.com:443", "https", "api.example.com", 443, "/"),
            ("http://api.example.com:8080/a/../b", "http", "api.example.com", 8080, "/b"),
            ("http://api.example.com/%2e%2e/b", "http", "api.example.com", 80, "/b"),
            ("https://b\u{fc}cher.example/", "https", "xn--bcher-kva.example", 443, "/"),
            ("http://0x7f.1/", "http", "127.0.0.1", 80, "/"),
            ("http://2130706433/", "http", "127.0.0.1", 80, "/"),
            ("http://[::ffff:169.254.169.254]/", "http", "::ffff:169.254.169.254", 80, "/"),
        ];
        for (text, scheme, host, port, path) in cases {
            let (_, to) = destination(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let found = (to.scheme.as_str(), to.host.as_str(), to.port, to.path.as_str());
            assert_eq!(found, (scheme, host, port, path), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        let cases = [
            ("https://granted.example.com@evil.example.org/", InvalidUrl::UserInfo),
            ("https://granted.example.com:443@evil.example.org/", InvalidUrl::UserInfo),
            ("https://@evil.example.org/", InvalidUrl::UserInfo),
            ("https://granted.example.com\\@evil.example.org/", InvalidUrl::Characters),
            ("https://granted.example.com\t.evil.example.org/", InvalidUrl::Characters),
            ("https://granted.example.com\n/", InvalidUrl::Characters),
            (" https://granted.example.com/", InvalidUrl::Characters),
            ("https://granted.example.com./", InvalidUrl::Host),
            ("https:granted.example.com/", InvalidUrl::Host),
            ("file:///etc/passwd", InvalidUrl::Scheme),
            ("ftp://granted.example.com/", InvalidUrl::Scheme),
            ("https://granted.example.com/#part", InvalidUrl::Fragment),
        ];
        for (text, expected) in cases {
            assert_eq!(destination(text).unwrap_err(), expected, "{text}");
        }
        assert!(matches!(destination("https://"), Err(InvalidUrl::Syntax(_))));
        assert!(matches!(destination("nonsense"), Err(InvalidUrl::Syntax(_))));
        assert!(matches!(destination("https://a:99999/"), Err(InvalidUrl::Syntax(_))));
    }
}
