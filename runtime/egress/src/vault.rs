//! Where secrets come from and go to, as a port: this room never keeps one.

use async_trait::async_trait;
use innominatus_model::{Code, HttpDestination, Secret};

/// Why the vault did not do its part. Its text holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It could not.
    #[error("{reason}")]
    Failed {
        /// The code of what went wrong beneath.
        code: Code,
        /// Why, for people.
        reason: String,
    },
    /// A secret may not go where it was to go. Its token instead would be worth nothing there, and be taken for a
    /// password.
    #[error("it holds a secret that may not go there")]
    Withheld(Withheld),
}

/// A secret that may not go where it was to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// One of the component's own: generated, captured, or a sensitive output that it was passed.
    Own,
    /// One of the operator's, which goes to the hosts that he named alone.
    Operators,
    /// One of the resource's own, whose token a person typed into the params as well: nobody can tell which is meant.
    Typed,
}

/// Escapes a secret for where it stands. (A name for the type, because `async_trait` would give the `&str` in it a
/// lifetime of the method.)
pub type Escape<'e> = dyn Fn(&str) -> String + Send + Sync + 'e;

/// The secrets of one component, as far as requests need them.
#[async_trait]
pub trait Vault: Send + Sync {
    /// The text with tokens that may go to `to` swapped for their secrets, each passed through `escape` first.
    /// `own`: whether the component's own secrets (generated ones, and sensitive outputs it was passed) may go
    /// there; secrets of the operator have lists of hosts of their own. A text with tokens of others stays as it is.
    async fn complete(
        &self,
        text: &str,
        to: &HttpDestination,
        own: bool,
        escape: &Escape<'_>,
    ) -> Result<Secret, VaultError>;

    /// A secret of the operator, by the operator's name for it; none if it is not set.
    async fn secret(&self, name: &str) -> Result<Option<Secret>, VaultError>;

    /// Keeps a captured secret under the component's name for it, durable when it returns, and gives its token.
    async fn keep(&self, name: &str, value: &Secret) -> Result<String, VaultError>;

    /// The text with every known secret, and those in `also`, replaced in each form that is known. What is put in their
    /// place has no line break.
    async fn scrub(&self, text: &str, also: &[Secret]) -> Result<String, VaultError>;
}
