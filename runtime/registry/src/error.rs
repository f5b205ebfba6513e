//! What goes wrong between this machine and a place that keeps artifacts.

use std::path::PathBuf;

use innominatus_model::{Code, Coded, Digest};
use innominatus_package::ArtifactError;

use crate::CredentialError;

/// A cause, of whatever type.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a registry or a layout did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Nobody answers, or not in time.
    #[error("the registry `{registry}` does not answer: {problem}")]
    Unreachable {
        /// Host and port.
        registry: String,
        /// What happened.
        problem: String,
        /// Why.
        source: Option<Cause>,
    },
    /// It does not let this caller do it.
    #[error("the registry `{registry}` does not let {who} do this in `{repository}`: {problem}")]
    Denied {
        /// Host and port.
        registry: String,
        /// The path.
        repository: String,
        /// Where the credentials came from, in words.
        who: String,
        /// What it said.
        problem: String,
    },
    /// It wants the credentials to be sent to a host that is not its own.
    #[error(
        "the registry `{registry}` wants credentials to be sent to `{host}`, which is not known to be its own"
    )]
    Realm {
        /// Host and port.
        registry: String,
        /// The host that it names.
        host: String,
    },
    /// There is no such thing.
    #[error("{what} does not exist")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// Bytes are not what their digest says.
    #[error("{what} has the digest {found}, not {expected}")]
    Digest {
        /// What was asked for.
        what: String,
        /// Of what was asked for.
        expected: Digest,
        /// Of what came.
        found: Digest,
    },
    /// More came than is allowed.
    #[error("{what}: more than {limit}")]
    Limit {
        /// What was asked for.
        what: String,
        /// In words: `4194304 bytes`.
        limit: String,
    },
    /// It does what the protocol does not know, or refuses what it should take.
    #[error("the registry `{registry}` does not keep to the protocol: {problem}")]
    Protocol {
        /// Host and port.
        registry: String,
        /// What it did.
        problem: String,
    },
    /// What it holds is not accepted.
    #[error("{what} is not accepted")]
    Artifact {
        /// Which manifest.
        what: String,
        /// Why.
        source: ArtifactError,
    },
    /// No credentials could be had, though there should be some.
    #[error("no credentials for the registry `{registry}`")]
    Credentials {
        /// Host and port.
        registry: String,
        /// Why.
        source: CredentialError,
    },
    /// What is configured for registries cannot be used.
    #[error("registries cannot be spoken to: {problem}")]
    Setup {
        /// What is wrong.
        problem: String,
    },
    /// A layout cannot be read or written.
    #[error("the layout `{}` {problem}", path.display())]
    Layout {
        /// Folder or file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// Why.
        source: Option<std::io::Error>,
    },
}

impl RegistryError {
    pub(crate) fn limit(what: impl Into<String>, limit: u64) -> Self {
        Self::Limit { what: what.into(), limit: format!("{limit} bytes") }
    }

    /// Whether it is what is kept there that is wrong, or gone, and not the way to it.
    pub fn is_about_content(&self) -> bool {
        matches!(
            self,
            Self::NotFound { .. }
                | Self::Digest { .. }
                | Self::Limit { .. }
                | Self::Protocol { .. }
                | Self::Artifact { .. }
        )
    }

    /// Whether it is not there, rather than not to be had.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

impl Coded for RegistryError {
    fn code(&self) -> Code {
        match self {
            Self::Unreachable { .. } => Code::RegistryUnreachable,
            Self::Denied { .. } | Self::Realm { .. } | Self::Credentials { .. } => Code::RegistryDenied,
            Self::NotFound { .. } => Code::ArtifactNotFound,
            Self::Digest { .. } => Code::ArtifactDigest,
            Self::Limit { .. } => Code::RegistryLimit,
            Self::Protocol { .. } | Self::Setup { .. } => Code::RegistryProtocol,
            Self::Artifact { source, .. } => source.code(),
            Self::Layout { .. } => Code::LayoutFailed,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            // Words of TLS for an answer that is none of its own.
            Self::Unreachable { registry, source: Some(source), .. }
                if chain(&**source).contains("InvalidContentType") =>
            {
                format!(
                    "it may speak plain HTTP: write `plainHttp: true` for `{registry}` under `hosts:` in registries.yaml"
                )
            }
            Self::Unreachable { .. } => {
                "look at the host, the network and the proxy, and try again".to_owned()
            }
            Self::Denied { registry, .. } => {
                let host = crate::credentials::variable_part(registry);
                format!(
                    "look at these credentials; others can be given with `docker login {registry}`, \
                     `INNOMINATUS_REGISTRY_TOKEN_{host}` or `secretRef`"
                )
            }
            Self::Realm { registry, host } => {
                format!("if `{host}` is right, name it as a realm of `{registry}` in the configuration")
            }
            Self::NotFound { .. } => {
                "look at the spelling; a private repository may look like none without credentials".to_owned()
            }
            Self::Digest { .. } => {
                "fetch it again; where that does not help, do not use this registry or mirror".to_owned()
            }
            Self::Limit { .. } => {
                "remove there what is too much, old signatures or tags; or ask whoever runs the registry"
                    .to_owned()
            }
            Self::Protocol { .. } => "look at whether this is the address of a registry".to_owned(),
            Self::Artifact { source, .. } => return source.remedy(),
            Self::Credentials { source, .. } => return source.remedy(),
            Self::Setup { .. } => "look at the configuration of registries".to_owned(),
            Self::Layout { .. } => "look at the path, its permissions and the space on the disk".to_owned(),
        })
    }
}

/// An error with all its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
