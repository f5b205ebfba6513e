//! How a registry is asked for one request, and how that is remembered of a platform.

use innominatus_ledger::AccessRecord;
use innominatus_model::{Name, SecretName};
use innominatus_package::{Reference, RegistryCredentials};

use crate::{Engine, EngineError};

/// How a registry is asked for one request. The default shows it what the files say, if they say anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// What it is shown, instead of what the files say.
    pub credentials: Option<RegistryCredentials>,
    /// Without credentials it is not asked at all: nobody else is to learn what is asked for there.
    pub private: bool,
}

impl Access {
    /// As it is kept for a place; none where there is nothing to keep.
    pub(in crate::platforms) fn record(&self, source: String) -> Option<AccessRecord> {
        let credentials = self.credentials.as_ref();
        (*self != Self::default()).then(|| AccessRecord {
            source,
            kind: credentials.map(|known| known.kind().to_owned()),
            secret: credentials.and_then(|known| known.secret()).map(ToString::to_string),
            username: match credentials {
                Some(RegistryCredentials::Basic { username, .. }) => Some(username.clone()),
                _ => None,
            },
            private: self.private,
        })
    }

    /// From what was kept. What is not understood is asked for without credentials, if that is allowed.
    fn kept(record: &AccessRecord) -> Self {
        let secret = || record.secret.as_deref().and_then(|name| SecretName::new(name).ok());
        let credentials = match record.kind.as_deref() {
            Some("docker") => Some(RegistryCredentials::Docker),
            Some("bearer") => secret().map(|secret| RegistryCredentials::Bearer { secret }),
            Some("github-token") => secret().map(|secret| RegistryCredentials::GithubToken { secret }),
            Some("basic") => secret()
                .zip(record.username.clone())
                .map(|(secret, username)| RegistryCredentials::Basic { username, secret }),
            _ => None,
        };
        Self { credentials, private: record.private }
    }
}

impl Engine {
    /// What holds for a place: what this request says of it, or else what is remembered of a platform from there.
    pub(super) async fn access_of(
        &self,
        tenant: &Name,
        reference: &Reference,
        access: Option<&Access>,
    ) -> Result<Access, EngineError> {
        if let Some(access) = access {
            return Ok(access.clone());
        }
        let source = reference.source().to_string();
        let known = self.ledger().subscriptions(tenant).await?;
        // By its own place: where the platform comes from may have changed since.
        let kept = known.iter().filter_map(|stored| stored.value.access.as_ref());
        Ok(kept.filter(|access| access.source == source).map(Access::kept).next().unwrap_or_default())
    }
}
