//! Tokens are swapped for what they stand for: the one way from a token to a secret.

use innominatus_model::{Json, ResourceId, Scope, Secret};
use zeroize::Zeroizing;

use super::{SecretRecord, TokenTarget, secret_key};
use crate::seal::find_tokens;
use crate::{Ledger, LedgerError};

/// Outputs may refer to outputs, a resource further each time; nobody's chain is as long as this.
const MAX_DEPTH: usize = 64;
/// Looking up what one token stands for costs as much as writing so many bytes.
const TOKEN_WORK: usize = 1024;
/// Bytes that one completion may write, those of nested outputs counted each time. Outputs that repeat each other
/// grow by their number of tokens at every step: without a bound, three of them fill any memory.
const MAX_WORK: usize = 32 * 1024 * 1024;

type Escape<'e> = &'e (dyn Fn(&str) -> String + Send + Sync);

/// What is left of a completion's bounds.
struct Bounds {
    work: usize,
}

impl Bounds {
    fn new() -> Self {
        Self { work: MAX_WORK }
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
    /// The text with every token that was issued to `component` swapped for what it stands for, each passed
    /// through `escape` for the place where it stands. What was put in is never looked at again.
    pub async fn complete(
        &self,
        scope: &Scope,
        component: &str,
        text: &str,
        escape: &(dyn Fn(&str) -> String + Send + Sync),
    ) -> Result<Secret, LedgerError> {
        self.complete_at(scope, component, text, escape, 0, &mut Bounds::new()).await
    }

    /// What a sensitive output really is, as text: a JSON string's own text, else JSON.
    pub async fn reveal_output(
        &self,
        scope: &Scope,
        resource: ResourceId,
        output: &str,
    ) -> Result<Secret, LedgerError> {
        let target = TokenTarget::Output { resource, output: output.to_owned() };
        self.resolve(scope, &target, 0, &mut Bounds::new()).await
    }

    async fn complete_at(
        &self,
        scope: &Scope,
        component: &str,
        text: &str,
        escape: Escape<'_>,
        depth: usize,
        bounds: &mut Bounds,
    ) -> Result<Secret, LedgerError> {
        let mut out = Zeroizing::new(String::with_capacity(text.len()));
        let mut from = 0;
        bounds.spend(text.len())?;
        for range in find_tokens(text) {
            let Some(target) = self.issued(scope, component, &text[range.clone()]).await? else { continue };
            out.push_str(&text[from..range.start]);
            let value = Box::pin(self.resolve(scope, &target, depth + 1, bounds)).await?;
            let value = Zeroizing::new(escape(value.expose()));
            bounds.spend(TOKEN_WORK + value.len())?;
            out.push_str(&value);
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
        bounds: &mut Bounds,
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
                self.complete_at(scope, &maker, &text, &str::to_owned, depth, bounds).await
            }
        }
    }
}
