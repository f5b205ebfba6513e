//! Credentials that the host puts into requests, so that a component calls a protected API and holds no key.

/// How a credential gets into a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BindingKind {
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: Basic …`
    Basic,
    /// A header of its own.
    Header,
    /// AWS Signature Version 4 over the whole request.
    AwsSigV4,
}

impl BindingKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Bearer, Self::Basic, Self::Header, Self::AwsSigV4];

    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::Header => "header",
            Self::AwsSigV4 => "aws-sigv4",
        }
    }

    /// From the word in files.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A credential, with the operator's names of the secrets it is made of; the secrets themselves are looked up
/// when a request leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// A bearer token.
    Bearer {
        /// The operator's secret that holds the token.
        token: String,
    },
    /// User and password.
    Basic {
        /// Not a secret.
        username: String,
        /// The operator's secret that holds the password.
        password: String,
    },
    /// A header.
    Header {
        /// The header's name, lower case.
        name: String,
        /// The operator's secret that holds its value.
        value: String,
    },
    /// AWS Signature Version 4.
    AwsSigV4 {
        /// The operator's secret that holds the access key id.
        access_key_id: String,
        /// The operator's secret that holds the secret access key.
        secret_access_key: String,
        /// The operator's secret that holds a session token, for temporary keys.
        session_token: Option<String>,
        /// The region to sign for.
        region: String,
        /// The service to sign for (`s3`, `rds`, `iam`); when absent, the first label of an AWS host name, or
        /// what a request's `credential` says after a colon (`aws:rds`).
        service: Option<String>,
    },
}

impl Binding {
    /// How it gets into a request.
    pub fn kind(&self) -> BindingKind {
        match self {
            Self::Bearer { .. } => BindingKind::Bearer,
            Self::Basic { .. } => BindingKind::Basic,
            Self::Header { .. } => BindingKind::Header,
            Self::AwsSigV4 { .. } => BindingKind::AwsSigV4,
        }
    }

    /// The operator's names of the secrets it is made of.
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Bearer { token } => vec![token],
            Self::Basic { password, .. } => vec![password],
            Self::Header { value, .. } => vec![value],
            Self::AwsSigV4 { access_key_id, secret_access_key, session_token, .. } => {
                let fixed = [access_key_id.as_str(), secret_access_key.as_str()];
                fixed.into_iter().chain(session_token.as_deref()).collect()
            }
        }
    }
}
