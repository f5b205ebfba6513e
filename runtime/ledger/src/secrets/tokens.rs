//! Who holds which token, and what it stands for.

use innominatus_model::{Json, Name, ResourceId, Scope};
use innominatus_store::{Range, Txn, collect};
use serde::{Deserialize, Serialize};

use crate::key::KeyBuilder;
use crate::record::{Text, encode};
use crate::seal::find_tokens;
use crate::{Ledger, LedgerError, Stored};

/// What a token stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenTarget {
    /// A secret that a component generated for a resource.
    Generated {
        /// The resource.
        #[serde(with = "Text")]
        resource: ResourceId,
        /// The component's name for it.
        name: String,
    },
    /// A sensitive output of a resource.
    Output {
        /// The resource.
        #[serde(with = "Text")]
        resource: ResourceId,
        /// The output.
        output: String,
    },
}

impl TokenTarget {
    fn resource(&self) -> ResourceId {
        match self {
            Self::Generated { resource, .. } | Self::Output { resource, .. } => *resource,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct TokenRecord {
    issued_to: String,
    target: TokenTarget,
    #[serde(with = "Text")]
    environment: Name,
}

pub(super) fn token_key(tenant: &Name, token: &str) -> Vec<u8> {
    KeyBuilder::new("token").part(tenant.as_str()).part(token).build()
}

/// Says that a token is about a resource, so that it can be forgotten with it.
fn about_prefix(scope: &Scope, resource: ResourceId) -> KeyBuilder {
    KeyBuilder::scoped("tokens", scope).part(resource.as_bytes())
}

/// Issues a token.
pub(super) fn issued_txn(
    scope: &Scope,
    component: &str,
    token: &str,
    target: TokenTarget,
) -> Result<Txn, LedgerError> {
    let about = about_prefix(scope, target.resource()).part(token).build();
    let record =
        TokenRecord { issued_to: component.to_owned(), target, environment: scope.environment.clone() };
    let bytes = encode(&record).map_err(LedgerError::record("a token"))?;
    let note = encode(&()).map_err(LedgerError::record("a token"))?;
    Ok(Txn::new().put(token_key(&scope.tenant, token), bytes).put(about, note))
}

impl Ledger {
    /// The token by which `component` refers to a sensitive output.
    pub async fn output_token(
        &self,
        scope: &Scope,
        component: &str,
        resource: ResourceId,
        output: &str,
    ) -> Result<String, LedgerError> {
        // An output that is nothing but a secret is known by the secret's own token, so that one secret has
        // one token per component, wherever it turns up.
        if let Some(stored) = self.resource(resource).await?
            && stored.value.scope() == *scope
            && let Some(Json::String(value)) =
                stored.value.outputs().iter().find(|known| known.name == output).map(|known| &known.value)
            && find_tokens(value).next().is_some_and(|range| range == (0..value.len()))
            && let Some(maker) = stored.value.status.made_by.as_ref()
            && let Some(target) = self.issued(scope, &maker.label(), value).await?
        {
            return self.reissue(scope, component, target).await;
        }
        self.reissue(scope, component, TokenTarget::Output { resource, output: output.to_owned() }).await
    }

    /// A text that `from` wrote, with its tokens replaced by those of `to` for the same things.
    pub async fn translate(
        &self,
        scope: &Scope,
        from: &str,
        to: &str,
        text: &str,
    ) -> Result<String, LedgerError> {
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for range in find_tokens(text) {
            let Some(target) = self.issued(scope, from, &text[range.clone()]).await? else { continue };
            out.push_str(&text[end..range.start]);
            out.push_str(&self.reissue(scope, to, target).await?);
            end = range.end;
        }
        out.push_str(&text[end..]);
        Ok(out)
    }

    /// Whether a text of `component` holds a token that was issued to it.
    pub async fn holds_token(&self, scope: &Scope, component: &str, text: &str) -> Result<bool, LedgerError> {
        for range in find_tokens(text) {
            if self.issued(scope, component, &text[range]).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What the token stands for, if it was issued to this component, here.
    pub(super) async fn issued(
        &self,
        scope: &Scope,
        component: &str,
        token: &str,
    ) -> Result<Option<TokenTarget>, LedgerError> {
        let record: Option<Stored<TokenRecord>> =
            self.read(&token_key(&scope.tenant, token), "a token").await?;
        Ok(record
            .map(|stored| stored.value)
            .filter(|record| record.issued_to == component && record.environment == scope.environment)
            .map(|record| record.target))
    }

    /// The token of a component for something, issued if it was not yet.
    pub(super) async fn reissue(
        &self,
        scope: &Scope,
        component: &str,
        target: TokenTarget,
    ) -> Result<String, LedgerError> {
        let token = self.token_of(scope, component, &target);
        let key = token_key(&scope.tenant, &token);
        if self.store.get(&key).await.map_err(LedgerError::store("read a token"))?.is_none() {
            let txn = issued_txn(scope, component, &token, target)?;
            self.store.txn(txn).await.map_err(LedgerError::store("issue a token"))?;
        }
        Ok(token)
    }

    pub(super) fn token_of(&self, scope: &Scope, component: &str, target: &TokenTarget) -> String {
        let name = match target {
            TokenTarget::Generated { resource, name } => format!("{resource}/{name}"),
            TokenTarget::Output { resource, output } => format!("output/{resource}/{output}"),
        };
        self.keys.token(&scope.tenant, component, &name)
    }

    /// The keys of everything that is kept about tokens for a resource.
    pub(super) async fn token_keys(
        &self,
        scope: &Scope,
        resource: ResourceId,
    ) -> Result<Vec<Vec<u8>>, LedgerError> {
        let prefix = about_prefix(scope, resource).build();
        let (items, _) = collect(&*self.store, Range::prefix(prefix.clone()))
            .await
            .map_err(LedgerError::store("list tokens"))?;
        let mut keys = Vec::with_capacity(items.len() * 2);
        for item in items {
            // Tokens are alphanumeric, so nothing of them is escaped in a key.
            let token = item.key[prefix.len()..].strip_suffix(&[0, 1]).unwrap_or_default();
            keys.push(token_key(&scope.tenant, &String::from_utf8_lossy(token)));
            keys.push(item.key);
        }
        Ok(keys)
    }
}
