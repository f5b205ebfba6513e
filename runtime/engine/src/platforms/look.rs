//! Looking around: what is offered, what is behind, what works with which core. Nothing changes by it; only how far an
//! index was is remembered.

use std::collections::BTreeMap;
use std::path::Path;

use innominatus_ledger::{InstalledPlatform, LedgerError, SeenIndex};
use innominatus_model::{CORE_VERSION, CoreRange, Name, Version};
use innominatus_package::{
    INDEX_NAME, Index, IndexError, IndexSource, PublishedEntry, PublishedIndex, VersionRule, index_file,
    read_index,
};
use innominatus_registry::INDEX;

use super::available::Available;
use super::source::AcquireError;
use crate::{Engine, EngineError, InstallError};

/// A version that an index lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Which index.
    pub index: Name,
    /// What it says.
    pub entry: PublishedEntry,
    /// Whether this core is one that it works with.
    pub fits: bool,
    /// The version that is installed and serves.
    pub installed: Option<Version>,
}

/// Something that could not be asked; the others were.
#[derive(Debug)]
pub struct NotAsked {
    /// What.
    pub what: String,
    /// Why.
    pub error: InstallError,
}

/// How far a platform is behind.
#[derive(Debug)]
pub struct Behind {
    /// The platform.
    pub name: Name,
    /// What serves.
    pub serving: Version,
    /// The newest that the operator wants, and that works with this core.
    pub wanted: Option<Version>,
    /// The newest release there is.
    pub newest: Option<Version>,
    /// Where it comes from; none for a folder.
    pub source: Option<String>,
    /// What waits for a person.
    pub held: Option<Version>,
    /// Why nobody knows.
    pub error: Option<InstallError>,
}

/// One version against the cores.
#[derive(Debug, Clone, PartialEq)]
pub struct Compatible {
    /// The platform.
    pub name: Name,
    /// The version.
    pub version: Version,
    /// Whether it is installed.
    pub installed: bool,
    /// The core versions it works with.
    pub core: CoreRange,
    /// The contract versions of its components.
    pub contracts: Vec<String>,
}

impl Engine {
    /// What the configured indexes list, by name and version, the newest first.
    pub async fn discover(&self, tenant: &Name) -> Result<(Vec<Listed>, Vec<NotAsked>), InstallError> {
        let (registries, folder) = self.registries().await?;
        let serving = self.overview(tenant).await?;
        let mut found = Vec::new();
        let mut failed = Vec::new();
        for index in &registries.indexes {
            match self.index(tenant, index, &folder).await {
                Err(error) => failed.push(NotAsked { what: index.name.to_string(), error }),
                Ok(read) => {
                    // Where namespaces are written, an index speaks of its own names only.
                    let own = |entry: &PublishedEntry| {
                        registries.indexes_for(entry.name.as_str()).iter().any(|own| own.name == index.name)
                    };
                    for entry in read.entries.into_iter().filter(own) {
                        let installed =
                            serving.iter().find(|it| it.serving && it.platform.name == entry.name);
                        found.push(Listed {
                            index: index.name.clone(),
                            fits: entry.core.contains(&CORE_VERSION),
                            installed: installed.map(|it| it.platform.version.clone()),
                            entry,
                        });
                    }
                }
            }
        }
        found.sort_by(|a, b| (&a.entry.name, &b.entry.version).cmp(&(&b.entry.name, &a.entry.version)));
        Ok((found, failed))
    }

    /// What one repository or layout has, the newest first.
    pub async fn discover_in(&self, tenant: &Name, source: &str) -> Result<Vec<Available>, InstallError> {
        self.offered(tenant, source, None, &|_| true).await
    }

    /// What one of them says, if it does not say less than it did.
    async fn index(
        &self,
        tenant: &Name,
        index: &Index,
        folder: &Path,
    ) -> Result<PublishedIndex, InstallError> {
        let (place, bytes) = match &index.source {
            IndexSource::Folder(path) => {
                let folder = folder.join(path);
                (folder.display().to_string(), from_folder(folder).await?)
            }
            IndexSource::Oci(text) => (text.clone(), self.index_artifact(tenant, text).await?),
        };
        let read = read_index(index.name.as_str(), &bytes).map_err(AcquireError::Index)?;
        let seen = SeenIndex {
            tenant: tenant.clone(),
            name: index.name.clone(),
            place,
            generation: read.generation,
        };
        self.remember_index(&seen).await?;
        Ok(read)
    }

