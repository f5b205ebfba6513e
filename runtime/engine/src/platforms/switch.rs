//! Which version serves what is new, changed by hand: back to an older one, or none at all.

use innominatus_ledger::{InstalledPlatform, Stored, Subscription};
use innominatus_model::{Code, EventKind, Name, Version};
use serde_json::json;

use super::install::told;
use super::older::refuse_older;
use super::serving::serving;
use crate::clock::now_ms;
use crate::{Engine, EngineError, InstallError};

/// What came of a change of the serving version.
#[derive(Debug, Clone)]
pub struct Switched {
    /// The version that serves from now on.
    pub platform: InstalledPlatform,
    /// The version that served before.
    pub from: Option<Version>,
    /// Whether the platform serves at all.
    pub enabled: bool,
    /// Nothing had to be done.
    pub unchanged: bool,
}

impl Engine {
    /// What is new gets an older installed version again: the one that served before, unless one is named. What the
    /// other version made stays with it. An older version may have faults that the newer one mended, so it is only
    /// done where that is said.
    pub async fn rollback(
        &self,
        tenant: &Name,
        name: &Name,
        to: Option<&Version>,
        allow_downgrade: bool,
    ) -> Result<Switched, InstallError> {
        let _held = self.0.platforms.write().await;
        let current = self.installed(tenant, name, None).await?;
        let (before, mut now) = self.subscribed(&current.value).await?;
        let target = match to {
            Some(version) => self.installed(tenant, name, Some(version)).await?,
            None => self.served_before(&current, &now).await?,
        };
        let (target, from) = (target.value, current.value.version);
        if target.version == from {
            return Ok(Switched {
                platform: target,
                from: Some(from),
                enabled: now.enabled,
                unchanged: true,
            });
        }
        refuse_older(name, &target.version, Some(&now.highest), allow_downgrade, || {
            format!(
                "if that is meant: `innominatus platform rollback {name} --to {} --allow-downgrade`",
                target.version
            )
        })?;
        self.refuse_denied(&target.digest).await?;
        now.activate(target.version.clone());
        now.updated_ms = now_ms();
        let mut event = told(&target, EventKind::PlatformSwitched, "serves what is new again");
        event.details = json!({"from": from.to_string(), "to": target.version.to_string()});
        let mut change = self.ledger().change();
        change.put_subscription(&now, before.as_ref());
        change.event(&event);
        change.commit().await?;
        Ok(Switched { platform: target, from: Some(from), enabled: now.enabled, unchanged: false })
    }

    async fn served_before(
        &self,
        current: &Stored<InstalledPlatform>,
        subscription: &Subscription,
    ) -> Result<Stored<InstalledPlatform>, EngineError> {
        let InstalledPlatform { tenant, name, version, .. } = &current.value;
        let mut installed = self.ledger().platforms(tenant).await?;
        installed.retain(|other| other.value.name == *name && other.value.version != *version);
        let was = |other: &Stored<InstalledPlatform>| {
            subscription.before.iter().rposition(|before| *before == other.value.version)
        };
        let chosen =
            match installed.iter().filter(|other| was(other).is_some()).max_by_key(|other| was(other)) {
                Some(found) => Some(found.value.version.clone()),
                None => serving(&installed, name, None).cloned(),
            };
        let at = installed.iter().position(|other| Some(&other.value.version) == chosen.as_ref());
        at.map(|at| installed.swap_remove(at)).ok_or_else(|| {
            EngineError::refused(
                Code::PlatformNotFound,
                format!("no other version of `{name}` is installed than {version}"),
                Some(format!("install the version to go back to: `innominatus platform install <reference>` with `{name}` in it")),
            )
        })
    }

    /// Whether a platform serves what is new. What it made is gone on with in any case.
    pub async fn enable(&self, tenant: &Name, name: &Name, enabled: bool) -> Result<Switched, InstallError> {
        let _held = self.0.platforms.write().await;
        let current = self.installed(tenant, name, None).await?.value;
        let (before, mut now) = self.subscribed(&current).await?;
        let from = now.active.clone();
        if now.enabled == enabled {
            return Ok(Switched { platform: current, from, enabled, unchanged: true });
        }
        if enabled {
            self.refuse_denied(&current.digest).await?;
        }
        now.enabled = enabled;
        now.updated_ms = now_ms();
        let what = if enabled { "is switched on" } else { "is switched off: nothing new is made by it" };
        let mut change = self.ledger().change();
        change.put_subscription(&now, before.as_ref());
        change.event(&told(&current, EventKind::PlatformSwitched, what));
        change.commit().await?;
        Ok(Switched { platform: current, from, enabled, unchanged: false })
    }
}
