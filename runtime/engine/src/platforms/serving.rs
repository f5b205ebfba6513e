//! Which installed versions serve what: of each platform one version gets what is new; the others go on with what they
//! made.

use std::collections::BTreeMap;

use innominatus_ledger::{InstalledPlatform, Ledger, LedgerError, Stored, Subscription};
use innominatus_model::{Code, Name, Version};
use innominatus_plan::{Catalogue, Serves};

use super::pin::Pin;
use crate::EngineError;

/// Every installed version of a tenant's platforms, and which of them serve.
pub(crate) struct Serving {
    installed: Vec<Stored<InstalledPlatform>>,
    /// By name. A platform that is switched off has none.
    active: BTreeMap<Name, Version>,
    /// What its other versions made moves to the active one.
    moving: Option<Name>,
}

impl Serving {
    /// As the records have it.
    pub(crate) async fn read(ledger: &Ledger, tenant: &Name) -> Result<Self, LedgerError> {
        let installed = ledger.platforms(tenant).await?;
        let subscriptions = ledger.subscriptions(tenant).await?;
        let mut active = BTreeMap::new();
        for stored in &installed {
            let platform = &stored.value;
            let known = subscriptions.iter().map(|known| &known.value).find(|it| it.name == platform.name);
            if known.is_none_or(|known| known.enabled) {
                let serving = serving(&installed, &platform.name, known);
                active.extend(serving.map(|version| (platform.name.clone(), version.clone())));
            }
        }
        Ok(Self { installed, active, moving: None })
    }

    /// For one request another version of a platform gets what is new: the newest installed one that the pin allows.
    pub(crate) fn pinned(&mut self, platform: &Name, pin: &Pin) -> Result<(), EngineError> {
        let allowed = |it: &&InstalledPlatform| it.name == *platform && pin.allows(&it.version);
        let Some(chosen) = self.platforms().filter(allowed).map(|it| it.version.clone()).max() else {
            let versions: Vec<String> = self
                .platforms()
                .filter(|it| it.name == *platform)
                .map(|it| format!("`{}`", it.version))
                .collect();
            let hint = if versions.is_empty() {
                "`innominatus platform list` shows what is installed".to_owned()
            } else {
                format!("installed: {}", versions.join(", "))
            };
            return Err(EngineError::refused(
                Code::PlatformNotFound,
                format!("platform `{platform}@{pin}` is not installed"),
                Some(hint),
            ));
        };
        self.active.insert(platform.clone(), chosen);
        Ok(())
    }

    /// What other versions of this platform made moves to this one.
    pub(crate) fn moving(&mut self, platform: Name, to: Version) {
        self.active.insert(platform.clone(), to);
        self.moving = Some(platform);
    }

    /// Every installed version.
    pub(crate) fn platforms(&self) -> impl Iterator<Item = &InstalledPlatform> {
        self.installed.iter().map(|stored| &stored.value)
    }

    /// The versions that get what is new, one for each platform that is switched on.
    pub(crate) fn active(&self) -> impl Iterator<Item = &InstalledPlatform> {
        self.platforms().filter(|platform| self.is_active(platform))
    }

    /// A platform that is there and serves nothing new, if there is one.
    pub(crate) fn switched_off(&self) -> Option<&Name> {
        self.platforms().map(|platform| &platform.name).find(|name| !self.active.contains_key(*name))
    }

    /// Whether this version gets what is new.
    pub(crate) fn is_active(&self, platform: &InstalledPlatform) -> bool {
        self.active.get(&platform.name) == Some(&platform.version)
    }

    /// What can be made, and for whom.
    pub(crate) fn catalogue(&self) -> Catalogue {
        let serves = |platform: &InstalledPlatform| match self.is_active(platform) {
            true if self.moving.as_ref() == Some(&platform.name) => Serves::All,
            true => Serves::New,
            false => Serves::ItsOwn,
        };
        Ledger::catalogue(self.platforms().map(|platform| (platform, serves(platform))))
    }

    /// As they were read.
    pub(crate) fn into_installed(self) -> Vec<Stored<InstalledPlatform>> {
        self.installed
    }
}

/// The version that serves: the one that was chosen, while it is installed; else the newest, releases before others.
pub(super) fn serving<'a>(
    installed: &'a [Stored<InstalledPlatform>],
    name: &Name,
    known: Option<&Subscription>,
) -> Option<&'a Version> {
    let versions =
        || installed.iter().map(|stored| &stored.value).filter(|it| it.name == *name).map(|it| &it.version);
    let chosen = known.and_then(|known| known.active.as_ref());
    chosen
        .and_then(|chosen| versions().find(|version| *version == chosen))
        .or_else(|| versions().filter(|version| version.pre.is_empty()).max())
        .or_else(|| versions().max())
}
