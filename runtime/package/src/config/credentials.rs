//! What the host shows a registry to be let in. Secrets are named, never written.

use innominatus_model::SecretName;

use crate::findings::{Fields, Findings, list, nearest};
use crate::grants::{secret_field, username_field};
use crate::yaml::Node;

/// The words under `type:`.
const KINDS: [&str; 4] = ["bearer", "basic", "github-token", "docker"];

/// How a registry is told who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryCredentials {
    /// A token as it is: `Authorization: Bearer …`.
    Bearer {
        /// The operator's secret that holds it.
        secret: SecretName,
    },
    /// User and password.
    Basic {
        /// Not a secret.
        username: String,
        /// The operator's secret that holds the password.
        secret: SecretName,
    },
    /// A token of GitHub's, which its registry takes for a password under any user name.
    GithubToken {
        /// The operator's secret that holds it.
        secret: SecretName,
    },
    /// What `docker login` left on this machine.
    Docker,
}

impl RegistryCredentials {
    /// The word in files.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bearer { .. } => "bearer",
            Self::Basic { .. } => "basic",
            Self::GithubToken { .. } => "github-token",
            Self::Docker => "docker",
        }
    }

    /// The operator's secret that they are made of.
    pub fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::Bearer { secret } | Self::Basic { secret, .. } | Self::GithubToken { secret } => {
                Some(secret)
            }
            Self::Docker => None,
        }
    }
}

/// `{type, secretRef, username}`; without a type it is a bearer token.
pub(crate) fn read(node: &Node, what: &str, findings: &mut Findings) -> Option<RegistryCredentials> {
    let mut fields = Fields::of(node, what, findings)?;
    let what = fields.path("type");
    let kind = match fields.optional("type") {
        None => Some("bearer"),
        Some(node) => findings.text(node, &what).and_then(|word| {
            let kind = KINDS.into_iter().find(|kind| *kind == word);
            if kind.is_none() {
                let shown: String = word.chars().take(64).collect();
                let message =
                    format!("`{what}` is `{}`, which is no kind of credential", shown.escape_debug());
                let hint = match nearest(word, KINDS) {
                    Some(near) => format!("did you mean `{near}`? known kinds: {}", list(KINDS)),
                    None => format!("known kinds: {}", list(KINDS)),
                };
                findings.invalid(node.place, message, hint);
            }
            kind
        }),
    };
    // Where the type cannot be read, no field is called unknown.
    let Some(kind) = kind else {
        fields.entry("secretRef");
        fields.entry("username");
        fields.finish(findings);
        return None;
    };
    let secret = match kind {
        "docker" => {
            if let Some((key, _)) = fields.entry("secretRef") {
                let message = format!("`{}` stands beside `type: docker`", fields.path("secretRef"));
                findings.invalid(key.place, message, "remove it: what `docker login` left is used");
            }
            None
        }
        _ => {
            let name = secret_field(&mut fields, "secretRef", findings);
            name.and_then(|name| SecretName::new(name).ok())
        }
    };
    let username = match kind {
        "basic" => username_field(&mut fields, findings),
        _ => {
            if let Some((key, _)) = fields.entry("username") {
                let message = format!("`{}` stands beside `type: {kind}`", fields.path("username"));
                findings.invalid(key.place, message, "remove it, or write `type: basic`");
            }
            None
        }
    };
    fields.finish(findings);
    Some(match kind {
        "docker" => RegistryCredentials::Docker,
        "basic" => RegistryCredentials::Basic { username: username?, secret: secret? },
        "github-token" => RegistryCredentials::GithubToken { secret: secret? },
        _ => RegistryCredentials::Bearer { secret: secret? },
    })
}
