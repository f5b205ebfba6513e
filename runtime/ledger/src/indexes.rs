//! How far each index was when it was last looked at. Only who remembers it notices one that goes back.

use innominatus_model::Name;
use serde::{Deserialize, Serialize};

use crate::key::KeyBuilder;
use crate::record::Text;
use crate::{Change, Ledger, LedgerError, Stored};

/// An index as a tenant last saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenIndex {
    /// The tenant.
    #[serde(with = "Text")]
    pub tenant: Name,
    /// What `registries.yaml` calls it.
    #[serde(with = "Text")]
    pub name: Name,
    /// Where it was: a folder or a reference. An index at another place is another one.
    pub place: String,
    /// The highest generation that was seen there.
    pub generation: u64,
}

fn key(tenant: &Name, name: &Name) -> Vec<u8> {
    KeyBuilder::new("index").part(tenant.as_str()).part(name.as_str()).build()
}

fn what(name: &Name) -> String {
    format!("how far index {name} was")
}

impl Ledger {
    /// How far an index was; none where it was never looked at.
    pub async fn seen_index(
        &self,
        tenant: &Name,
        name: &Name,
    ) -> Result<Option<Stored<SeenIndex>>, LedgerError> {
        self.read(&key(tenant, name), what(name)).await
    }
}

impl Change<'_> {
    /// Writes it, if it is still as it was read, or not there yet.
    pub fn put_seen_index(&mut self, seen: &SeenIndex, before: Option<&Stored<SeenIndex>>) {
        self.put(key(&seen.tenant, &seen.name), what(&seen.name), seen, before);
    }
}
