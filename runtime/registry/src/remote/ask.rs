//! A request and its answer, as values.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use innominatus_model::Json;
use innominatus_package::Repository;
use url::Url;

use super::auth::Scope;
use super::scope_of;
use crate::{RegistryError, limits};

/// What is done where a registry sends to another host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// It is an error.
    Refused,
    /// It is gone to, without credentials.
    Followed,
    /// The redirect is the answer.
    Told,
}

/// A request.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) repository: &'a Repository,
    pub(super) path: String,
    pub(super) what: String,
    pub(super) url: Option<Url>,
    pub(super) accept: &'static str,
    pub(super) body: Option<(&'a str, Bytes)>,
    pub(super) limit: u64,
    pub(super) elsewhere: Elsewhere,
    pub(super) scope: Scope,
}

impl<'a> Ask<'a> {
    /// For a path of a repository. `what` is what is asked for, in words.
    pub(super) fn new(method: Method, repository: &'a Repository, path: String, what: String) -> Self {
        let scope = scope_of(&method);
        Self {
            method,
            repository,
            path,
            what,
            url: None,
            accept: "*/*",
            body: None,
            limit: limits::REFUSAL as u64,
            elsewhere: Elsewhere::Refused,
            scope,
        }
    }

    /// With media types that are understood.
    pub(super) fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    /// With a body, and its media type.
    pub(super) fn body(mut self, media_type: &'a str, bytes: Bytes) -> Self {
        self.body = Some((media_type, bytes));
        self
    }

    /// With an answer of at most so many bytes.
    pub(super) fn limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }

    /// The answer may be on another host.
    pub(super) fn follow(mut self) -> Self {
        self.elsewhere = Elsewhere::Followed;
        self
    }

    /// That the answer is on another host is an answer too: nobody goes there.
    pub(super) fn stay(mut self) -> Self {
        self.elsewhere = Elsewhere::Told;
        self
    }

    /// To an address that the registry gave.
    pub(super) fn at(mut self, url: Url) -> Self {
        self.url = Some(url);
        self
    }

    /// With the right to do more than it seems to need.
    pub(super) fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }
}

/// An answer. Its body is whole where the status is a success, else the beginning of it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body of what was found.
    pub(super) fn found(self, repository: &Repository, what: &str) -> Result<Vec<u8>, RegistryError> {
        match self.status {
            StatusCode::OK => Ok(self.body),
            StatusCode::NOT_FOUND => Err(RegistryError::NotFound { what: what.to_owned() }),
            _ => Err(self.unexpected(repository)),
        }
    }

    /// An answer that nobody knows what to do with.
    pub(super) fn unexpected(&self, repository: &Repository) -> RegistryError {
        RegistryError::Protocol { registry: repository.registry().to_owned(), problem: self.said() }
    }

    /// Status and message, shortened and escaped.
    pub(super) fn said(&self) -> String {
        said(self.status, &self.body)
    }
}

/// What an answer says, as far as it can be shown: its status and the code of its error, and not its message, which may
/// repeat what the registry was shown.
pub(super) fn said(status: StatusCode, body: &[u8]) -> String {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let is_code = |code: &&str| {
        (1..=40).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    match json["errors"][0]["code"].as_str().filter(is_code) {
        None => format!("it answers {}", status.as_u16()),
        Some(code) => format!("it answers {} ({code})", status.as_u16()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrys_words_are_not_repeated() {
        let of = |body: &str| said(StatusCode::FORBIDDEN, body.as_bytes());
        let echo = r#"{"errors": [{"code": "DENIED", "message": "not with Basic cm9ib3Q6aHVudGVyMg=="}]}"#;
        assert_eq!(of(echo), "it answers 403 (DENIED)");
        assert_eq!(of(r#"{"errors": [{"code": "Basic cm9ib3Q6aHVudGVyMg=="}]}"#), "it answers 403");
        assert_eq!(of("hunter2"), "it answers 403");
    }
}
