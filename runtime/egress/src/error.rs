//! What goes wrong on our own side. What the guest is told is an [`innominatus_effect::HttpError`] instead.

use std::net::IpAddr;

use innominatus_effect::HttpError;
use innominatus_model::{Code, Coded};

use crate::VaultError;

/// Why there is no egress.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The user agent is not a header value.
    #[error("`{0}` cannot be sent as a user agent")]
    UserAgent(String),
    /// The HTTP client cannot be set up.
    #[error("no HTTP client can be set up")]
    Client(#[source] EgressError),
}

impl Coded for OpenError {
    fn code(&self) -> Code {
        Code::Internal
    }
}

/// Why a request could not be taken to the world: our own trouble, which no guest is told of.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// A secret could not be fetched, kept or looked for.
    #[error("the secrets of a request could not be had")]
    Vault(#[from] VaultError),
    /// The grant's certificates cannot be used.
    #[error("the certificates in `{file}`, which a grant names, cannot be used: {reason}")]
    Certificates {
        /// The file, as the grant says it.
        file: String,
        /// Why.
        reason: String,
    },
    /// The machine trusts nobody, or does not say whom.
    #[error("this machine's trusted certificates cannot be used: {reason}")]
    Roots {
        /// Why.
        reason: String,
    },
    /// The grant's proxy is not one.
    #[error("the proxy that a grant names cannot be used: {reason}")]
    Proxy {
        /// Why; without the proxy's URL, which may hold a password.
        reason: &'static str,
    },
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// An answer came from an address that was not to be connected to. It is not handed on.
    #[error("an answer came from {address}, which was never allowed")]
    Peer {
        /// The address.
        address: IpAddr,
    },
}

impl Coded for EgressError {
    fn code(&self) -> Code {
        match self {
            Self::Vault(VaultError::Failed { code, .. }) => *code,
            Self::Vault(VaultError::Withheld(_)) => Code::CapabilityDenied,
            Self::Certificates { .. } => Code::FileUnreadable,
            Self::Roots { .. } => Code::Unavailable,
            Self::Proxy { .. } => Code::ManifestInvalid,
            Self::Client(_) | Self::Peer { .. } => Code::Internal,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Certificates { file, .. } => {
                Some(format!("put PEM certificates into `{file}`, readable for the runtime's user"))
            }
            Self::Roots { .. } => Some("install the system's package of CA certificates".into()),
            Self::Proxy { .. } => Some("write the grant's proxy as `http://host:port`".into()),
            Self::Vault(_) | Self::Client(_) | Self::Peer { .. } => None,
        }
    }
}

/// Why a request ends early, inside this room.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The guest is told.
    Told(HttpError),
    /// It is our own trouble.
    Ours(EgressError),
}

impl From<EgressError> for Stop {
    fn from(error: EgressError) -> Self {
        Self::Ours(error)
    }
}

impl From<VaultError> for Stop {
    fn from(error: VaultError) -> Self {
        Self::Ours(error.into())
    }
}

impl From<HttpError> for Stop {
    fn from(error: HttpError) -> Self {
        Self::Told(error)
    }
}
