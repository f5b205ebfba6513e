//! Every place that credentials may be in, in their order.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use innominatus_model::{Secret, SecretName};

use super::{Credential, CredentialError, Credentials, Login, Secrets, docker, variable_part};

type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Looks in the operator's secrets, the environment and docker's file. What it is not given, it does not look in.
#[derive(Clone, Default)]
pub struct Keychain {
    named: BTreeMap<String, SecretName>,
    secrets: Option<Arc<dyn Secrets>>,
    environment: Option<Environment>,
    docker: Option<PathBuf>,
    helpers: bool,
}

impl std::fmt::Debug for Keychain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { named, docker, helpers, .. } = self;
        f.debug_struct("Keychain")
            .field("named", named)
            .field("docker", docker)
            .field("helpers", helpers)
            .finish_non_exhaustive()
    }
}

impl Keychain {
    /// One that looks nowhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// Secrets by the registry they are for. A text with a colon is a name and a password, any other a token.
    #[must_use]
    pub fn with_secrets(
        mut self,
        named: impl IntoIterator<Item = (String, SecretName)>,
        secrets: Arc<dyn Secrets>,
    ) -> Self {
        self.named.extend(named);
        self.secrets = Some(secrets);
        self
    }

    /// The environment: `INNOMINATUS_REGISTRY_TOKEN_<HOST>`, or `…_USERNAME_<HOST>` and `…_PASSWORD_<HOST>`.
    #[must_use]
    pub fn with_environment(
        mut self,
        variable: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.environment = Some(Arc::new(variable));
        self
    }

    /// Docker's `config.json`. With `helpers`, programs that it names are started; they are of the person's own path.
    #[must_use]
    pub fn with_docker(mut self, file: impl Into<PathBuf>, helpers: bool) -> Self {
        self.docker = Some(file.into());
        self.helpers = helpers;
        self
    }

    async fn by_secret(&self, registry: &str) -> Result<Option<Credential>, CredentialError> {
        let (Some(name), Some(secrets)) = (self.named.get(registry), &self.secrets) else { return Ok(None) };
        // What was named and is not there is an error: to go on as somebody else would hide it.
        let secret = secrets.secret(name).await.ok_or_else(|| CredentialError::NoSecret(name.clone()))?;
        let login = match secret.expose().split_once(':') {
            Some((username, password)) => {
                Login::Password { username: username.to_owned(), password: Secret::new(password) }
            }
            None => Login::Token(secret),
        };
        Ok(Some(Credential { login, from: format!("the secret `{name}`") }))
    }

    fn by_environment(&self, registry: &str) -> Result<Option<Credential>, CredentialError> {
        let Some(environment) = &self.environment else { return Ok(None) };
        let host = variable_part(registry);
        let name = |what: &str| format!("INNOMINATUS_REGISTRY_{what}_{host}");
        let get = |what: &str| environment(&name(what)).filter(|text| !text.is_empty());
        let from = "the environment".to_owned();
        if let Some(token) = get("TOKEN") {
            return Ok(Some(Credential { login: Login::Token(Secret::new(token)), from }));
        }
        let half = |has: &str, misses: &str| CredentialError::Half { has: name(has), misses: name(misses) };
        match (get("USERNAME"), get("PASSWORD").map(Secret::new)) {
            (Some(username), Some(password)) => {
                Ok(Some(Credential { login: Login::Password { username, password }, from }))
            }
            (None, None) => Ok(None),
            (Some(_), None) => Err(half("USERNAME", "PASSWORD")),
            (None, Some(_)) => Err(half("PASSWORD", "USERNAME")),
        }
    }

    async fn by_docker(&self, registry: &str) -> Result<Option<Credential>, CredentialError> {
        let Some(file) = self.docker.clone() else { return Ok(None) };
        let (registry, helpers) = (registry.to_owned(), self.helpers);
        let shown = file.display().to_string();
        // It reads a file, and may wait for a program.
        let found = tokio::task::spawn_blocking(move || docker::read(&file, &registry, helpers)).await;
        let problem = |problem| CredentialError::Docker { file: shown, problem };
        let login = found.unwrap_or(Err("could not be read to its end")).map_err(problem)?;
        Ok(login.map(|login| Credential { login, from: "docker's file".to_owned() }))
    }
}

#[async_trait]
impl Credentials for Keychain {
    async fn of(&self, registry: &str) -> Result<Option<Credential>, CredentialError> {
        if let Some(found) = self.by_secret(registry).await? {
            return Ok(Some(found));
        }
        if let Some(found) = self.by_environment(registry)? {
            return Ok(Some(found));
        }
        self.by_docker(registry).await
    }
}
