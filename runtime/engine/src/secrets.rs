//! The operator's secrets: put in, given new values, taken away; and the key that seals everything. Values go in and
//! never come out here.

use innominatus_ledger::{KeyRotation, MAX_OPERATOR_SECRET, OperatorSecret, Stored};
use innominatus_model::{Code, EventKind, Name, Scope, Secret, SecretName, Subject};
use serde_json::json;

use crate::clock::now_ms;
use crate::events::event;
use crate::{Engine, EngineError};

/// What came of putting a secret in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSet {
    /// How many values it has had, this one included.
    pub versions: u64,
    /// Entries of installed platforms that use it, as `<platform>@<version>/<entry>`.
    pub users: Vec<String>,
}

impl Engine {
    /// Puts a secret in, or gives it a new value.
    pub async fn set_secret(
        &self,
        tenant: &Name,
        name: &SecretName,
        value: &Secret,
    ) -> Result<SecretSet, EngineError> {
        let before = self.ledger().operator_secret(tenant, name).await?;
        self.put_secret(tenant, name, value, before).await
    }

    /// Gives a secret that is there a new value. Whoever uses it sees the new one from the next request on.
    pub async fn rotate_secret(
        &self,
        tenant: &Name,
        name: &SecretName,
        value: &Secret,
    ) -> Result<SecretSet, EngineError> {
        let before = self.known_secret(tenant, name).await?;
        self.put_secret(tenant, name, value, Some(before)).await
    }

    async fn put_secret(
        &self,
        tenant: &Name,
        name: &SecretName,
        value: &Secret,
        before: Option<Stored<OperatorSecret>>,
    ) -> Result<SecretSet, EngineError> {
        check_value(name, value)?;
        let (kind, done) = match before {
            None => (EventKind::SecretSet, "put in"),
            Some(_) => (EventKind::SecretRotated, "given a new value"),
        };
        let mut change = self.ledger().change();
        let versions = change.put_operator_secret(tenant, name, value, now_ms(), before.as_ref());
        let mut told =
            event(&scope(tenant), kind, Subject::default(), format!("the secret `{name}` was {done}"));
        told.details = json!({"secret": name.as_str(), "versions": versions});
        change.event(&told);
        change.commit().await?;
        Ok(SecretSet { versions, users: self.ledger().users_of_secret(tenant, name).await? })
    }

    /// Takes a secret away. While grants of an installed platform name it, only when forced to.
    pub async fn remove_secret(
        &self,
        tenant: &Name,
        name: &SecretName,
        force: bool,
    ) -> Result<Vec<String>, EngineError> {
        let before = self.known_secret(tenant, name).await?;
        let users = self.ledger().users_of_secret(tenant, name).await?;
        if !users.is_empty() && !force {
            return Err(EngineError::refused(
                Code::SecretInUse,
                format!("grants of installed platforms name the secret `{name}`: {}", users.join(", ")),
                Some(format!(
                    "change those grants first, or give it a new value with `innominatus secret rotate {name}`; \
                     `--force` removes it all the same"
                )),
            ));
        }
        let message = format!("the secret `{name}` was removed");
        let mut told = event(&scope(tenant), EventKind::SecretRemoved, Subject::default(), message);
        told.details = json!({"secret": name.as_str(), "users": users});
        let mut change = self.ledger().change();
        change.delete_operator_secret(&before);
        change.event(&told);
        change.commit().await?;
        Ok(users)
    }

    /// Replaces the key of the store; runs go on meanwhile.
    pub async fn rotate_key(&self) -> Result<KeyRotation, EngineError> {
        let ledger = self.ledger().clone();
        self.whole(async move { ledger.rotate_key(now_ms()).await.map_err(EngineError::from) }).await
    }

    async fn known_secret(
        &self,
        tenant: &Name,
        name: &SecretName,
    ) -> Result<Stored<OperatorSecret>, EngineError> {
        self.ledger().operator_secret(tenant, name).await?.ok_or_else(|| {
            EngineError::refused(
                Code::SecretNotFound,
                format!("there is no secret `{name}`"),
                Some("`innominatus secret list` shows those that there are".to_owned()),
            )
        })
    }
}

fn scope(tenant: &Name) -> Scope {
    Scope { tenant: tenant.clone(), ..Scope::default() }
}

/// Says what is wrong with a value, and never the value.
fn check_value(name: &SecretName, value: &Secret) -> Result<(), EngineError> {
    let text = value.expose();
    let (problem, hint) = if text.is_empty() {
        ("is empty", "hand it over on standard input, or with `--from-file`")
    } else if text.len() > MAX_OPERATOR_SECRET {
        ("has more than 64 KiB", "keep what is this long elsewhere, and a key for it here")
    } else if text.contains('\0') {
        ("has a null character", "put in what is not text as base64")
    } else {
        return Ok(());
    };
    let message = format!("the value for the secret `{name}` {problem}");
    Err(EngineError::refused(Code::SecretInvalid, message, hint.to_owned()))
}
