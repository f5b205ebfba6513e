//! What registries are shown: what this request was told, what the files name, then the environment and docker's file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use async_trait::async_trait;
use innominatus_ledger::Ledger;
use innominatus_model::{Name, Secret, SecretName};
use innominatus_package::{Registries, RegistryCredentials};
use innominatus_registry::{Credential, CredentialError, Credentials, Keychain, Login};

/// Any user name will do for GitHub's registry; it wants one.
const ANYBODY: &str = "token";

/// The credentials of one request.
pub(super) struct Logins {
    ledger: Ledger,
    tenant: Name,
    named: BTreeMap<String, RegistryCredentials>,
    docker: Keychain,
    others: Keychain,
}

impl Logins {
    pub(super) fn new(ledger: &Ledger, tenant: &Name, registries: &Registries) -> Self {
        let hosts = registries.hosts.iter();
        let named = hosts.filter_map(|(host, known)| Some((host.clone(), known.credentials.clone()?)));
        let docker = match docker_file() {
            Some(file) => Keychain::new().with_docker(file, false),
            None => Keychain::new(),
        };
        Self {
            ledger: ledger.clone(),
            tenant: tenant.clone(),
            named: named.collect(),
            others: docker.clone().with_environment(|name| std::env::var(name).ok()),
            docker,
        }
    }

    /// For this registry these, whatever the files say.
    pub(super) fn told(&mut self, registry: &str, credentials: RegistryCredentials) {
        self.named.insert(registry.to_owned(), credentials);
    }

    async fn secret(&self, name: &SecretName) -> Result<Secret, CredentialError> {
        match self.ledger.operator_value(&self.tenant, name).await {
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => Err(CredentialError::NoSecret(name.clone())),
            Err(error) => {
                tracing::error!(secret = %name, %error, "a secret cannot be read");
                Err(CredentialError::NoSecret(name.clone()))
            }
        }
    }
}

#[async_trait]
impl Credentials for Logins {
    async fn of(&self, registry: &str) -> Result<Option<Credential>, CredentialError> {
        let Some(named) = self.named.get(registry) else { return self.others.of(registry).await };
        let login = match named {
            RegistryCredentials::Docker => return self.docker.of(registry).await,
            RegistryCredentials::Bearer { secret } => Login::Token(self.secret(secret).await?),
            RegistryCredentials::Basic { username, secret } => {
                Login::Password { username: username.clone(), password: self.secret(secret).await? }
            }
            RegistryCredentials::GithubToken { secret } => {
                Login::Password { username: ANYBODY.to_owned(), password: self.secret(secret).await? }
            }
        };
        let from = named.secret().map_or_else(String::new, |name| format!("the secret `{name}`"));
        Ok(Some(Credential { login, from }))
    }
}

/// Where docker keeps what `docker login` was told.
fn docker_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = folder("DOCKER_CONFIG").or_else(|| folder("HOME").map(|home| home.join(".docker")))?;
    Some(folder.join("config.json"))
}
