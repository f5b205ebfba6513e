//! Secrets, sealed, and the tokens that stand for them.
//!
//! A component has secrets of its own, which it had generated or which were taken out of an answer for it, and may
//! refer to secrets of the operator. A token is issued to one component; only that component's texts have it swapped
//! for the secret. What anybody else writes that looks like a token is only text.

mod complete;
mod operator;
mod tokens;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_model::{ResourceId, Scope, Secret};
use innominatus_store::Txn;
use serde::{Deserialize, Serialize};

use crate::key::KeyBuilder;
use crate::seal::recipe;
use crate::{Ledger, LedgerError, Stored, chunks};

pub use complete::{Completed, Destination, Withheld};
pub use operator::{MAX_OPERATOR_SECRET, OperatorSecret};
pub use tokens::{Holder, TokenTarget};

/// Bytes of the name of a secret, at most: it is part of a store key.
const MAX_NAME: usize = 256;
/// The recipe of a secret that was taken out of an answer.
const CAPTURED: &str = "captured";
/// How often others may change a secret while it is being kept.
const TRIES: usize = 16;

#[derive(Serialize, Deserialize)]
pub(crate) struct SecretRecord {
    recipe: String,
    public: Option<String>,
    token: String,
    sealed: String,
    /// Counts writes of this record; what is sealed is bound to it.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    writes: u64,
}

fn one() -> u64 {
    1
}

fn is_one(writes: &u64) -> bool {
    *writes == 1
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
        check_name(resource, name)?;
        if let Some(found) = self.found_secret(scope, component, resource, name).await? {
            return Ok(Ok(found));
        }
        let generated = match generated() {
            Ok(generated) => generated,
            Err(error) => return Ok(Err(error)),
        };
        let new = NewSecret { scope, component, resource, name, recipe, public: generated.public.clone() };
        match self.keep_secret(new, &generated.secret, None).await {
            Ok(token) => Ok(Ok(GeneratedSecret { token, public: generated.public, created: true })),
            // Somebody else made it first; theirs is the one.
            Err(LedgerError::Conflict { what }) => {
                let found = self.found_secret(scope, component, resource, name).await?;
                found.map(Ok).ok_or(LedgerError::Conflict { what })
            }
            Err(error) => Err(error),
        }
    }

    /// Keeps a secret that was taken out of an answer, in the place of the one of this name before; durable before it
    /// returns. `created` tells whether the value is another one than before.
    pub async fn keep_captured(
        &self,
        scope: &Scope,
        component: &str,
        resource: ResourceId,
        name: &str,
        value: &Secret,
    ) -> Result<GeneratedSecret, LedgerError> {
        check_name(resource, name)?;
        let key = secret_key(scope, resource, name);
        let what = format!("secret `{name}` of {resource}");
        let size = value.expose().len();
        if size > MAX_OPERATOR_SECRET {
            return Err(LedgerError::TooBig { what, size, limit: MAX_OPERATOR_SECRET });
        }
        let mut tries = 0;
        loop {
            let before = self.read::<SecretRecord>(&key, &what).await?;
            if let Some(before) = &before
                && self.unsealed(&key, &before.value, &what)? == *value
            {
                let found = self.found_secret(scope, component, resource, name).await?;
                return found.ok_or(LedgerError::Conflict { what });
            }
            let new = NewSecret { scope, component, resource, name, recipe: CAPTURED, public: None };
            match self.keep_secret(new, value, before.as_ref()).await {
                Ok(token) => return Ok(GeneratedSecret { token, public: None, created: true }),
                Err(LedgerError::Conflict { .. }) if tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives the token.
    async fn keep_secret(
        &self,
        new: NewSecret<'_>,
        value: &Secret,
        before: Option<&Stored<SecretRecord>>,
    ) -> Result<String, LedgerError> {
        let NewSecret { scope, component, resource, name, recipe, public } = new;
        let key = secret_key(scope, resource, name);
        let target = TokenTarget::Generated { resource, name: name.to_owned() };
        let token = self.token_of(scope, component, &target);
        let writes = before.map_or(0, |stored| stored.value.writes) + 1;
        let record = SecretRecord {
            recipe: recipe.to_owned(),
            public,
            token: token.clone(),
            sealed: BASE64.encode(self.keys.seal(&key, writes, value.expose().as_bytes())),
            writes,
        };
        let mut change = self.change();
        change.issue_token(scope, component, &token, target);
        change.put(key, format!("secret `{name}` of {resource}"), &record, before);
        change.commit().await?;
        Ok(token)
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

    /// Every secret that belongs to a resource, and every one of the operator that it refers to: what must not stand
    /// in texts about it.
    pub async fn secrets_of(&self, scope: &Scope, resource: ResourceId) -> Result<Vec<Secret>, LedgerError> {
        let mut secrets = self.referred_secrets(scope, resource).await?;
        for (key, record) in self.secret_records(scope, resource).await? {
            secrets.push(self.unsealed(&key, &record, &format!("a secret of {resource}"))?);
        }
        Ok(secrets)
    }

    /// Forgets the secrets of a resource that is gone, and every token for them and for its outputs.
    pub async fn forget_secrets(&self, scope: &Scope, resource: ResourceId) -> Result<(), LedgerError> {
        let mut keys = self.token_keys(scope, resource).await?;
        // Secrets last: for as long as one is there, this can be done again.
        let secrets = self.heads(secrets_prefix(scope, resource).build()).await?;
        keys.extend(secrets.iter().map(|(key, _)| key.clone()));
        for batch in keys.chunks(100) {
            let txn = batch.iter().fold(Txn::new(), |txn, key| txn.delete(key.clone()));
            self.store.txn(txn).await.map_err(LedgerError::store("forget secrets"))?;
        }
        for (key, stored) in secrets {
            if let Some(pointer) = &stored.pointer {
                chunks::discard(&*self.store, &key, pointer).await;
            }
        }
        Ok(())
    }

    fn unsealed(&self, key: &[u8], record: &SecretRecord, what: &str) -> Result<Secret, LedgerError> {
        let unusable =
            |reason: &str| LedgerError::Chunks { what: what.to_owned(), reason: reason.to_owned() };
        let sealed = BASE64.decode(&record.sealed).map_err(|_| unusable("the sealed part is not base64"))?;
        let clear = self
            .keys
            .open(key, record.writes, &sealed)
            .map_err(|source| LedgerError::Seal { what: what.to_owned(), source })?;
        let text = std::str::from_utf8(&clear).map_err(|_| unusable("it is not text"))?;
        Ok(Secret::new(text))
    }

    async fn secret_records(
        &self,
        scope: &Scope,
        resource: ResourceId,
    ) -> Result<Vec<(Vec<u8>, SecretRecord)>, LedgerError> {
        let mut records = Vec::new();
        for (key, _) in self.heads(secrets_prefix(scope, resource).build()).await? {
            let stored = self.read::<SecretRecord>(&key, format!("a secret of {resource}")).await?;
            records.extend(stored.map(|stored| (key, stored.value)));
        }
        Ok(records)
    }
}

/// What a new secret is, but for its value.
struct NewSecret<'a> {
    scope: &'a Scope,
    component: &'a str,
    resource: ResourceId,
    name: &'a str,
    recipe: &'a str,
    public: Option<String>,
}

fn check_name(resource: ResourceId, name: &str) -> Result<(), LedgerError> {
    if name.len() <= MAX_NAME {
        return Ok(());
    }
    let what = format!("the name of a secret of {resource}");
    Err(LedgerError::TooBig { what, size: name.len(), limit: MAX_NAME })
}
