//! Tokens are swapped for what they stand for: the one way from a token to a secret.

use std::collections::{BTreeMap, BTreeSet};

use innominatus_model::{Json, ResourceId, Scope, Secret, SecretGrant};
use zeroize::Zeroizing;

use super::{Holder, SecretRecord, TokenTarget, secret_key};
use crate::seal::find_tokens;
use crate::{Ledger, LedgerError};

/// Outputs may refer to outputs, a resource further each time. Every step is a future within a future on one stack;
/// twice as many of them would still fit.
const MAX_DEPTH: usize = 24;
/// Looking up what one token stands for costs as much as writing so many bytes.
const TOKEN_WORK: usize = 1024;
/// Bytes that one completion may write, those of nested outputs counted each time. Outputs that repeat each other
/// grow by their number of tokens at every step: without a bound, three of them fill any memory.
const MAX_WORK: usize = 32 * 1024 * 1024;

type Escape<'e> = &'e (dyn Fn(&str) -> String + Send + Sync);

/// Where a completed text is sent, and what may go there.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'a> {
    /// The host, normalised as grants have it.
    pub host: &'a str,
    /// Whether the component's own secrets may go there: those that it had generated or that were captured for it,
    /// and sensitive outputs that it was passed.
    pub own: bool,
    /// The operator's secrets that the component may refer to, with the hosts that each may be sent to.
    pub references: &'a BTreeMap<String, SecretGrant>,
    /// The resource that the text is about, if there is one.
    pub resource: Option<ResourceId>,
    /// Tokens that a person typed into its params: only text.
    pub typed: &'a BTreeSet<String>,
}

impl Destination<'_> {
    /// Why the secret may not go there, if it may not.
    fn refuses(&self, target: &TokenTarget) -> Option<Withheld> {
        match target {
            TokenTarget::Generated { .. } | TokenTarget::Output { .. } => {
                (!self.own).then_some(Withheld::Own)
            }
            TokenTarget::Operator { secret, .. } => {
                let may_go = self.references.values().any(|grant| {
                    grant.secret == secret.as_str() && grant.hosts.iter().any(|host| host.matches(self.host))
                });
                (!may_go).then_some(Withheld::Operators)
            }
        }
    }
}

/// A secret that may not go where it was to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// One of the component's own.
    Own,
    /// One of the operator's.
    Operators,
    /// One of the resource's own, whose token a person typed into the params as well: nobody can tell which is meant.
    Typed,
}

/// A text with its secrets in place.
#[derive(Debug, Clone)]
pub struct Completed {
    /// The text.
    pub text: Secret,
    /// What was put in: to be looked for in whatever comes back.
    pub used: Vec<Secret>,
    /// The first secret that may not go there, if there is one; its token still stands in the text.
    pub withheld: Option<Withheld>,
}

/// What is left of a completion's bounds, what it may put in, and what it did put in.
struct Bounds<'a> {
    work: usize,
    /// None: the text goes to a person of this runtime's own, who may have everything but the operator's secrets.
    to: Option<Destination<'a>>,
    used: Vec<Secret>,
    withheld: Option<Withheld>,
}

impl<'a> Bounds<'a> {
    fn new(to: Option<Destination<'a>>) -> Self {
        Self { work: MAX_WORK, to, used: Vec::new(), withheld: None }
    }

    /// Whether the secret is put in.
    fn takes(&mut self, target: &TokenTarget) -> bool {
        let refused = match &self.to {
            Some(to) => to.refuses(target),
            // Nothing that the operator said names a file or a person.
            None => matches!(target, TokenTarget::Operator { .. }).then_some(Withheld::Operators),
        };
        self.withheld = self.withheld.or(refused);
        refused.is_none()
    }

    /// Whether a token that stands in the text itself is only text, because a person typed it.
    fn is_typed(&mut self, token: &str, target: &TokenTarget) -> bool {
        let Some(to) = self.to.filter(|to| to.typed.contains(token)) else { return false };
        if to.resource == Some(target.resource()) {
            self.withheld.get_or_insert(Withheld::Typed);
        }
        true
    }

    fn spend(&mut self, bytes: usize) -> Result<(), LedgerError> {
        self.work = self.work.checked_sub(bytes).ok_or_else(|| LedgerError::TooBig {
            what: "a text with its secrets in place".into(),
            size: MAX_WORK - self.work + bytes,
            limit: MAX_WORK,
        })?;
        Ok(())
    }
}

