//! The secrets of one component, as far as its requests need them: the ledger behind the port of `egress`.

use std::collections::BTreeSet;

use async_trait::async_trait;
use innominatus_egress::{Escape, Vault, VaultError, Withheld};
use innominatus_ledger::seal::{Scrubber, find_tokens};
use innominatus_ledger::{self as ledger, Destination, LedgerError};
use innominatus_model::{Code, Coded, HttpDestination, Secret, SecretName};

use crate::world::{Execution, chain};

/// What one execution may have put into its requests.
pub(crate) struct Secrets<'a>(pub(crate) &'a Execution);

impl Secrets<'_> {
    /// Tokens in params as a person wrote them.
    async fn typed(&self) -> BTreeSet<String> {
        let Some(cell) = &self.0.cell else { return BTreeSet::new() };
        let text = cell.get().await.params.to_string();
        find_tokens(&text).map(|range| text[range].to_owned()).collect()
    }
}

fn ours(error: LedgerError) -> VaultError {
    VaultError::Failed { code: error.code(), reason: chain(&error) }
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
        let Execution { engine, grant, resource, .. } = self.0;
        let has_tokens = find_tokens(text).next().is_some();
        let typed = if has_tokens { self.typed().await } else { BTreeSet::new() };
        let (references, resource) = (&grant.references, *resource);
        let to = Destination { host: &to.host, own, references, resource, typed: &typed };
        let ledger = engine.ledger();
        let completed = ledger.complete_for(self.0.holder(), text, escape, to).await.map_err(ours)?;
        match completed.withheld {
            None => Ok(completed.text),
            Some(ledger::Withheld::Own) => Err(VaultError::Withheld(Withheld::Own)),
            Some(ledger::Withheld::Operators) => Err(VaultError::Withheld(Withheld::Operators)),
            Some(ledger::Withheld::Typed) => Err(VaultError::Withheld(Withheld::Typed)),
        }
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        let name = SecretName::new(name)
            .map_err(|error| VaultError::Failed { code: Code::SecretInvalid, reason: error.to_string() })?;
        self.0.engine.ledger().operator_value(&self.0.scope.tenant, &name).await.map_err(ours)
    }

    async fn keep(&self, name: &str, value: &Secret) -> Result<String, VaultError> {
        let Execution { engine, scope, component, .. } = self.0;
        // Captured secrets are kept with a resource; outside of one nothing is captured.
        let Some(resource) = self.0.resource else {
            let reason = "a captured secret belongs to a resource; there is none here".to_owned();
            return Err(VaultError::Failed { code: Code::Internal, reason });
        };
        let kept = engine.ledger().keep_captured(scope, component, resource, name, value).await;
        kept.map(|kept| kept.token).map_err(ours)
    }

    async fn scrub(&self, text: &str, also: &[Secret]) -> Result<String, VaultError> {
        let mut known = self.0.known_secrets().await.map_err(ours)?;
        known.extend(also.iter().cloned());
        Ok(Scrubber::new(&known).without_secrets(text).into_owned())
    }
}
