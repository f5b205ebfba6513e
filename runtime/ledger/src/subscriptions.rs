//! What is in force of one platform, over all its installed versions: which one serves, where it comes from, how far it
//! ever got, and which update waits for a person.

use innominatus_model::{Digest, Name, Version};
use serde::{Deserialize, Serialize};

use crate::key::KeyBuilder;
use crate::record::{Text, TextOption, TextVec};
use crate::{Change, Ledger, LedgerError, Stored};

/// How many versions that once served are remembered.
const BEFORE_KEPT: usize = 16;

/// One platform of a tenant. It stays when the last version is uninstalled: how far it got is not forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The tenant.
    #[serde(with = "Text")]
    pub tenant: Name,
    /// The platform.
    #[serde(with = "Text")]
    pub name: Name,
    /// The version that new resources and golden paths get; an installed one.
    #[serde(with = "TextOption")]
    pub active: Option<Version>,
    /// Whether it serves at all. What it made stays, and is gone on with.
    pub enabled: bool,
    /// Where it comes from, without a version; updates never change it silently.
    pub source: Option<String>,
    /// Which versions the operator wants, as written; none for any.
    pub requirement: Option<String>,
    /// The highest version that was ever installed.
    #[serde(with = "Text")]
    pub highest: Version,
    /// Versions that served before, the last one last.
    #[serde(with = "TextVec")]
    pub before: Vec<Version>,
    /// Who signed what was installed first; only who this is may sign the next, where no policy says otherwise.
    pub signer: Option<Signer>,
    /// An update that asks for more than what is installed.
    pub held: Option<Held>,
    /// How its registry is asked, where that was said of this platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessRecord>,
    /// When it last changed, milliseconds since the Unix epoch.
    pub updated_ms: u64,
}

/// How a registry is asked for a platform. Secrets are named here, and kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRecord {
    /// The place that it is for, without a version: no other is shown these credentials.
    pub source: String,
    /// The kind of credentials; none where it is shown what the files say.
    pub kind: Option<String>,
    /// The operator's secret, by its name.
    pub secret: Option<String>,
    /// The user, where the kind has one.
    pub username: Option<String>,
    /// Whether it is not asked without credentials.
    pub private: bool,
}

/// An update that waits for a person. Its bytes are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its version.
    #[serde(with = "Text")]
    pub version: Version,
    /// Of the whole.
    #[serde(with = "Text")]
    pub digest: Digest,
    /// What it asks for that the installed version does not, in words.
    pub wider: Vec<String>,
    /// Where it came from, and its files.
    pub origin: Origin,
    /// Since when, milliseconds since the Unix epoch.
    pub since_ms: u64,
}

/// Where a platform's bytes came from, and which they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// As it was asked for: a folder or a reference.
    pub reference: String,
    /// The same without a version; none for a folder.
    pub source: Option<String>,
    /// Who signed it; none where nobody had to.
    pub signer: Option<Signer>,
    /// Every blob of it: files, the manifest and config of the artifact, signatures.
    pub blobs: Vec<BlobRecord>,
}

/// Who signed a platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Signer {
    /// Whoever holds a key.
    Key {
        /// The key's id.
        id: String,
        /// The public half, PEM.
        pem: String,
    },
    /// Whom an issuer vouched for.
    Identity {
        /// Who vouched.
        issuer: String,
        /// For whom.
        identity: String,
    },
}

/// In words.
impl std::fmt::Display for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key { id, .. } => write!(f, "key {id}"),
            Self::Identity { issuer, identity } => write!(f, "{identity} by {issuer}"),
        }
    }
}

/// One blob that is kept for a platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRecord {
    /// What it is: `manifest`, `config`, `signature`, or `file`.
    pub role: String,
    /// Its path in the platform's folder; empty for what is no file of it.
    pub path: String,
    /// Of its bytes.
    #[serde(with = "Text")]
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
}

impl Subscription {
    /// Of a platform that nobody had before: its first version serves.
    pub fn new(tenant: Name, name: Name, version: Version, now_ms: u64) -> Self {
        Self {
            tenant,
            name,
            active: Some(version.clone()),
            enabled: true,
            source: None,
            requirement: None,
            highest: version,
            before: Vec::new(),
            signer: None,
            held: None,
            access: None,
            updated_ms: now_ms,
        }
    }

    /// Another version serves from now on.
    pub fn activate(&mut self, version: Version) {
        if self.active.as_ref() == Some(&version) {
            return;
        }
        if let Some(before) = self.active.replace(version) {
            self.before.retain(|known| *known != before);
            self.before.push(before);
            let excess = self.before.len().saturating_sub(BEFORE_KEPT);
            self.before.drain(..excess);
        }
    }

    /// A version was installed.
    pub fn saw(&mut self, version: &Version) {
        if *version > self.highest {
            self.highest = version.clone();
        }
    }
}

fn key(tenant: &Name, name: &Name) -> Vec<u8> {
    KeyBuilder::new("subscription").part(tenant.as_str()).part(name.as_str()).build()
}

fn what(name: &Name) -> String {
    format!("what is in force of platform {name}")
}

impl Ledger {
    /// What is in force of one platform; none for one that was installed before this was kept, or never.
    pub async fn subscription(
        &self,
        tenant: &Name,
        name: &Name,
    ) -> Result<Option<Stored<Subscription>>, LedgerError> {
        self.read(&key(tenant, name), what(name)).await
    }

    /// Of every platform of a tenant, by name.
    pub async fn subscriptions(&self, tenant: &Name) -> Result<Vec<Stored<Subscription>>, LedgerError> {
        let prefix = KeyBuilder::new("subscription").part(tenant.as_str()).build();
        self.list(prefix, "what is in force of a platform").await
    }

    /// Of every platform of every tenant.
    pub async fn all_subscriptions(&self) -> Result<Vec<Stored<Subscription>>, LedgerError> {
        self.list(KeyBuilder::new("subscription").build(), "what is in force of a platform").await
    }
}

impl Change<'_> {
    /// Writes it, if it is still as it was read, or not there yet.
    pub fn put_subscription(&mut self, subscription: &Subscription, before: Option<&Stored<Subscription>>) {
        let key = key(&subscription.tenant, &subscription.name);
        self.put(key, what(&subscription.name), subscription, before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn what_served_before_is_remembered_once_and_not_for_ever() {
        let name = Name::new("aws").unwrap();
        let mut it = Subscription::new(Name::new("default").unwrap(), name, version("1.0.0"), 0);
        it.activate(version("1.1.0"));
        it.activate(version("1.0.0"));
        it.activate(version("1.0.0"));
        it.activate(version("1.2.0"));
        assert_eq!(it.before, [version("1.1.0"), version("1.0.0")]);
        for minor in 3..100 {
            it.activate(Version::new(1, minor, 0));
        }
        assert_eq!(it.before.len(), BEFORE_KEPT);
        assert_eq!(it.before.last(), Some(&version("1.98.0")));
        assert_eq!(it.highest, version("1.0.0"), "serving is not installing");
        it.saw(&version("1.99.0"));
        it.saw(&version("1.5.0"));
        assert_eq!(it.highest, version("1.99.0"));
    }
}
