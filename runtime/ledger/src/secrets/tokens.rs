//! Who holds which token, and what it stands for.

use std::collections::BTreeSet;

use innominatus_model::{Json, Name, ResourceId, Scope, Secret, SecretName};
use innominatus_store::{Range, collect};
use serde::{Deserialize, Serialize};

use crate::key::KeyBuilder;
use crate::record::Text;
use crate::seal::find_tokens;
use crate::{Change, Ledger, LedgerError, Stored};

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
    /// A secret of the operator, for as long as the resource that it is used for is there.
    Operator {
        /// The resource.
        #[serde(with = "Text")]
        resource: ResourceId,
        /// The operator's name for it; it stands for the value of the moment.
        #[serde(with = "Text")]
        secret: SecretName,
    },
}

impl TokenTarget {
    pub(super) fn resource(&self) -> ResourceId {
        match self {
            Self::Generated { resource, .. }
            | Self::Output { resource, .. }
            | Self::Operator { resource, .. } => *resource,
        }
    }
}

/// Whose texts are meant: tokens were issued to a component, and are worth something in one application.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// Tenant and environment.
    pub scope: &'a Scope,
    /// The application that the text is about.
    pub application: &'a Name,
    /// `<platform>/<entry>` of the component that wrote it.
    pub component: &'a str,
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

impl Change<'_> {
    /// Issues a token.
    pub(super) fn issue_token(&mut self, scope: &Scope, component: &str, token: &str, target: TokenTarget) {
        let about = about_prefix(scope, target.resource()).part(token).build();
        let environment = scope.environment.clone();
        let record = TokenRecord { issued_to: component.to_owned(), target, environment };
        self.put_always(token_key(&scope.tenant, token), "a token", &record);
        self.put_always(about, "a token", &());
    }
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
            && let Some(target) = self
                .issued(
                    Holder { scope, application: &stored.value.application, component: &maker.label() },
                    value,
                )
                .await?
        {
            return self.reissue(scope, component, target).await;
        }
        self.reissue(scope, component, TokenTarget::Output { resource, output: output.to_owned() }).await
    }

    /// The token by which `component` refers to a secret of the operator; none if there is no such secret.
    pub async fn reference_token(
        &self,
        scope: &Scope,
        component: &str,
        resource: ResourceId,
        secret: &SecretName,
    ) -> Result<Option<String>, LedgerError> {
        if self.operator_secret(&scope.tenant, secret).await?.is_none() {
            return Ok(None);
        }
        let target = TokenTarget::Operator { resource, secret: secret.clone() };
        self.reissue(scope, component, target).await.map(Some)
    }

    /// The secrets of the operator that tokens about a resource stand for.
    pub(super) async fn referred_secrets(
        &self,
        scope: &Scope,
        resource: ResourceId,
    ) -> Result<Vec<Secret>, LedgerError> {
        let mut names = BTreeSet::new();
        for token in self.tokens_about(scope, resource).await? {
            let record: Option<Stored<TokenRecord>> =
                self.read(&token_key(&scope.tenant, &token), "a token").await?;
            if let Some(TokenTarget::Operator { secret, .. }) = record.map(|stored| stored.value.target) {
                names.insert(secret);
            }
        }
        let mut secrets = Vec::new();
        for name in names {
            secrets.extend(self.operator_value(&scope.tenant, &name).await?);
        }
        Ok(secrets)
    }

    /// A text that `from` wrote, with its tokens replaced by those of `to` for the same things.
    pub async fn translate(&self, from: Holder<'_>, to: &str, text: &str) -> Result<String, LedgerError> {
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for range in find_tokens(text) {
            let Some(target) = self.issued(from, &text[range.clone()]).await? else { continue };
            out.push_str(&text[end..range.start]);
            out.push_str(&self.reissue(from.scope, to, target).await?);
            end = range.end;
        }
        out.push_str(&text[end..]);
        Ok(out)
    }

    /// Whether a text of the holder's holds a token that was issued to it.
    pub async fn holds_token(&self, holder: Holder<'_>, text: &str) -> Result<bool, LedgerError> {
        for range in find_tokens(text) {
            if self.issued(holder, &text[range]).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What the token stands for, if it was issued to this component for something of this application.
    pub(super) async fn issued(
        &self,
        holder: Holder<'_>,
        token: &str,
    ) -> Result<Option<TokenTarget>, LedgerError> {
        let Holder { scope, application, component } = holder;
        let record: Option<Stored<TokenRecord>> =
            self.read(&token_key(&scope.tenant, token), "a token").await?;
        let is_theirs =
            |record: &TokenRecord| record.issued_to == component && record.environment == scope.environment;
        let Some(record) = record.map(|stored| stored.value).filter(is_theirs) else { return Ok(None) };
        // Whoever may see tokens can type them: in another application they are texts like any other.
        let place = self.place(record.target.resource()).await?;
        Ok(place.filter(|place| place.application == *application).map(|_| record.target))
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
            let mut change = self.change();
            change.issue_token(scope, component, &token, target);
            change.commit().await?;
        }
        Ok(token)
    }

    pub(super) fn token_of(&self, scope: &Scope, component: &str, target: &TokenTarget) -> String {
        let name = match target {
            TokenTarget::Generated { resource, name } => format!("{resource}/{name}"),
            TokenTarget::Output { resource, output } => format!("output/{resource}/{output}"),
            TokenTarget::Operator { resource, secret } => format!("operator/{resource}/{secret}"),
        };
        self.keys.token(&scope.tenant, component, &name)
    }

    /// The keys of everything that is kept about tokens for a resource.
    pub(super) async fn token_keys(
        &self,
        scope: &Scope,
        resource: ResourceId,
    ) -> Result<Vec<Vec<u8>>, LedgerError> {
        let about = |token: &str| about_prefix(scope, resource).part(token).build();
        let tokens = self.tokens_about(scope, resource).await?;
        Ok(tokens.iter().flat_map(|token| [token_key(&scope.tenant, token), about(token)]).collect())
    }

    async fn tokens_about(&self, scope: &Scope, resource: ResourceId) -> Result<Vec<String>, LedgerError> {
        let prefix = about_prefix(scope, resource).build();
        let (items, _) = collect(&*self.store, Range::prefix(prefix.clone()))
            .await
            .map_err(LedgerError::store("list tokens"))?;
        // Tokens are alphanumeric, so nothing of them is escaped in a key.
        let token = |key: &[u8]| {
            let token = key[prefix.len()..].strip_suffix(&[0, 1]).unwrap_or_default();
            String::from_utf8_lossy(token).into_owned()
        };
        Ok(items.iter().map(|item| token(&item.key)).collect())
    }
}
