//! Repositories: a registry's host, and a path in it.

use std::fmt;
use std::str::FromStr;

use super::ReferenceError;

/// Longer names no registry keeps.
const LIMIT: usize = 255;

/// A repository of a registry: `ghcr.io/acme/platform-aws`, `localhost:5000/demo`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    registry: String,
    path: String,
}

impl Repository {
    /// The registry: host, and port where one was written.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The path in the registry.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl FromStr for Repository {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let error = |problem: &str, remedy: String| Err(ReferenceError::new(text, problem, remedy));
        let Some((registry, path)) = text.split_once('/').filter(|(registry, _)| is_host(registry)) else {
            let remedy = format!(
                "write the registry's host before it: `registry.example.com/{text}`; a folder begins with `./`"
            );
            return error("names no registry", remedy);
        };
        if let Err(problem) = check_host(registry) {
            return error(
                problem,
                "write `host/path` or `host:port/path`, the host in lower case".to_owned(),
            );
        }
        if text.len() > LIMIT {
            return error("is longer than 255 bytes", "use a shorter path".to_owned());
        }
        if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let remedy = format!("write `{registry}/{}`", path.to_ascii_lowercase());
            return error("has upper case letters, which no repository has", remedy);
        }
        if !path.split('/').all(is_component) {
            let remedy =
                "use words of a-z and 0-9, joined by `-`, `.` or `_`, in folders with `/`".to_owned();
            return error("is not a repository's path", remedy);
        }
        Ok(Self { registry: registry.to_owned(), path: path.to_owned() })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

/// Whether the first part of a text is meant as a host, by the rule that every tool for containers has.
pub(super) fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) && !first.starts_with('.') || first == "localhost"
}

fn check_host(registry: &str) -> Result<(), &'static str> {
    let (host, port) = match registry.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, port)) if host.parse::<std::net::Ipv6Addr>().is_ok() => {
                (None, port.strip_prefix(':').or((!port.is_empty()).then_some(port)))
            }
            _ => return Err("has a host that is no IPv6 address"),
        },
        None => match registry.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(registry), None),
        },
    };
    let digits = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if port.is_some_and(|port| {
        !digits(port) || port.parse::<u16>().is_ok_and(|port| port == 0) || port.parse::<u16>().is_err()
    }) {
        return Err("has a port that is none");
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    match host {
        Some(host) if !host.split('.').all(label) => Err("has a host that is none"),
        _ => Ok(()),
    }
}

/// One folder of a path: words of a-z and 0-9, with `.`, `_`, `__` or dashes between them.
fn is_component(part: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let edges =
        |part: &str| part.bytes().next().is_some_and(word) && part.bytes().next_back().is_some_and(word);
    let between = |run: &str| matches!(run, "" | "." | "_" | "__") || run.bytes().all(|byte| byte == b'-');
    edges(part) && part.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).all(between)
}