impl Ledger {
    /// The text with every token that was issued to the holder swapped for what it stands for, each passed
    /// through `escape` for the place where it stands. What was put in is never looked at again. Tokens for secrets of
    /// the operator stay tokens: those may only be sent, and only to hosts that he named.
    pub async fn complete(
        &self,
        holder: Holder<'_>,
        text: &str,
        escape: &(dyn Fn(&str) -> String + Send + Sync),
    ) -> Result<Secret, LedgerError> {
        self.complete_at(holder, text, escape, 0, &mut Bounds::new(None)).await
    }

    /// Like [`Ledger::complete`], for a text that is sent: only what may go to this destination is put in, and what
    /// may not is said.
    pub async fn complete_for(
        &self,
        holder: Holder<'_>,
        text: &str,
        escape: &(dyn Fn(&str) -> String + Send + Sync),
        to: Destination<'_>,
    ) -> Result<Completed, LedgerError> {
        let mut bounds = Bounds::new(Some(to));
        let text = self.complete_at(holder, text, escape, 0, &mut bounds).await?;
        Ok(Completed { text, used: bounds.used, withheld: bounds.withheld })
    }

    /// What a sensitive output really is, as text: a JSON string's own text, else JSON.
    pub async fn reveal_output(
        &self,
        scope: &Scope,
        resource: ResourceId,
        output: &str,
    ) -> Result<Secret, LedgerError> {
        let target = TokenTarget::Output { resource, output: output.to_owned() };
        self.resolve(scope, &target, 0, &mut Bounds::new(None)).await
    }

    async fn complete_at(
        &self,
        holder: Holder<'_>,
        text: &str,
        escape: Escape<'_>,
        depth: usize,
        bounds: &mut Bounds<'_>,
    ) -> Result<Secret, LedgerError> {
        let mut out = Zeroizing::new(String::with_capacity(text.len()));
        let mut from = 0;
        bounds.spend(text.len())?;
        for range in find_tokens(text) {
            let token = &text[range.clone()];
            bounds.spend(TOKEN_WORK)?;
            let Some(target) = self.issued(holder, token).await? else { continue };
            if depth == 0 && bounds.is_typed(token, &target) || !bounds.takes(&target) {
                continue;
            }
            out.push_str(&text[from..range.start]);
            let secret = Box::pin(self.resolve(holder.scope, &target, depth + 1, bounds)).await?;
            let value = Zeroizing::new(escape(secret.expose()));
            bounds.spend(value.len())?;
            out.push_str(&value);
            bounds.used.push(secret);
            from = range.end;
        }
        out.push_str(&text[from..]);
        Ok(Secret::new(out.as_str()))
    }

    async fn resolve(
        &self,
        scope: &Scope,
        target: &TokenTarget,
        depth: usize,
        bounds: &mut Bounds<'_>,
    ) -> Result<Secret, LedgerError> {
        let lost =
            |what: String| LedgerError::Chunks { what, reason: "what a token stands for is gone".into() };
        match target {
            TokenTarget::Generated { resource, name } => {
                let key = secret_key(scope, *resource, name);
                let what = format!("secret `{name}` of {resource}");
                let stored =
                    self.read::<SecretRecord>(&key, &what).await?.ok_or_else(|| lost(what.clone()))?;
                self.unsealed(&key, &stored.value, &what)
            }
            TokenTarget::Operator { secret, .. } => {
                let value = self.operator_value(&scope.tenant, secret).await?;
                value.ok_or_else(|| LedgerError::SecretGone(secret.clone()))
            }
            TokenTarget::Output { resource, output } => {
                let what = format!("output `{output}` of {resource}");
                if depth > MAX_DEPTH {
                    let reason = format!("it refers to outputs in more than {MAX_DEPTH} steps");
                    return Err(LedgerError::Chunks { what, reason });
                }
                let stored = self.resource(*resource).await?.filter(|stored| stored.value.scope() == *scope);
                let stored = stored.ok_or_else(|| lost(what.clone()))?;
                let found = stored.value.outputs().iter().find(|known| known.name == *output);
                let value = found.ok_or_else(|| lost(what))?;
                let text = Zeroizing::new(match &value.value {
                    Json::String(text) => text.clone(),
                    other => other.to_string(),
                });
                let maker =
                    stored.value.status.made_by.as_ref().map(|made_by| made_by.label()).unwrap_or_default();
                let holder = Holder { scope, application: &stored.value.application, component: &maker };
                self.complete_at(holder, &text, &str::to_owned, depth, bounds).await
            }
        }
    }
}
