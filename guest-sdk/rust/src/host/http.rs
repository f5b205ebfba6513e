//! The capability `http`: requests as values. The host authorises them, puts credentials and secrets in, signs,
//! sends, and takes secrets out of the answers.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Backing, Token};
use crate::{Cause, Denial, Failure, FailureExt, Json};

/// The capability `http`; the manifest must ask for it, and say where requests go.
#[derive(Clone, Copy)]
pub struct Http<'a>(Backing<'a>);

impl<'a> Http<'a> {
    pub(super) fn new(backing: Backing<'a>) -> Self {
        Self(backing)
    }

    /// Looks: `GET`.
    pub fn get(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("GET", url)
    }

    /// Looks at the headers: `HEAD`.
    pub fn head(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("HEAD", url)
    }

    /// Makes or replaces what the URL names; may be sent again: `PUT`.
    pub fn put(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("PUT", url)
    }

    /// Removes what the URL names; may be sent again: `DELETE`.
    pub fn delete(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("DELETE", url)
    }

    /// Anything; sent once, unless it has a place for an idempotency key: `POST`.
    pub fn post(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("POST", url)
    }

    /// Changes a part; sent once, unless it has a place for an idempotency key: `PATCH`.
    pub fn patch(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("PATCH", url)
    }

    fn call(&self, method: &str, url: impl Into<String>) -> HttpCall<'a> {
        let request = HttpRequest {
            purpose: String::new(),
            method: method.to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: HttpBody::Empty,
            credential: None,
            idempotency: None,
            capture: Vec::new(),
            timeout: None,
        };
        HttpCall { backing: self.0, request }
    }
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq)]
pub enum HttpBody {
    /// Nothing.
    Empty,
    /// Bytes as they are: tokens in them stay tokens.
    Raw(Vec<u8>),
    /// JSON; the host puts secrets in place of tokens in its strings.
    Json(Json),
    /// A form; the host puts secrets in place of tokens in its values.
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

/// A request, as it is handed to the host.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpRequest {
    /// For people and for settling.
    pub purpose: String,
    /// `GET`, …
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Headers; the host adds those of credentials, length and connection.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: HttpBody,
    /// A credential binding that the operator granted; after a colon the service to sign for (`aws:rds`).
    pub credential: Option<String>,
    /// Where the idempotency key goes.
    pub idempotency: Option<Slot>,
    /// Secrets in the answer: where they stand, and what the component calls them.
    pub capture: Vec<(String, String)>,
    /// The operator's own bound when absent or longer.
    pub timeout: Option<Duration>,
}

/// An answer. Secrets in it stand as tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Not granted.
    #[error("`{}` was denied: {}", .0.wanted, .0.remedy)]
    Denied(Denial),
    /// It changed nothing: it never left, or it only reads and no answer came. Trying again is safe.
    #[error("the request changed nothing: {0}")]
    NotSent(String),
    /// It may have been acted on, or not: look before doing it again.
    #[error("it is not known whether the request was acted on: {0}")]
    OutcomeUnknown(String),
    /// The answer is larger than the operator allows.
    #[error("the answer has {0} bytes or more, which is more than the grant allows")]
    TooLarge(u64),
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        let message = error.to_string();
        match error {
            HttpError::Denied(denial) => {
                Self::new(Cause::Denied(Box::new(denial)), "capability-denied", message)
            }
            HttpError::NotSent(_) => Self::transient("not-sent", message),
            HttpError::OutcomeUnknown(_) => Self::transient("outcome-unknown", message),
            HttpError::TooLarge(_) => Self::permanent("answer-too-large", message),
        }
    }
}

/// A request that is being put together.
#[derive(Clone)]
#[must_use = "nothing is sent before `send`"]
pub struct HttpCall<'a> {
    backing: Backing<'a>,
    request: HttpRequest,
}

impl HttpCall<'_> {
    /// What this call is for, for people: "make the bucket".
    pub fn purpose(mut self, purpose: impl Into<String>) -> Self {
        self.request.purpose = purpose.into();
        self
    }

    /// Adds a header. A token in the value becomes its secret.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.headers.push((name.into(), value.into()));
        self
    }

    /// Carries JSON; tokens in its strings become secrets.
    ///
    /// # Panics
    ///
    /// If the value cannot be JSON (a map whose keys are not strings).
    pub fn json(mut self, body: impl Serialize) -> Self {
        let value = serde_json::to_value(body).expect("a value that JSON can hold");
        self.request.body = HttpBody::Json(value);
        self
    }

    /// Carries a form; tokens in its values become secrets.
    pub fn form<N: Into<String>, V: Into<String>>(
        mut self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.request.body = HttpBody::Form(fields.collect());
        self
    }

    /// Carries these bytes; tokens in them stay tokens.
    pub fn raw(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request.body = HttpBody::Raw(body.into());
        self
    }

    /// Has the host put this credential binding in.
    pub fn credential(mut self, name: impl Into<String>) -> Self {
        self.request.credential = Some(name.into());
        self
    }

    /// Lets the host write an idempotency key there, so that the request may be sent again.
    pub fn idempotency(mut self, slot: Slot) -> Self {
        self.request.idempotency = Some(slot);
        self
    }

    /// Has the host keep what stands at `pointer` of the answer (a JSON Pointer, or a slash-separated element path
    /// into XML) as the secret `name`; the answer then holds its token.
    pub fn capture(mut self, pointer: impl Into<String>, name: impl Into<String>) -> Self {
        self.request.capture.push((pointer.into(), name.into()));
        self
    }

    /// Waits for the answer no longer than this.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.timeout = Some(timeout);
        self
    }

    /// Sends it. Any status is an answer.
    pub fn send(self) -> Result<HttpResponse, HttpError> {
        self.backing.send(self.request)
    }
}

impl HttpResponse {
    /// 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body read as the author's type. Fails with code `answer-invalid`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).or_permanent("answer-invalid")
    }

    /// The token that stands for a captured secret, when it is the whole of this text.
    pub fn token(text: impl Into<String>) -> Token {
        Token::new(text.into())
    }

    /// How long the other side asks to wait: `Retry-After` in seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
    }

    /// The answer if it is a success, else a failure: transient for 408, 425, 429 and 5xx, a conflict for 409 and
    /// 412, permanent otherwise. `what` says what was asked for.
    pub fn success(self, what: &str) -> Result<Self, Failure> {
        if self.is_success() {
            return Ok(self);
        }
        let shown: String = self.text().chars().take(400).collect();
        let message = format!("{what}: the answer was {} {shown}", self.status);
        let code = format!("http-{}", self.status);
        Err(match self.status {
            408 | 425 | 429 | 500..=599 => {
                let failure = Failure::transient(code, message);
                match self.retry_after() {
                    Some(wait) => failure.after(wait),
                    None => failure,
                }
            }
            409 | 412 => Failure::conflict(code, message),
            _ => Failure::permanent(code, message),
        })
    }
}
