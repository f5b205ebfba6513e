//! Two versions of a platform side by side: what changes for who grants, for who writes Score files, and for the disk.

use std::collections::{BTreeMap, BTreeSet};

use innominatus_ledger::InstalledPlatform;
use innominatus_model::{Capability, Code, Name, Want};
use innominatus_package::{asks, wider};
use innominatus_plan::params::{SchemaChange, schema_changes};

use super::pin::platform_and_pin;
use super::source::{Acquired, Terms, Wanted};
use crate::{Engine, EngineError, InstallError};

/// What a side of a comparison is: an installed version, the one that waits, or one that is fetched.
#[derive(Debug, Clone)]
pub enum Side {
    /// `name`, `name@version`, `name@held`.
    Installed(String),
    /// Somewhere else.
    Wanted(Wanted),
}

/// One side, looked at.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The platform.
    pub platform: InstalledPlatform,
    /// What each entry's component imports beyond what every component may.
    pub imports: BTreeMap<Name, Vec<Capability>>,
    /// Licence, as the manifest has it.
    pub license: Option<String>,
    /// Bytes of all files.
    pub bytes: u64,
}

/// What becomes of an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum EntryChange {
    /// It is new: its type, and what it asks for.
    Added {
        /// What it makes.
        kind: String,
        /// What it wants to do, in words.
        asks: Vec<String>,
    },
    /// It is gone.
    Removed {
        /// What it made.
        kind: String,
    },
    /// It is there still.
    Changed {
        /// Its version before and now, where they differ.
        versions: Option<(String, String)>,
        /// What it asks for beyond what it asked for before.
        wider: Vec<String>,
        /// What it asked for and asks for no more.
        narrower: Vec<String>,
        /// Capabilities that its component can call now and could not before.
        imports: Vec<String>,
        /// What differs in its params.
        schema: Vec<SchemaChange>,
        /// Outputs that are new, and that are gone.
        outputs: (Vec<String>, Vec<String>),
        /// Whether its component is another.
        component: bool,
    },
}

/// What differs.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The first side.
    pub before: Profile,
    /// The second.
    pub now: Profile,
    /// By entry; what is the same is left out.
    pub provisioners: BTreeMap<Name, EntryChange>,
    /// By golden path; what is the same is left out.
    pub golden_paths: BTreeMap<Name, EntryChange>,
}

impl Difference {
    /// Whether a Score file, or somebody who relies on an output, may be let down.
    pub fn breaks(&self) -> bool {
        self.provisioners.values().chain(self.golden_paths.values()).any(|change| match change {
            EntryChange::Added { .. } => false,
            EntryChange::Removed { .. } => true,
            EntryChange::Changed { schema, outputs, .. } => {
                !outputs.1.is_empty() || schema.iter().any(|change| change.breaks)
            }
        })
    }

    /// Whether it asks for more than before.
    pub fn widens(&self) -> bool {
        self.provisioners.values().any(|change| match change {
            EntryChange::Added { asks, .. } => !asks.is_empty(),
            EntryChange::Removed { .. } => false,
            EntryChange::Changed { wider, .. } => !wider.is_empty(),
        })
    }
}

impl Engine {
    /// Compares two versions. Nothing is changed; components are compiled to be asked for their schemas.
    pub async fn differ(
        &self,
        tenant: &Name,
        before: &Side,
        now: &Side,
        terms: &Terms,
    ) -> Result<Difference, InstallError> {
        let before = self.profile(tenant, before, terms).await?;
        let now = self.profile(tenant, now, terms).await?;
        Ok(compared(before, now))
    }

    async fn profile(&self, tenant: &Name, side: &Side, terms: &Terms) -> Result<Profile, InstallError> {
        let acquired = match side {
            Side::Wanted(wanted) => self.acquired(tenant, wanted, terms).await?,
            Side::Installed(text) => return self.installed_profile(tenant, text).await,
        };
        self.profile_of(tenant, &acquired).await
    }

    async fn installed_profile(&self, tenant: &Name, text: &str) -> Result<Profile, InstallError> {
        if let Some(name) = text.strip_suffix("@held") {
            let name = Name::new(name).map_err(|error| {
                EngineError::refused(Code::IdInvalid, format!("`{}`: {error}", text.escape_debug()), None)
            })?;
            let held = self.waiting(tenant, &name).await?;
            let acquired = self.kept(&held).await?;
            return self.profile_of(tenant, &acquired).await;
        }
        let (name, pin) = platform_and_pin("", text)?;
        let all = self.overview(tenant).await?.into_iter().filter(|it| it.platform.name == name);
        let fits = all.filter(|it| match &pin {
            Some(pin) => pin.allows(&it.platform.version),
            None => it.serving,
        });
        let platform = match fits.max_by(|a, b| a.platform.version.cmp(&b.platform.version)) {
            Some(found) => found.platform,
            None => self.installed(tenant, &name, None).await?.value,
        };
        let bytes = platform.origin.iter().flat_map(|origin| &origin.blobs);
        let bytes = bytes.filter(|blob| blob.role == "file").map(|blob| blob.size).sum();
        // What is installed imports nothing that it did not ask for.
        let imports = platform.provisioners.iter().map(|entry| {
            let asked = entry.wants().iter().map(|want| want.capability);
            (entry.name.clone(), asked.filter(|it| !it.is_always_granted()).collect())
        });
        Ok(Profile { imports: imports.collect(), license: None, bytes, platform })
    }

