//! Where HTTP requests may go. Patterns and rules are compared with destinations that were normalised first (the
//! WHATWG rules, in `effect`); nothing here parses a URL.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

/// The scheme of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Without encryption.
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    /// The word in URLs and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// From the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Http, Self::Https].into_iter().find(|scheme| scheme.as_str() == word)
    }

    /// The port when a URL names none.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A request method that components may use. `CONNECT` and `TRACE` have no place here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HttpMethod {
    /// Looks.
    Get,
    /// Looks at the headers.
    Head,
    /// Asks what may be done.
    Options,
    /// Makes or replaces what the URL names; may be repeated.
    Put,
    /// Removes what the URL names; may be repeated.
    Delete,
    /// Anything; may not be repeated.
    Post,
    /// Changes a part; may not be repeated.
    Patch,
}

impl HttpMethod {
    /// Every method.
    pub const ALL: [Self; 7] =
        [Self::Get, Self::Head, Self::Options, Self::Put, Self::Delete, Self::Post, Self::Patch];

    /// The word in requests and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }

    /// From the word, which is upper case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }

    /// RFC 9110 §9.2.1: it changes nothing.
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options)
    }

    /// RFC 9110 §9.2.2: doing it twice comes to the same.
    pub fn is_idempotent(self) -> bool {
        self.is_safe() || matches!(self, Self::Put | Self::Delete)
    }
}

impl fmt::Display for HttpMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which hosts: one, or those below a suffix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostPattern {
    /// Exactly this host: lower case, without a trailing dot; an IPv6 address without brackets.
    Exact(String),
    /// Any host below this one (`*.example.com`: `a.example.com`, `b.a.example.com`, not `example.com`).
    Below(String),
}

/// Why text is not a host pattern. A fragment: "it …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHost {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// A star anywhere but as the first label.
    #[error("has a `*` that is not its first label")]
    Star,
    /// The suffix is a whole top-level domain.
    #[error("would match a whole top-level domain")]
    TopLevel,
    /// A character that no host has.
    #[error("has characters that no host name has (write it in lower case, international names as `xn--…`)")]
    Character,
}

impl HostPattern {
    /// From `host` or `*.suffix`.
    pub fn parse(text: &str) -> Result<Self, InvalidHost> {
        if text.is_empty() {
            return Err(InvalidHost::Empty);
        }
        let (rest, below) = match text.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        if rest.contains('*') {
            return Err(InvalidHost::Star);
        }
        if !below && rest.parse::<IpAddr>().is_ok() {
            return Ok(Self::Exact(rest.to_ascii_lowercase()));
        }
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if rest.split('.').any(|label| label.is_empty() || label.len() > 63 || !label.bytes().all(plain)) {
            return Err(InvalidHost::Character);
        }
        if below && (!rest.contains('.') || rest.parse::<IpAddr>().is_ok()) {
            return Err(InvalidHost::TopLevel);
        }
        Ok(if below { Self::Below(rest.to_owned()) } else { Self::Exact(rest.to_owned()) })
    }

    /// Whether a normalised host is one of these.
    pub fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(known) => known == host,
            Self::Below(suffix) => {
                host.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => f.write_str(host),
            Self::Below(suffix) => write!(f, "*.{suffix}"),
        }
    }
}

/// Where a normalised request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpDestination {
    /// The scheme.
    pub scheme: Scheme,
    /// Lower case, without a trailing dot; an IPv6 address without brackets.
    pub host: String,
    /// Explicit.
    pub port: u16,
    /// The path, dot segments resolved, escapes as they are sent.
    pub path: String,
}

/// Which origins a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpTarget {
    /// Scheme, hosts and port.
    Origin {
        /// The scheme.
        scheme: Scheme,
        /// The hosts.
        host: HostPattern,
        /// The port.
        port: u16,
    },
    /// The origin of the URL in this setting of the platform: the operator says where. Only in a want.
    Setting(String),
}

impl fmt::Display for HttpTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Self::Origin { scheme, host, port } => (scheme, host.to_string(), port),
            Self::Setting(name) => return write!(f, "the URL in the setting `{name}`"),
        };
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        write!(f, "{}://{host}", scheme.as_str())?;
        if *port == scheme.default_port() { Ok(()) } else { write!(f, ":{port}") }
    }
}

/// What may be done where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRule {
    /// Which origins.
    pub target: HttpTarget,
    /// Which methods; never empty.
    pub methods: BTreeSet<HttpMethod>,
    /// What paths begin with, at the border of a segment: `/v1` is `/v1` and `/v1/x`, not `/v1x`.
    pub path: String,
    /// Whether the component's own secrets (generated ones, and sensitive outputs it was passed) may be sent there.
    pub secrets: bool,
}

impl HttpRule {
    /// Whether a request is one of these. `setting` looks up a setting's URL, normalised.
    pub fn matches(
        &self,
        method: HttpMethod,
        to: &HttpDestination,
        setting: impl FnOnce(&str) -> Option<HttpDestination>,
    ) -> bool {
        let there = match &self.target {
            HttpTarget::Origin { scheme, host, port } => {
                *scheme == to.scheme && *port == to.port && host.matches(&to.host)
            }
            HttpTarget::Setting(name) => setting(name).is_some_and(|origin| {
                (origin.scheme, origin.host.as_str(), origin.port) == (to.scheme, to.host.as_str(), to.port)
            }),
        };
        there && self.methods.contains(&method) && is_below(&to.path, &self.path)
    }
}

/// Whether a path is the prefix or below it. An escaped slash or backslash means different things to different
/// servers, so nothing is below a prefix through one.
fn is_below(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    if prefix.is_empty() {
        return true;
    }
    let lower = path.to_ascii_lowercase();
    let plain = !lower.contains("%2f") && !lower.contains("%5c") && !lower.contains("%00");
    plain && path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Bounds of the requests under one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// Bytes of a request's body.
    pub request_bytes: u64,
    /// Bytes of an answer's body.
    pub response_bytes: u64,
    /// Requests at the same time.
    pub concurrency: u32,
    /// Milliseconds from the first byte sent to the last one read.
    pub timeout_ms: u32,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { request_bytes: 256 * 1024, response_bytes: 256 * 1024, concurrency: 8, timeout_ms: 30_000 }
    }
}

/// What the operator allows, and on which terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// What may be done where; never a [`HttpTarget::Setting`].
    pub rule: HttpRule,
    /// Requests whose method says that they write, but that only look: method and path prefix.
    pub reads: Vec<(HttpMethod, String)>,
    /// Addresses that are not public (loopback, private, link-local) and may be reached all the same.
    pub addresses: Vec<IpNet>,
    /// Bounds.
    pub limits: HttpLimits,
    /// A file with certificates (PEM) that are trusted here instead of the public ones.
    pub ca_file: Option<String>,
    /// A proxy that requests go through; none is taken from the environment.
    pub proxy: Option<String>,
}

impl HttpGrant {
    /// A rule on the usual terms.
    pub fn new(rule: HttpRule) -> Self {
        Self {
            rule,
            reads: Vec::new(),
            addresses: Vec::new(),
            limits: HttpLimits::default(),
            ca_file: None,
            proxy: None,
        }
    }

    /// Whether a request only looks: by its method, or because the operator says so.
    pub fn is_read(&self, method: HttpMethod, path: &str) -> bool {
        method.is_safe()
            || self.reads.iter().any(|(known, prefix)| *known == method && is_below(path, prefix))
    }
}

#[cfg(test)]
mod tests;
