//! How a guest says no. A failure is an answer; a panic is a fault, and never looks like this.

use std::fmt;
use std::time::Duration;

use crate::{SecretError, State};

/// The guest says no.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Why, in a way the host understands.
    pub cause: Cause,
    /// The component's own stable code, `kebab-case`.
    pub code: String,
    /// For people.
    pub message: String,
    /// What was already made, for the next try and for `deprovision`.
    pub partial: Option<Box<State>>,
}

/// Why a guest says no; decides what the host does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// The params cannot be made.
    Invalid(Vec<Violation>),
    /// The host tries again; after so long when the other side said so.
    Transient(Option<Duration>),
    /// Trying again will not help.
    Permanent,
    /// Something else is in the way.
    Conflict,
    /// A capability was missing.
    Denied(Box<Denial>),
    /// The component does not do this.
    Unsupported,
}

impl Failure {
    /// Trying again will not help.
    pub fn permanent(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Cause::Permanent, code, message)
    }

    /// The host tries again, with backoff; see [`Failure::after`].
    pub fn transient(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Cause::Transient(None), code, message)
    }

    /// Something else is in the way.
    pub fn conflict(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Cause::Conflict, code, message)
    }

    /// The component does not do this.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::new(Cause::Unsupported, "unsupported", format!("`{what}` is not supported"))
    }

    /// The params cannot be made.
    pub fn invalid(violations: impl IntoIterator<Item = Violation>) -> Self {
        let violations: Vec<_> = violations.into_iter().collect();
        let message =
            violations.first().map_or("the params cannot be made", |first| &first.message).to_owned();
        Self::new(Cause::Invalid(violations), "params-invalid", message)
    }

    /// With any cause.
    pub fn new(cause: Cause, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { cause, code: code.into(), message: message.into(), partial: None }
    }

    /// Not before this long. Makes the failure transient.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self { cause: Cause::Transient(Some(wait)), ..self }
    }

    /// Keeps what was already made: the next call has it as `target.prior`. Without it, a call that made something with
    /// a request that is not idempotent is not made anew but goes on after that request.
    #[must_use]
    pub fn with_partial(self, state: State) -> Self {
        Self { partial: Some(Box::new(state)), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        let message = error.to_string();
        match error {
            SecretError::Denied(denial) => {
                Self::new(Cause::Denied(Box::new(denial)), "capability-denied", message)
            }
            SecretError::NotFound { .. } => Self::permanent("secret-not-found", message),
        }
    }
}

/// A JSON text or value that is not what the author's type expects.
impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::permanent("json", error.to_string())
    }
}

/// Makes a [`Failure`] of any error, where it happens.
pub trait FailureExt<T> {
    /// Trying again will not help.
    fn or_permanent(self, code: &str) -> Result<T, Failure>;
    /// The host tries again.
    fn or_transient(self, code: &str) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> FailureExt<T> for Result<T, E> {
    fn or_permanent(self, code: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::permanent(code, error.to_string()))
    }

    fn or_transient(self, code: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::transient(code, error.to_string()))
    }
}

/// One thing wrong with params or parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// RFC 6901 JSON Pointer into the value; empty for the whole.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub remedy: Option<String>,
}

impl Violation {
    /// Without a remedy.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into(), remedy: None }
    }

    /// Says what to write instead.
    #[must_use]
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

/// The host said no to an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Which capability.
    pub capability: String,
    /// What was asked for.
    pub wanted: String,
    /// What would allow it.
    pub remedy: String,
}
