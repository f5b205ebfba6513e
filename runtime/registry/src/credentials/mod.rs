//! Credentials for registries: where they are looked for, and that they belong to one host.
//!
//! The order is: a secret that the operator named, the environment, docker's file, nobody. Nothing here prints, logs or
//! keeps the text of one longer than it is needed.

mod docker;
mod keychain;

use async_trait::async_trait;
use innominatus_model::{Code, Coded, Secret, SecretName};

pub use keychain::Keychain;

/// How somebody shows who they are.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// A name and a password.
    Password {
        /// Not a secret.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A token that was made beforehand, of a person or of a machine.
    Token(Secret),
    /// A token that is exchanged for others (`docker login` of some clouds).
    Identity(Secret),
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password([redacted])",
            Self::Token(_) => "Token([redacted])",
            Self::Identity(_) => "Identity([redacted])",
        })
    }
}

/// Credentials for one registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// How to show who one is.
    pub login: Login,
    /// Where they came from, in words that go on after "the credentials of": `the environment`.
    pub from: String,
}

/// Where credentials come from.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// For this registry (host, and port where one was written); none for nobody.
    async fn of(&self, registry: &str) -> Result<Option<Credential>, CredentialError>;
}

/// No credentials for anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

#[async_trait]
impl Credentials for Nobody {
    async fn of(&self, _registry: &str) -> Result<Option<Credential>, CredentialError> {
        Ok(None)
    }
}

/// The operator's secrets, as somebody else keeps them.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret of this name; none where there is none.
    async fn secret(&self, name: &SecretName) -> Option<Secret>;
}

/// Why credentials that should be there cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// A secret was named, and there is none.
    #[error("the secret `{0}` does not exist")]
    NoSecret(SecretName),
    /// The registry is not to be asked without, and there are none.
    #[error("`{0}` is private, and there are no credentials for it")]
    Private(String),
    /// The environment has half of it.
    #[error("`{has}` is set, and `{misses}` is not")]
    Half {
        /// The variable that is set.
        has: String,
        /// The one that is not.
        misses: String,
    },
    /// Docker's file cannot be used.
    #[error("docker's file `{file}` {problem}")]
    Docker {
        /// The file.
        file: String,
        /// What is wrong, without a word of what stands in it.
        problem: &'static str,
    },
}

impl Coded for CredentialError {
    fn code(&self) -> Code {
        Code::RegistryDenied
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoSecret(name) => format!("set it: `innominatus secret set {name}`"),
            Self::Private(_) => {
                "name them under `credentials:`, or log in with `docker login`; or leave `private:` out"
                    .to_owned()
            }
            Self::Half { misses, .. } => format!("set `{misses}` too, or neither"),
            Self::Docker { .. } => {
                "mend it, for example with `docker login`; or give other credentials".to_owned()
            }
        })
    }
}

/// A registry in the name of an environment variable: `GHCR_IO`, `LOCALHOST_5000`.
pub(crate) fn variable_part(registry: &str) -> String {
    let one = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    registry.chars().map(one).collect()
}
