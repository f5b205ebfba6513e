//! The secrets of one component, as far as its requests need them: the ledger behind the port of `egress`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use innominatus_egress::{Escape, Vault, VaultError};
use innominatus_ledger::seal::Scrubber;
use innominatus_ledger::{Destination, Ledger, LedgerError};
use innominatus_model::{Code, Coded, Grant, HttpDestination, Json, ResourceId, Scope, Secret, SecretName};
use tokio::sync::OnceCell;

use crate::world::chain;

/// The secrets that concern one execution.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) scope: &'a Scope,
    /// `<platform>/<entry>`: what tokens were issued to.
    pub(crate) component: &'a str,
    /// Captured secrets are kept with it; none outside of resources, where nothing is captured.
    pub(crate) resource: Option<ResourceId>,
    pub(crate) grant: &'a Grant,
    /// What the component was handed; tokens in it stand for secrets of others.
    pub(crate) params: Option<&'a Json>,
    /// What the grant and the params hold, looked up once: it is the same for the whole execution.
    pub(crate) given: &'a OnceCell<Vec<Secret>>,
}

impl Known<'_> {
    /// Every secret that may stand in an answer to it, or in a text about it.
    pub(crate) async fn all(&self) -> Result<Vec<Secret>, LedgerError> {
        let mut secrets = self.given.get_or_try_init(|| self.given()).await?.clone();
        if let Some(resource) = self.resource {
            secrets.extend(self.ledger.secrets_of(self.scope, resource).await?);
        }
        Ok(secrets)
    }

    async fn given(&self) -> Result<Vec<Secret>, LedgerError> {
        let mut secrets = Vec::new();
        for name in self.grant.secrets().filter_map(|name| SecretName::new(name).ok()) {
            secrets.extend(self.ledger.operator_value(&self.scope.tenant, &name).await?);
        }
        if let Some(params) = self.params {
            let references = BTreeMap::new();
            let nowhere = Destination { host: "", own: true, references: &references };
            let text = params.to_string();
            let completed =
                self.ledger.complete_for(self.scope, self.component, &text, &str::to_owned, nowhere).await;
            // What cannot be completed any more, because what it comes from is gone, was not sent by it either.
            secrets.extend(completed.map(|completed| completed.used).unwrap_or_default());
        }
        Ok(secrets)
    }
}

/// What one execution may have put into its requests.
pub(crate) struct Secrets<'a>(pub(crate) Known<'a>);

fn ours(error: LedgerError) -> VaultError {
    VaultError { code: error.code(), reason: chain(&error) }
}

#[async_trait]
impl Vault for Secrets<'_> {
    async fn complete(
        &self,
        text: &str,
        to: &HttpDestination,
        own: bool,
        escape: &Escape<'_>,
    ) -> Result<Secret, VaultError> {
        let Known { ledger, scope, component, grant, .. } = self.0;
        let to = Destination { host: &to.host, own, references: &grant.references };
        let completed = ledger.complete_for(scope, component, text, escape, to).await;
        completed.map(|completed| completed.text).map_err(ours)
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        let name = SecretName::new(name)
            .map_err(|error| VaultError { code: Code::SecretInvalid, reason: error.to_string() })?;
        self.0.ledger.operator_value(&self.0.scope.tenant, &name).await.map_err(ours)
    }

    async fn keep(&self, name: &str, value: &Secret) -> Result<String, VaultError> {
        let Known { ledger, scope, component, resource, .. } = self.0;
        let Some(resource) = resource else {
            let reason = "a captured secret belongs to a resource; there is none here".to_owned();
            return Err(VaultError { code: Code::Internal, reason });
        };
        let kept = ledger.keep_captured(scope, component, resource, name, value).await;
        kept.map(|kept| kept.token).map_err(ours)
    }

    async fn scrub(&self, text: &str, also: &[Secret]) -> Result<String, VaultError> {
        let mut known = self.0.all().await.map_err(ours)?;
        known.extend(also.iter().cloned());
        Ok(Scrubber::new(&known).without_secrets(text).into_owned())
    }
}