    async fn profile_of(&self, tenant: &Name, acquired: &Acquired) -> Result<Profile, InstallError> {
        let examined = self.examined(tenant, &acquired.package).await?;
        let imports = examined.entries.iter().map(|entry| {
            let beyond = entry.imports.iter().copied().filter(|import| !import.is_always_granted());
            (entry.name.clone(), beyond.collect())
        });
        let imports = imports.collect();
        let mut platform = examined.platform;
        platform.digest = acquired.digest();
        platform.origin = Some(acquired.origin.clone());
        let bytes = acquired.package.files.values().map(|file| file.blob.bytes.len() as u64).sum();
        Ok(Profile { platform, imports, license: acquired.package.manifest.license.clone(), bytes })
    }
}

fn compared(before: Profile, now: Profile) -> Difference {
    let mut provisioners = BTreeMap::new();
    let names = |platform: &InstalledPlatform| -> BTreeSet<Name> {
        platform.provisioners.iter().map(|entry| entry.name.clone()).collect()
    };
    for name in names(&before.platform).union(&names(&now.platform)) {
        let change = match (before.platform.provisioner(name), now.platform.provisioner(name)) {
            (None, Some(entry)) => {
                let asked = entry.wants().iter().filter(|want| !want.capability.is_always_granted());
                let asks = asked.flat_map(|want: &Want| asks(want, None)).collect();
                EntryChange::Added { kind: entry.kind.to_string(), asks }
            }
            (Some(entry), None) => EntryChange::Removed { kind: entry.kind.to_string() },
            (Some(was), Some(is)) => {
                let words = |gaps: Vec<innominatus_package::Gap>| {
                    gaps.into_iter().map(|gap| gap.to_string()).collect::<Vec<_>>()
                };
                let could = before.imports.get(name).cloned().unwrap_or_default();
                let can = now.imports.get(name).cloned().unwrap_or_default();
                let imports = can.iter().filter(|import| !could.contains(import));
                let outputs = |offer: &innominatus_model::Offer| -> BTreeSet<String> {
                    offer.outputs.iter().map(|spec| spec.name.clone()).collect()
                };
                let (had, has) = (outputs(&was.offer), outputs(&is.offer));
                let mut schema = Vec::new();
                for (class, json) in was.schemas() {
                    let now = is.schemas().find(|(other, _)| *other == class).map(|(_, json)| json);
                    schema.extend(now.map_or_else(Vec::new, |now| schema_changes(json, now)));
                }
                EntryChange::Changed {
                    versions: differing(&was.version, &is.version),
                    wider: words(wider(was.wants(), is.wants())),
                    narrower: words(wider(is.wants(), was.wants())),
                    imports: imports.map(ToString::to_string).collect(),
                    schema,
                    outputs: (
                        has.difference(&had).cloned().collect(),
                        had.difference(&has).cloned().collect(),
                    ),
                    component: was.component != is.component,
                }
            }
            (None, None) => continue,
        };
        provisioners.insert(name.clone(), change);
    }
    let golden_paths = golden_paths(&before.platform, &now.platform);
    let mut difference = Difference { before, now, provisioners, golden_paths };
    difference.provisioners.retain(|_, change| says(change));
    difference.golden_paths.retain(|_, change| says(change));
    difference
}

fn golden_paths(before: &InstalledPlatform, now: &InstalledPlatform) -> BTreeMap<Name, EntryChange> {
    let names = |platform: &InstalledPlatform| -> BTreeSet<Name> {
        platform.golden_paths.iter().map(|entry| entry.name.clone()).collect()
    };
    let mut changes = BTreeMap::new();
    let kind = || "golden path".to_owned();
    for name in names(before).union(&names(now)) {
        let change = match (before.golden_path(name), now.golden_path(name)) {
            (None, Some(_)) => EntryChange::Added { kind: kind(), asks: Vec::new() },
            (Some(_), None) => EntryChange::Removed { kind: kind() },
            (Some(was), Some(is)) => EntryChange::Changed {
                versions: differing(&was.version, &is.version),
                wider: Vec::new(),
                narrower: Vec::new(),
                imports: Vec::new(),
                schema: schema_changes(&was.schema, &is.schema),
                outputs: Default::default(),
                component: was.component != is.component,
            },
            (None, None) => continue,
        };
        changes.insert(name.clone(), change);
    }
    changes
}

fn differing<T: PartialEq + ToString>(before: &T, now: &T) -> Option<(String, String)> {
    (before != now).then(|| (before.to_string(), now.to_string()))
}

fn says(change: &EntryChange) -> bool {
    match change {
        EntryChange::Added { .. } | EntryChange::Removed { .. } => true,
        EntryChange::Changed { versions, wider, narrower, imports, schema, outputs, component } => {
            versions.is_some()
                || *component
                || [wider, narrower, imports, &outputs.0, &outputs.1].iter().any(|list| !list.is_empty())
                || !schema.is_empty()
        }
    }
}
