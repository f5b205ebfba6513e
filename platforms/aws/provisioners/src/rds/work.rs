//! One call of the provisioner: what is asked for, what is remembered, and where it is kept.

use innominatus_guest::prelude::*;

use super::instance::Instance;
use super::params::{PostgresParams, violations};
use crate::api::Aws;
use crate::identity::Identity;
use crate::tags::{self, Tags};

/// How long names of instances, databases and users may be.
const LIMIT: usize = 63;
/// What the host calls the password.
const PASSWORD: &str = "password";

/// What is remembered of a database. Written down before anything is made, so that nothing made is forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Handle {
    /// What AWS calls it.
    pub(super) instance: String,
    pub(super) region: String,
    pub(super) database: String,
    pub(super) username: String,
    /// GiB, when last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) storage: Option<u32>,
    /// When last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// The change that was asked for last, until it is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) asked: Option<Asked>,
    /// Keys of the tags that params of before or of now brought along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<String>,
}

/// A change, and how often it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Asked {
    pub(super) change: String,
    pub(super) times: u32,
}

/// One call.
pub(super) struct Work<'a> {
    pub(super) aws: Aws<'a>,
    pub(super) host: Host<'a>,
    pub(super) target: &'a Target<PostgresParams>,
    pub(super) identity: Identity,
    pub(super) handle: Handle,
    /// Whether `handle` is kept by the host.
    pub(super) is_known: bool,
}

impl<'a> Work<'a> {
    pub(super) fn of(host: &Host<'a>, target: &'a Target<PostgresParams>) -> Result<Self, Failure> {
        let aws = Aws::of(host)?;
        let identity = Identity::of(target);
        let known: Option<Handle> = target.handle();
        let is_known = known.is_some();
        let settings = &aws.settings;
        let handle = known.unwrap_or_else(|| Handle {
            instance: identity.name(settings.name_prefix.as_deref(), LIMIT),
            region: settings.region.clone(),
            database: target.params.database.clone().unwrap_or_else(|| identifier(&target.name)),
            username: target.params.username.clone().unwrap_or_else(|| identifier(&target.name)),
            storage: None,
            version: None,
            asked: None,
            tags: Vec::new(),
        });
        if handle.region != settings.region {
            let message = format!(
                "the database `{}` was made in `{}`, and the platform is configured for `{}` now; set `region` back, \
                 or remove the resource first",
                handle.instance, handle.region, settings.region
            );
            return Err(Failure::conflict("region-changed", message));
        }
        let handle = Handle { tags: tags::joined(&handle.tags, target.params.tags.keys()), ..handle };
        Ok(Self { aws, host: *host, target, identity, handle, is_known })
    }

    /// Refuses params that cannot be made.
    pub(super) fn checked(self) -> Result<Self, Failure> {
        let known = self.is_known.then_some(&self.handle);
        let found = violations(&self.target.params, known);
        if found.is_empty() { Ok(self) } else { Err(Failure::invalid(found)) }
    }

    /// The tags that the database is to have.
    pub(super) fn tags(&self) -> Tags {
        let own = self.target.params.tags.iter();
        own.fold(self.identity.tags().clone(), |mut tags, (key, value)| {
            tags.set(key, value);
            tags
        })
    }

    /// What is kept while the work is not done: what we know now, and what was handed over before.
    pub(super) fn kept(&self) -> Result<State, Failure> {
        let prior = self.target.prior.as_ref().map(|prior| prior.state.clone()).unwrap_or_default();
        Ok(prior.handle(serde_json::to_value(&self.handle)?))
    }

    /// Has it kept, once, before something is made or changed.
    pub(super) fn remember(&mut self) -> Result<(), Failure> {
        if !self.is_known {
            self.is_known = true;
            self.host.checkpoint(&self.kept()?);
        }
        Ok(())
    }

    /// A failure that forgets nothing of what was made.
    pub(super) fn failed(&self, failure: Failure) -> Failure {
        match self.kept() {
            Ok(state) if failure.partial.is_none() && self.is_known => failure.with_partial(state),
            _ => failure,
        }
    }

    /// A token: the host gets or makes the password, and AWS hears it from the host alone.
    pub(super) fn password(&self) -> Result<String, Failure> {
        Ok(self.host.secrets().password(PASSWORD)?.into_text())
    }

    /// What is handed over when all is done; none while the database has no address.
    pub(super) fn done(&self, instance: &Instance) -> Result<Option<State>, Failure> {
        let Some(endpoint) = instance.endpoint.as_ref().filter(|endpoint| !endpoint.address.is_empty())
        else {
            return Ok(None);
        };
        let Handle { database, username, .. } = &self.handle;
        let (host, port) = (&endpoint.address, endpoint.port);
        let password = self.password()?;
        let connection = format!("postgresql://{username}:{password}@{host}:{port}/{database}");
        let handle =
            Handle { tags: self.target.params.tags.keys().cloned().collect(), ..self.handle.clone() };
        let state = State::new()
            .handle(serde_json::to_value(&handle)?)
            .output("host", host.as_str())
            .output("port", port)
            .output("name", database.as_str())
            .output("database", database.as_str())
            .output("username", username.as_str())
            .secret("password", password)
            .secret("connection", connection);
        Ok(Some(state))
    }
}

/// A name that PostgreSQL takes without quotes and RDS takes at all: a letter first, then letters, digits and `_`.
fn identifier(name: &str) -> String {
    let fold = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    let mut folded: String = name.chars().map(fold).collect();
    if !folded.starts_with(|first: char| first.is_ascii_lowercase()) {
        folded.insert_str(0, "db_");
    }
    folded.truncate(LIMIT);
    folded
}
