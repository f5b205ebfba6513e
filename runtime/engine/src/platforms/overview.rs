//! What is installed, and which version of each platform serves.

use std::collections::BTreeMap;

use innominatus_ledger::{InstalledPlatform, Subscription};
use innominatus_model::{HttpDestination, HttpTarget, Name, Version};

use super::pin::platform_and_pin;
use super::serving::{Serving, serving};
use crate::settings::Settings;
use crate::{Engine, EngineError};

/// One installed version.
#[derive(Debug, Clone)]
pub struct Overview {
    /// It.
    pub platform: InstalledPlatform,
    /// Whether it is the one of its platform that serves what is new.
    pub serving: bool,
    /// What is in force of the platform.
    pub subscription: Option<Subscription>,
}

impl Engine {
    /// Every installed version of a tenant's platforms, by name and version.
    pub async fn overview(&self, tenant: &Name) -> Result<Vec<Overview>, EngineError> {
        let installed = self.ledger().platforms(tenant).await?;
        let subscriptions = self.ledger().subscriptions(tenant).await?;
        let of = |platform: &InstalledPlatform| {
            let known = subscriptions.iter().map(|stored| &stored.value).find(|it| it.name == platform.name);
            let version = serving(&installed, &platform.name, known);
            Overview {
                serving: version == Some(&platform.version) && known.is_none_or(|known| known.enabled),
                subscription: known.cloned(),
                platform: platform.clone(),
            }
        };
        Ok(installed.iter().map(|stored| of(&stored.value)).collect())
    }

    /// One of them: the one that serves, unless a version is named.
    pub async fn one_of(
        &self,
        tenant: &Name,
        name: &Name,
        version: Option<&Version>,
    ) -> Result<Overview, EngineError> {
        let found = self.installed(tenant, name, version).await?.value;
        let known = self.overview(tenant).await?.into_iter();
        let mut same = known.filter(|it| it.platform.name == *name && it.platform.version == found.version);
        Ok(same.next().unwrap_or(Overview { platform: found, serving: false, subscription: None }))
    }

    /// The installed version that `name`, `name@1.2.3` or `name@1.2` means: without a version the one that serves.
    pub(super) async fn meant(&self, tenant: &Name, text: &str) -> Result<InstalledPlatform, EngineError> {
        let (name, pin) = platform_and_pin("", text)?;
        if let Some(pin) = &pin {
            let mut serving = Serving::read(self.ledger(), tenant).await?;
            serving.pinned(&name, pin)?;
            if let Some(found) = serving.active().find(|it| it.name == name) {
                return Ok(found.clone());
            }
        }
        Ok(self.installed(tenant, &name, None).await?.value)
    }

    /// Where the settings lead that the wants of a platform name. Those that lead nowhere are left out; so are all of a
    /// file that cannot be read.
    pub async fn settings_lead(&self, platform: &InstalledPlatform) -> BTreeMap<String, HttpDestination> {
        let Ok(settings) = Settings::read(&self.0.config, &platform.name).await else {
            return BTreeMap::new();
        };
        let wants = platform.provisioners.iter().flat_map(|entry| entry.wants());
        let names = wants.flat_map(|want| &want.http).filter_map(|rule| match &rule.target {
            HttpTarget::Setting(name) => Some(name),
            HttpTarget::Origin { .. } => None,
        });
        names.filter_map(|name| Some((name.clone(), settings.destination(name)?))).collect()
    }

    /// Whether something is there that another version made.
    pub async fn left_on_others(
        &self,
        tenant: &Name,
        name: &Name,
        version: &Version,
    ) -> Result<bool, EngineError> {
        for stored in self.ledger().platforms(tenant).await? {
            let other = &stored.value;
            if other.name == *name && other.version != *version && !self.resources_by(other).await?.is_empty()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
