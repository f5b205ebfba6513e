//! Secrets, sealed, and the tokens that stand for them.
//!
//! A token is issued to one component; only that component's texts have it swapped for the secret. What
//! anybody else writes that looks like a token is only text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_model::{Json, Name, ResourceId, Scope, Secret};
use innominatus_store::{Committed, Range, Txn, collect};
use serde::{Deserialize, Serialize};

use crate::key::KeyBuilder;
use crate::record::{RecordError, Text, encode};
use crate::seal::{find_tokens, recipe};
use crate::{Ledger, LedgerError, Stored};

/// Outputs may refer to outputs; deeper than this is a mistake of ours.
const MAX_DEPTH: usize = 16;

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

#[derive(Serialize, Deserialize)]
struct TokenRecord {
    issued_to: String,
    target: TokenTarget,
    #[serde(with = "Text")]
    environment: Name,
}

#[derive(Serialize, Deserialize)]
struct SecretRecord {
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
    KeyBuilder::scoped("secret", scope).part(resource.as_bytes()).part(name).build()
}

fn token_key(tenant: &Name, token: &str) -> Vec<u8> {
    KeyBuilder::new("token").part(tenant.as_str()).part(token).build()
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
        let key = secret_key(scope, resource, name);
        let token = self.keys.token(&scope.tenant, component, &format!("{resource}/{name}"));
        if let Some(known) = self.read::<SecretRecord>(&key, "a secret").await? {
            // The component may have another name than when it was made: its token of today is issued too.
            if known.value.token != token {
                self.issue(scope, component, &token, TokenTarget::Generated { resource, name: name.to_owned() }).await?;
            }
            return Ok(Ok(GeneratedSecret { token, public: known.value.public, created: false }));
        }
        let generated = match generated() {
            Ok(generated) => generated,
            Err(error) => return Ok(Err(error)),
        };
        let record = SecretRecord {
            recipe: recipe.to_owned(),
            public: generated.public.clone(),
            token: token.clone(),
            sealed: BASE64.encode(self.keys.seal(&key, 1, generated.secret.expose().as_bytes())),
        };
        let issued = TokenRecord {
            issued_to: component.to_owned(),
            target: TokenTarget::Generated { resource, name: name.to_owned() },
            environment: scope.environment.clone(),
        };
        let txn = Txn::new()
            .when_absent(key.clone())
            .put(key.clone(), encode(&record).map_err(LedgerError::record("a secret"))?)
            .put(token_key(&scope.tenant, &token), encode(&issued).map_err(LedgerError::record("a token"))?);
        match self.store.txn(txn).await.map_err(LedgerError::store("keep a secret"))? {
            Committed::Applied(_) => Ok(Ok(GeneratedSecret { token, public: generated.public, created: true })),
            // Somebody else made it first; theirs is the one.
            Committed::Refused { .. } => {
                let known = self.read::<SecretRecord>(&key, "a secret").await?;
                let public = known.and_then(|known| known.value.public);
                Ok(Ok(GeneratedSecret { token, public, created: false }))
            }
        }
    }

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
    pub async fn translate(&self, scope: &Scope, from: &str, to: &str, text: &str) -> Result<String, LedgerError> {
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

    async fn reissue(&self, scope: &Scope, component: &str, target: TokenTarget) -> Result<String, LedgerError> {
        let name = match &target {
            TokenTarget::Generated { resource, name } => format!("{resource}/{name}"),
            TokenTarget::Output { resource, output } => format!("output/{resource}/{output}"),
        };
        let token = self.keys.token(&scope.tenant, component, &name);
        self.issue(scope, component, &token, target).await?;
        Ok(token)
    }

    async fn issue(
        &self,
        scope: &Scope,
        component: &str,
        token: &str,
        target: TokenTarget,
    ) -> Result<(), LedgerError> {
        let key = token_key(&scope.tenant, token);
        let record =
            TokenRecord { issued_to: component.to_owned(), target, environment: scope.environment.clone() };
        let bytes = encode(&record).map_err(LedgerError::record("a token"))?;
        let known = self.store.get(&key).await.map_err(LedgerError::store("read a token"))?;
        if known.is_none() {
            self.store.txn(Txn::new().put(key, bytes)).await.map_err(LedgerError::store("issue a token"))?;
        }
        Ok(())
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

    async fn issued(&self, scope: &Scope, component: &str, token: &str) -> Result<Option<TokenTarget>, LedgerError> {
        let record: Option<Stored<TokenRecord>> = self.read(&token_key(&scope.tenant, token), "a token").await?;
        Ok(record
            .map(|stored| stored.value)
            .filter(|record| record.issued_to == component && record.environment == scope.environment)
            .map(|record| record.target))
    }

    /// The text with every token that was issued to `component` swapped for what it stands for, each passed
    /// through `escape` for the place where it stands.
    pub async fn complete(
        &self,
        scope: &Scope,
        component: &str,
        text: &str,
        escape: &(dyn Fn(&str) -> String + Send + Sync),
    ) -> Result<Secret, LedgerError> {
        self.complete_at(scope, component, text, escape, 0).await
    }

    async fn complete_at(
        &self,
        scope: &Scope,
        component: &str,
        text: &str,
        escape: &(dyn Fn(&str) -> String + Send + Sync),
        depth: usize,
    ) -> Result<Secret, LedgerError> {
        let mut out = zeroize::Zeroizing::new(String::with_capacity(text.len()));
        let mut from = 0;
        for range in find_tokens(text) {
            let Some(target) = self.issued(scope, component, &text[range.clone()]).await? else { continue };
            out.push_str(&text[from..range.start]);
            let value = Box::pin(self.resolve(scope, &target, depth + 1)).await?;
            out.push_str(&zeroize::Zeroizing::new(escape(value.expose())));
            from = range.end;
        }
        out.push_str(&text[from..]);
        Ok(Secret::new(out.as_str()))
    }

    /// What a sensitive output really is, as text: a JSON string's own text, else JSON.
    pub async fn reveal_output(
        &self,
        scope: &Scope,
        resource: ResourceId,
        output: &str,
    ) -> Result<Secret, LedgerError> {
        self.resolve(scope, &TokenTarget::Output { resource, output: output.to_owned() }, 0).await
    }

    async fn resolve(&self, scope: &Scope, target: &TokenTarget, depth: usize) -> Result<Secret, LedgerError> {
        let lost = |what: String| LedgerError::Chunks { what, reason: "what a token stands for is gone".into() };
        match target {
            TokenTarget::Generated { resource, name } => {
                let key = secret_key(scope, *resource, name);
                let what = format!("secret `{name}` of {resource}");
                let stored = self.read::<SecretRecord>(&key, &what).await?.ok_or_else(|| lost(what.clone()))?;
                let sealed = BASE64.decode(&stored.value.sealed).map_err(|_| lost(what.clone()))?;
                let clear =
                    self.keys.open(&key, 1, &sealed).map_err(|source| LedgerError::Seal { what: what.clone(), source })?;
                Ok(Secret::new(std::str::from_utf8(&clear).map_err(|_| lost(what))?))
            }
            TokenTarget::Output { resource, output } => {
                let what = format!("output `{output}` of {resource}");
                if depth > MAX_DEPTH {
                    return Err(lost(what));
                }
                let stored = self.resource(*resource).await?.ok_or_else(|| lost(what.clone()))?;
                let found = stored.value.outputs().iter().find(|known| known.name == *output);
                let value = found.ok_or_else(|| lost(what))?;
                let text = match &value.value {
                    Json::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let maker = stored.value.status.made_by.as_ref().map(|made_by| made_by.label()).unwrap_or_default();
                self.complete_at(scope, &maker, &text, &str::to_owned, depth).await
            }
        }
    }

    /// Every secret that was generated for a resource: what must not stand in texts about it.
    pub async fn secrets_of(&self, scope: &Scope, resource: ResourceId) -> Result<Vec<Secret>, LedgerError> {
        let prefix = KeyBuilder::scoped("secret", scope).part(resource.as_bytes()).build();
        let mut secrets = Vec::new();
        for (key, stored) in self.secret_records(prefix).await? {
            let what = format!("a secret of {resource}");
            let sealed = BASE64.decode(&stored.sealed).map_err(|_| LedgerError::Chunks {
                what: what.clone(),
                reason: "the sealed part is not base64".into(),
            })?;
            let clear = self.keys.open(&key, 1, &sealed).map_err(|source| LedgerError::Seal { what, source })?;
            secrets.push(Secret::new(String::from_utf8_lossy(&clear).into_owned()));
        }
        Ok(secrets)
    }

    /// Forgets the secrets of a resource that is gone, and their tokens.
    pub async fn forget_secrets(&self, scope: &Scope, resource: ResourceId) -> Result<(), LedgerError> {
        let prefix = KeyBuilder::scoped("secret", scope).part(resource.as_bytes()).build();
        for (key, record) in self.secret_records(prefix).await? {
            let txn = Txn::new().delete(key).delete(token_key(&scope.tenant, &record.token));
            self.store.txn(txn).await.map_err(LedgerError::store("forget a secret"))?;
        }
        Ok(())
    }

    async fn secret_records(&self, prefix: Vec<u8>) -> Result<Vec<(Vec<u8>, SecretRecord)>, LedgerError> {
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
