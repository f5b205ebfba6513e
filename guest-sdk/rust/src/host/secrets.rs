//! The capability `secrets`: a guest holds tokens, the host holds the secrets.

use std::fmt;

use serde_json::json;

use super::Backing;
use crate::{Denial, Json};

/// Stands for a secret. The host swaps it for the secret where it leaves the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Token(String);

impl Token {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The token as text, to be put where the secret belongs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The token as owned text.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// The token itself, which is not secret.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A secret that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minted {
    /// Stands for the secret.
    pub token: Token,
    /// The part that is not secret, if the recipe has one. None of today's has.
    pub public: Option<String>,
}

/// Why a secret cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Not granted.
    #[error("`{}` was denied: {}", .0.wanted, .0.remedy)]
    Denied(Denial),
    /// The operator has no secret of this name.
    #[error("no secret named `{name}`")]
    NotFound {
        /// As asked for.
        name: String,
    },
}

/// The capability `secrets`.
#[derive(Clone, Copy)]
pub struct Secrets<'a>(Backing<'a>);

impl<'a> Secrets<'a> {
    pub(super) fn new(backing: Backing<'a>) -> Self {
        Self(backing)
    }

    /// A secret of the operator, by the component's own name for it: the one under `references:` in platform.yaml. Which secret it
    /// is the operator says in a grants file.
    pub fn reference(&self, name: &str) -> Result<Token, SecretError> {
        self.0.reference(name).map(Token::new)
    }

    /// Gets or creates: the same name gives the same secret for the life of the resource. Durable before
    /// it returns. Only `provision`, `deprovision` and `adopt` may call it.
    ///
    /// | recipe | options | the secret |
    /// |---|---|---|
    /// | `password` | `length` 8 to 128, default 24; `alphabet` `alphanumeric` (default), `hex` or `printable` | a text; an alphanumeric one begins with a letter |
    /// | `hex-key` | `bytes` 16 to 64, default 32 | twice as many hexadecimal digits |
    ///
    /// A name has 1 to 128 bytes and no control characters. Another recipe, option or name breaks the contract,
    /// which ends the call.
    pub fn generate(&self, name: &str, recipe: &str, options: &Json) -> Result<Minted, SecretError> {
        let (token, public) = self.0.generate(name, recipe, options)?;
        Ok(Minted { token: Token::new(token), public })
    }

    /// Gets or creates a password of 24 letters and digits.
    pub fn password(&self, name: &str) -> Result<Token, SecretError> {
        Ok(self.generate(name, "password", &json!({"length": 24}))?.token)
    }
}
