//! Secrets that the operator put in: by name and tenant, with the value of the moment. Nothing but a completion or a
//! credential binding ever reads one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_model::{Name, Secret, SecretName};
use serde::{Deserialize, Serialize};

use crate::key::KeyBuilder;
use crate::record::Text;
use crate::{Change, Ledger, LedgerError, Stored};

/// Bytes of a secret of the operator, at most.
pub const MAX_OPERATOR_SECRET: usize = 64 * 1024;

/// A secret of the operator, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorSecret {
    /// The tenant.
    #[serde(with = "Text")]
    pub tenant: Name,
    /// The name.
    #[serde(with = "Text")]
    pub name: SecretName,
    /// When it was first put in, milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// When it got the value that it has.
    pub set_ms: u64,
    /// How many values it has had; what is sealed is bound to it.
    pub(crate) writes: u64,
    pub(crate) sealed: String,
}

impl OperatorSecret {
    /// How many values it has had, the one of now included.
    pub fn versions(&self) -> u64 {
        self.writes
    }
}

fn operator_key(tenant: &Name, name: &SecretName) -> Vec<u8> {
    operator_prefix(tenant).part(name.as_str()).build()
}

fn operator_prefix(tenant: &Name) -> KeyBuilder {
    KeyBuilder::new("opsecret").part(tenant.as_str())
}

fn what(name: &SecretName) -> String {
    format!("the secret `{name}`")
}

impl Ledger {
    /// The operator's secrets of a tenant, by name.
    pub async fn operator_secrets(&self, tenant: &Name) -> Result<Vec<Stored<OperatorSecret>>, LedgerError> {
        self.list(operator_prefix(tenant).build(), "a secret of the operator").await
    }

    /// One of them.
    pub async fn operator_secret(
        &self,
        tenant: &Name,
        name: &SecretName,
    ) -> Result<Option<Stored<OperatorSecret>>, LedgerError> {
        self.read(&operator_key(tenant, name), what(name)).await
    }

    /// The value it has now: for the host to put into a request, and nobody else.
    pub async fn operator_value(
        &self,
        tenant: &Name,
        name: &SecretName,
    ) -> Result<Option<Secret>, LedgerError> {
        let Some(stored) = self.operator_secret(tenant, name).await? else { return Ok(None) };
        let key = operator_key(tenant, name);
        let unusable = |reason: &str| LedgerError::Chunks { what: what(name), reason: reason.to_owned() };
        let sealed =
            BASE64.decode(&stored.value.sealed).map_err(|_| unusable("the sealed part is not base64"))?;
        let clear = self
            .keys
            .open(&key, stored.value.writes, &sealed)
            .map_err(|source| LedgerError::Seal { what: what(name), source })?;
        let text = std::str::from_utf8(&clear).map_err(|_| unusable("it is not text"))?;
        Ok(Some(Secret::new(text)))
    }

    /// Entries of installed platforms whose grants name a secret, as `<platform>@<version>/<entry>`.
    pub async fn users_of_secret(
        &self,
        tenant: &Name,
        name: &SecretName,
    ) -> Result<Vec<String>, LedgerError> {
        let mut users = Vec::new();
        for stored in self.platforms(tenant).await? {
            let platform = &stored.value;
            for entry in &platform.provisioners {
                if entry.grant().secrets().any(|secret| secret == name.as_str()) {
                    users.push(format!("{}@{}/{}", platform.name, platform.version, entry.name));
                }
            }
        }
        Ok(users)
    }
}

impl Change<'_> {
    /// Keeps a value under a name: still as it was read, or with `before` none, new. Gives how many values it has had.
    pub fn put_operator_secret(
        &mut self,
        tenant: &Name,
        name: &SecretName,
        value: &Secret,
        at_ms: u64,
        before: Option<&Stored<OperatorSecret>>,
    ) -> u64 {
        let key = operator_key(tenant, name);
        let writes = before.map_or(0, |stored| stored.value.writes) + 1;
        let size = value.expose().len();
        if size > MAX_OPERATOR_SECRET {
            self.fail(LedgerError::TooBig { what: what(name), size, limit: MAX_OPERATOR_SECRET });
            return writes;
        }
        let record = OperatorSecret {
            tenant: tenant.clone(),
            name: name.clone(),
            created_ms: before.map_or(at_ms, |stored| stored.value.created_ms),
            set_ms: at_ms,
            writes,
            sealed: BASE64.encode(self.ledger().keys.seal(&key, writes, value.expose().as_bytes())),
        };
        self.put(key, what(name), &record, before);
        writes
    }

    /// Takes a secret of the operator away.
    pub fn delete_operator_secret(&mut self, before: &Stored<OperatorSecret>) {
        let OperatorSecret { tenant, name, .. } = &before.value;
        self.delete(operator_key(tenant, name), what(name), before);
    }
}
