//! The secrets of one component, as far as its requests need them: the ledger behind the port of `egress`.

use async_trait::async_trait;
use innominatus_egress::{Escape, Vault, VaultError};
use innominatus_ledger::seal::Scrubber;
use innominatus_ledger::{Destination, Ledger, LedgerError};
use innominatus_model::{Code, Coded, Grant, HttpDestination, ResourceId, Scope, Secret, SecretName};

use crate::world::chain;

/// What one execution may have put into its requests.
pub(crate) struct Secrets<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) scope: &'a Scope,
    /// `<platform>/<entry>`: what tokens were issued to.
    pub(crate) component: &'a str,
    /// Captured secrets are kept with it; none outside of resources, where nothing is captured.
    pub(crate) resource: Option<ResourceId>,
    pub(crate) grant: &'a Grant,
}

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
        let to = Destination { host: &to.host, own, references: &self.grant.references };
        let completed = self.ledger.complete_for(self.scope, self.component, text, escape, to).await;
        completed.map(|completed| completed.text).map_err(ours)
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        let name = SecretName::new(name)
            .map_err(|error| VaultError { code: Code::SecretInvalid, reason: error.to_string() })?;
        self.ledger.operator_value(&self.scope.tenant, &name).await.map_err(ours)
    }

    async fn keep(&self, name: &str, value: &Secret) -> Result<String, VaultError> {
        let Some(resource) = self.resource else {
            let reason = "a captured secret belongs to a resource; there is none here".to_owned();
            return Err(VaultError { code: Code::Internal, reason });
        };
        let kept = self.ledger.keep_captured(self.scope, self.component, resource, name, value).await;
        kept.map(|kept| kept.token).map_err(ours)
    }

    async fn scrub(&self, text: &str, also: &[Secret]) -> Result<String, VaultError> {
        let mut known = match self.resource {
            Some(resource) => self.ledger.secrets_of(self.scope, resource).await.map_err(ours)?,
            None => Vec::new(),
        };
        known.extend(also.iter().cloned());
        Ok(Scrubber::new(&known).without_secrets(text).into_owned())
    }
}
