//! Secrets, sealed, and the tokens that stand for them.
//!
//! A token is issued to one component; only that component's texts have it swapped for the secret. What
//! anybody else writes that looks like a token is only text.

mod complete;
mod tokens;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_model::{ResourceId, Scope, Secret};
use innominatus_store::{Committed, Range, Txn, collect};
use serde::{Deserialize, Serialize};

use crate::key::KeyBuilder;
use crate::record::{RecordError, encode};
use crate::seal::recipe;
use crate::{Ledger, LedgerError};

pub use tokens::TokenTarget;
use tokens::issued_txn;

/// Bytes of the name of a secret, at most: it is part of a store key.
const MAX_NAME: usize = 256;

#[derive(Serialize, Deserialize)]
pub(crate) struct SecretRecord {
    recipe: String,
    public: Option<String>,
    token: String,
    sealed: String,
}

/// A secret as its component sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedSecret {
    /// Stands for it.
    pub token: String,
    /// The part that is not secret.
    pub public: Option<String>,
    /// Made just now, rather than found.
    pub created: bool,
}

fn secret_key(scope: &Scope, resource: ResourceId, name: &str) -> Vec<u8> {
    secrets_prefix(scope, resource).part(name).build()
}

fn secrets_prefix(scope: &Scope, resource: ResourceId) -> KeyBuilder {
    KeyBuilder::scoped("secret", scope).part(resource.as_bytes())
}

impl Ledger {
    /// Get or create, durable before it returns. `component` is `<platform>/<entry>`.
    pub async fn generate_secret(
        &self,
        scope: &Scope,
        component: &str,
        resource: ResourceId,
        name: &str,
        generated: impl FnOnce() -> Result<recipe::Generated, recipe::RecipeError>,
        recipe: &str,
    ) -> Result<Result<GeneratedSecret, recipe::RecipeError>, LedgerError> {
        if name.len() > MAX_NAME {
            let what = format!("the name of a secret of {resource}");
            return Err(LedgerError::TooBig { what, size: name.len(), limit: MAX_NAME });
        }
        if let Some(found) = self.found_secret(scope, component, resource, name).await? {
            return Ok(Ok(found));
        }
        let generated = match generated() {
            Ok(generated) => generated,
            Err(error) => return Ok(Err(error)),
        };
        let key = secret_key(scope, resource, name);
        let target = TokenTarget::Generated { resource, name: name.to_owned() };
        let token = self.token_of(scope, component, &target);
        let record = SecretRecord {
            recipe: recipe.to_owned(),
            public: generated.public.clone(),
            token: token.clone(),
            sealed: BASE64.encode(self.keys.seal(&key, 1, generated.secret.expose().as_bytes())),
        };
        let txn = issued_txn(scope, component, &token, target)?
            .when_absent(key.clone())
            .put(key, encode(&record).map_err(LedgerError::record("a secret"))?);
        match self.store.txn(txn).await.map_err(LedgerError::store("keep a secret"))? {
            Committed::Applied(_) => {
                Ok(Ok(GeneratedSecret { token, public: generated.public, created: true }))
            }
            // Somebody else made it first; theirs is the one.
            Committed::Refused { .. } => {
                let found = self.found_secret(scope, component, resource, name).await?;
                let what = format!("secret `{name}` of {resource}");
                found.map(Ok).ok_or(LedgerError::Conflict { what })
            }
        }
    }

    /// The token of today is issued too: the component may have another name than when the secret was made.
    async fn found_secret(
        &self,
        scope: &Scope,
        component: &str,
        resource: ResourceId,
        name: &str,
    ) -> Result<Option<GeneratedSecret>, LedgerError> {
        let key = secret_key(scope, resource, name);
        let Some(known) = self.read::<SecretRecord>(&key, "a secret").await? else { return Ok(None) };
        let target = TokenTarget::Generated { resource, name: name.to_owned() };
        let token = self.reissue(scope, component, target).await?;
        Ok(Some(GeneratedSecret { token, public: known.value.public, created: false }))
    }

    /// Every secret that was generated for a resource: what must not stand in texts about it.
    pub async fn secrets_of(&self, scope: &Scope, resource: ResourceId) -> Result<Vec<Secret>, LedgerError> {
        let mut secrets = Vec::new();
        for (key, record) in self.secret_records(scope, resource).await? {
            secrets.push(self.unsealed(&key, &record, &format!("a secret of {resource}"))?);
        }
        Ok(secrets)
    }

    /// Forgets the secrets of a resource that is gone, and every token for them and for its outputs.
    pub async fn forget_secrets(&self, scope: &Scope, resource: ResourceId) -> Result<(), LedgerError> {
        let mut keys = self.token_keys(scope, resource).await?;
        // Secrets last: for as long as one is there, this can be done again.
        keys.extend(self.secret_records(scope, resource).await?.into_iter().map(|(key, _)| key));
        for batch in keys.chunks(100) {
            let txn = batch.iter().fold(Txn::new(), |txn, key| txn.delete(key.clone()));
            self.store.txn(txn).await.map_err(LedgerError::store("forget secrets"))?;
        }
        Ok(())
    }

    fn unsealed(&self, key: &[u8], record: &SecretRecord, what: &str) -> Result<Secret, LedgerError> {
        let unusable =
            |reason: &str| LedgerError::Chunks { what: what.to_owned(), reason: reason.to_owned() };
        let sealed = BASE64.decode(&record.sealed).map_err(|_| unusable("the sealed part is not base64"))?;
        let clear = self
            .keys
            .open(key, 1, &sealed)
            .map_err(|source| LedgerError::Seal { what: what.to_owned(), source })?;
        let text = std::str::from_utf8(&clear).map_err(|_| unusable("it is not text"))?;
        Ok(Secret::new(text))
    }

    async fn secret_records(
        &self,
        scope: &Scope,
        resource: ResourceId,
    ) -> Result<Vec<(Vec<u8>, SecretRecord)>, LedgerError> {
        let prefix = secrets_prefix(scope, resource).build();
        let (items, _) =
            collect(&*self.store, Range::prefix(prefix)).await.map_err(LedgerError::store("list secrets"))?;
        items
            .into_iter()
            .map(|item| {
                let record = crate::record::decode(&item.value)
                    .map_err(|source: RecordError| LedgerError::Record { what: "a secret".into(), source })?;
                Ok((item.key, record))
            })
            .collect()
    }
}
