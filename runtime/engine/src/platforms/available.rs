//! Which versions of a platform there are where it comes from, and which of them will do.

use innominatus_ledger::InstalledPlatform;
use innominatus_model::{CORE_VERSION, Code, CoreRange, Digest, Name, Version};
use innominatus_package::{Reference, Tag, TagOrDigest, VersionRule};
use innominatus_registry::{NoCache, inspect};

use super::pin::Pin;
use super::source::{Access, AcquireError, Place, Wanted};
use super::update::UpdateInput;
use crate::{Engine, EngineError, InstallError};

/// How many releases are looked into, and how many versions before one, the newest first: each costs two small requests.
const LOOKED_INTO: usize = 20;

/// A version that is offered somewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Available {
    /// The platform's name, as it says itself.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// How to name exactly these bytes.
    pub reference: String,
    /// Of the artifact's manifest.
    pub digest: Digest,
    /// The core versions that it works with, in words.
    pub core: String,
    /// Whether this core is one of them.
    pub fits: bool,
    /// The contract versions of its components.
    pub contracts: Vec<String>,
    /// Score types that it makes.
    pub types: Vec<String>,
    /// What its components import beyond what every component may.
    pub imports: Vec<String>,
}

impl Engine {
    /// The newest version that will do, if it is newer than what is installed.
    pub(super) async fn newer(
        &self,
        current: &InstalledPlatform,
        input: &UpdateInput,
    ) -> Result<Option<Wanted>, InstallError> {
        let InstalledPlatform { tenant, name, .. } = current;
        let subscription = self.ledger().subscription(tenant, name).await?.map(|stored| stored.value);
        let Some(source) = subscription.as_ref().and_then(|known| known.source.clone()) else {
            return Err(EngineError::refused(
                Code::PlatformNotFound,
                format!("nobody knows where newer versions of `{name}` are: it was installed from a folder"),
                Some(format!("say where: `innominatus platform update {name} --from <folder or reference>`")),
            )
            .into());
        };
        let pin = match &input.version {
            Some(text) => Some(text.parse::<Pin>().map_err(|error| {
                let hint = "write `1.2.3`, or its beginning: `1.2`, `1`".to_owned();
                EngineError::refused(Code::IdInvalid, error.to_string(), Some(hint))
            })?),
            None => None,
        };
        let rule = subscription.and_then(|known| known.requirement);
        let rule = rule.and_then(|text| VersionRule::parse(&text).ok());
        let wanted = |version: &Version| match (&pin, &rule) {
            (Some(pin), _) => pin.allows(version),
            (None, Some(rule)) => rule.matches(version) && *version > current.version,
            (None, None) => version.pre.is_empty() && *version > current.version,
        };
        let found = self.offered(tenant, &source, None, &wanted).await?;
        match found.iter().find(|found| found.fits) {
            Some(found) => Ok(Some(Wanted::Reference(found.reference.clone()))),
            None if pin.is_none() => Ok(None),
            None => {
                let pin = pin.map(|pin| pin.to_string()).unwrap_or_default();
                let message = match found.first() {
                    Some(found) => format!(
                        "{name}@{} works with core {}, this is core {CORE_VERSION}",
                        found.version, found.core
                    ),
                    None => format!("`{source}` has no version {pin} of `{name}`"),
                };
                let hint = format!("`innominatus platform discover {source}` lists what is there");
                Err(EngineError::refused(Code::ArtifactNotFound, message, Some(hint)).into())
            }
        }
    }

    /// The versions that a place has and that are wanted, the newest first.
    pub(super) async fn offered(
        &self,
        tenant: &Name,
        source: &str,
        access: Option<&Access>,
        wanted: &(dyn Fn(&Version) -> bool + Sync),
    ) -> Result<Vec<Available>, InstallError> {
        let named = self.named(source).await?;
        let place = self.connect(tenant, named, access).await?;
        let mut versions = place.versions().await?;
        versions.retain(|(version, _)| wanted(version));
        // Stages before a release, however many, hide none.
        let (mut released, mut before): (usize, usize) = (0, 0);
        versions.retain(|(version, _)| {
            let count = if version.pre.is_empty() { &mut released } else { &mut before };
            *count += 1;
            *count <= LOOKED_INTO
        });
        let mut found = Vec::new();
        for (version, tag) in versions {
            found.extend(place.look(&version, &tag).await?);
        }
        Ok(found)
    }
}

impl Place {
    /// Every tag that is a version, the newest first.
    async fn versions(&self) -> Result<Vec<(Version, Tag)>, InstallError> {
        let tags = self.registry.tags(&self.repository).await.map_err(AcquireError::from)?;
        let version = |tag: &String| Some((tag.parse::<Version>().ok()?, tag.parse::<Tag>().ok()?));
        let mut versions: Vec<_> = tags.iter().filter_map(version).collect();
        versions.sort_by(|a, b| b.0.cmp(&a.0));
        Ok(versions)
    }

    /// What one of them says of itself; none for what is no platform, or another version than its tag says.
    async fn look(&self, version: &Version, tag: &Tag) -> Result<Option<Available>, InstallError> {
        let at = TagOrDigest::Tag(tag.clone());
        let digest = self.registry.resolve(&self.repository, &at).await.map_err(AcquireError::from)?;
        let looked = inspect(&*self.registry, &self.repository, &digest, &NoCache).await;
        let config = match looked {
            Ok((_, config)) => config,
            Err(error) => {
                tracing::debug!(%tag, %error, "not a platform");
                return Ok(None);
            }
        };
        let core: Option<CoreRange> = config.core.parse().ok();
        let (mut contracts, mut imports): (Vec<_>, Vec<_>) = Default::default();
        for facts in config.facts.values() {
            contracts.push(facts.contract.clone());
            imports.extend(facts.imports.iter().cloned());
        }
        for list in [&mut contracts, &mut imports] {
            list.sort();
            list.dedup();
        }
        let reference = match &self.reference {
            Reference::Registry { repository, .. } => format!("{repository}:{tag}@{digest}"),
            other => format!("{}:{tag}@{digest}", other.source()),
        };
        let found = Available {
            name: config.name.clone(),
            version: config.version.clone(),
            reference,
            digest,
            fits: core.as_ref().is_some_and(|core| core.contains(&CORE_VERSION)),
            core: config.core.clone(),
            contracts,
            types: config.types(),
            imports,
        };
        Ok(Some(found).filter(|found| found.version == *version))
    }
}
