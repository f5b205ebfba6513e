//! What the operator grants: `grants:` of `platforms.yaml`, or a file of its own with the same key.
//!
//! It belongs to the operator and is never taken from a package. `read` and `entry` make values of the file, `render`
//! makes a file of values, `hash` says in one digest what was granted, `answer` turns "as asked for" into values,
//! `effective` joins what is asked for with what is granted, `wider` compares what two versions ask for, `words` says
//! it to a person.

mod answer;
mod credential;
mod effective;
mod entry;
mod error;
mod hash;
mod read;
mod render;
mod wider;
mod words;

use std::collections::BTreeMap;
use std::fmt;

use innominatus_model::{Binding, Digest, Grant, HttpGrant, SecretGrant, Version};

pub use answer::{NoSetting, as_asked, as_asked_beyond, sample_of};
pub use effective::{Effective, Gap, asked, effective};
pub use error::{GrantsErrors, Stale};
pub use hash::grants_hash;
pub use read::read_grants;
pub use render::render_grants;
pub use wider::wider;
pub use words::{SettingLookup, asks, grants_in_words};

pub(crate) use credential::{secret as secret_field, username as username_field};
pub(crate) use read::entries;

/// What a grants file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// By `<platform>/<entry>`.
    pub entries: BTreeMap<String, EntryGrants>,
}

/// What is granted to one entry of a manifest. The default grants nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryGrants {
    /// What a person has reviewed; anything else is refused.
    pub approved_for: Option<Approval>,
    /// Who reviewed it, for those who read the file; it decides nothing.
    pub approved_by: Option<String>,
    /// Where requests may go.
    pub http: Vec<HttpGrant>,
    /// Credentials that the host puts into requests, by the component's name for them.
    pub credentials: BTreeMap<String, Binding>,
    /// Whether it may generate secrets of its own.
    pub generate: bool,
    /// Secrets of the operator, by the component's name for them.
    pub references: BTreeMap<String, SecretGrant>,
}

/// What is granted, as a file says it.
impl From<&Grant> for EntryGrants {
    fn from(grant: &Grant) -> Self {
        Self {
            approved_for: None,
            approved_by: None,
            http: grant.http.clone(),
            credentials: grant.credentials.clone(),
            generate: grant.generate,
            references: grant.references.clone(),
        }
    }
}

/// The version or the bytes that were reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// Any build of this version of the platform.
    Version(Version),
    /// This very package.
    Digest(Digest),
}

impl fmt::Display for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl EntryGrants {
    /// Refuses a platform other than the one that was reviewed. `entry` is `<platform>/<entry>`.
    pub fn check_approval(&self, entry: &str, version: &Version, digest: &Digest) -> Result<(), Stale> {
        let fits = match &self.approved_for {
            None => true,
            Some(Approval::Version(approved)) => approved == version,
            Some(Approval::Digest(approved)) => approved == digest,
        };
        if fits {
            return Ok(());
        }
        let approved = self.approved_for.as_ref().map(ToString::to_string).unwrap_or_default();
        Err(Stale { entry: entry.to_owned(), approved, version: version.clone(), digest: *digest })
    }

    /// Adds what another answer grants. Of two values for one name the other one counts.
    pub fn join(&mut self, other: Self) {
        let Self { approved_for, approved_by, http, credentials, generate, references } = other;
        self.approved_for = approved_for.or(self.approved_for.take());
        self.approved_by = approved_by.or(self.approved_by.take());
        http.into_iter().for_each(|line| effective::add(&mut self.http, line));
        self.credentials.extend(credentials);
        self.generate |= generate;
        self.references.extend(references);
    }
}