    /// Refuses a generation below one that was seen at the same place: somebody shows an old list.
    async fn remember_index(&self, seen: &SeenIndex) -> Result<(), InstallError> {
        loop {
            let before = self.ledger().seen_index(&seen.tenant, &seen.name).await?;
            if let Some(known) = before.as_ref().map(|before| &before.value)
                && known.place == seen.place
            {
                if known.generation == seen.generation {
                    return Ok(());
                }
                if known.generation > seen.generation {
                    return Err(AcquireError::Index(IndexError {
                        index: seen.name.to_string(),
                        reason: format!(
                            "it is generation {} and was generation {} before, so this is an old one; an index \
                             that begins anew needs another name in `registries.yaml`",
                            seen.generation, known.generation
                        ),
                    })
                    .into());
                }
            }
            let mut change = self.ledger().change();
            change.put_seen_index(seen, before.as_ref());
            match change.commit().await {
                // Somebody else looks as well.
                Err(LedgerError::Conflict { .. }) => {}
                done => return Ok(done.map(drop)?),
            }
        }
    }

    async fn index_artifact(&self, tenant: &Name, text: &str) -> Result<Vec<u8>, InstallError> {
        let text = if has_tag(text) { text.to_owned() } else { format!("{text}:index") };
        let named = self.named(&text).await?;
        let place = self.connect(tenant, named, None).await?;
        place.document(&INDEX).await
    }

    /// Every platform that serves, and whether something newer is there.
    pub async fn outdated(&self, tenant: &Name) -> Result<Vec<Behind>, EngineError> {
        let mut behind = Vec::new();
        for one in self.overview(tenant).await?.into_iter().filter(|one| one.serving) {
            let InstalledPlatform { name, version, .. } = one.platform;
            let known = one.subscription;
            let source = known.as_ref().and_then(|known| known.source.clone());
            let mut row = Behind {
                name,
                serving: version,
                wanted: None,
                newest: None,
                held: known.as_ref().and_then(|known| known.held.as_ref()).map(|held| held.version.clone()),
                source: source.clone(),
                error: None,
            };
            let rule = known.and_then(|known| known.requirement);
            let rule = rule.and_then(|text| VersionRule::parse(&text).ok());
            if let Some(source) = source {
                match self.offered(tenant, &source, None, &|_| true).await {
                    Err(error) => row.error = Some(error),
                    Ok(offered) => {
                        let releases = || offered.iter().filter(|it| it.version.pre.is_empty());
                        row.newest = releases().map(|it| it.version.clone()).max();
                        let wanted = |it: &&Available| match &rule {
                            Some(rule) => rule.matches(&it.version),
                            None => true,
                        };
                        let wanted = releases().filter(|it| it.fits).filter(wanted);
                        row.wanted = wanted.map(|it| it.version.clone()).max();
                    }
                }
            }
            behind.push(row);
        }
        Ok(behind)
    }

    /// Installed versions, and those that are there where they came from, by name and version.
    pub async fn compatibility(
        &self,
        tenant: &Name,
    ) -> Result<(Vec<Compatible>, Vec<NotAsked>), EngineError> {
        let mut rows: BTreeMap<(Name, Version), Compatible> = BTreeMap::new();
        let mut failed = Vec::new();
        let mut sources = BTreeMap::new();
        for one in self.overview(tenant).await? {
            let platform = &one.platform;
            if let Some(source) = one.subscription.as_ref().and_then(|known| known.source.clone()) {
                sources.insert(platform.name.clone(), source);
            }
            let Ok(core) = CoreRange::new(platform.min_core.clone(), platform.max_core.clone()) else {
                continue;
            };
            let row = Compatible {
                name: platform.name.clone(),
                version: platform.version.clone(),
                installed: true,
                core,
                contracts: contracts(platform),
            };
            rows.insert((row.name.clone(), row.version.clone()), row);
        }
        for (name, source) in sources {
            match self.offered(tenant, &source, None, &|_| true).await {
                Err(error) => failed.push(NotAsked { what: source, error }),
                Ok(offered) => {
                    for it in offered.into_iter().filter(|it| it.name == name) {
                        let Ok(core) = it.core.parse() else { continue };
                        let key = (it.name.clone(), it.version.clone());
                        rows.entry(key).or_insert_with(|| Compatible {
                            name: it.name,
                            version: it.version,
                            installed: false,
                            core,
                            contracts: it.contracts,
                        });
                    }
                }
            }
        }
        Ok((rows.into_values().collect(), failed))
    }
}

fn contracts(platform: &InstalledPlatform) -> Vec<String> {
    let made = platform.provisioners.iter().map(|entry| entry.contract.to_string());
    let deployed = platform.golden_paths.iter().map(|entry| entry.contract.to_string());
    let mut all: Vec<String> = made.chain(deployed).collect();
    all.sort();
    all.dedup();
    all
}

fn has_tag(text: &str) -> bool {
    text.contains('@') || text.rsplit('/').next().is_some_and(|last| last.contains(':'))
}

async fn from_folder(folder: std::path::PathBuf) -> Result<Vec<u8>, InstallError> {
    let read = move || {
        index_file(&folder).map_err(|error| IndexError {
            index: folder.join(INDEX_NAME).display().to_string(),
            reason: error.to_string(),
        })
    };
    let read = tokio::task::spawn_blocking(read).await.map_err(|_| EngineError::Stopping)?;
    Ok(read.map_err(AcquireError::Index)?)
}
