//! A platform goes, if nothing needs it.

use std::collections::BTreeSet;

use innominatus_ledger::{InstalledPlatform, LedgerError, Resource, Stored};
use innominatus_model::{Code, EventKind, Name, Scope, Subject, Version};

use crate::events::event;
use crate::{Engine, EngineError};

/// Resources named in a refusal.
const NAMED: usize = 10;

impl Engine {
    /// One installed platform: of several versions the newest, unless one is named.
    pub async fn installed(
        &self,
        tenant: &Name,
        name: &Name,
        version: Option<&Version>,
    ) -> Result<Stored<InstalledPlatform>, EngineError> {
        let mut found: Vec<_> = self
            .ledger()
            .platforms(tenant)
            .await?
            .into_iter()
            .filter(|stored| stored.value.name == *name && version.is_none_or(|v| *v == stored.value.version))
            .collect();
        found.pop().ok_or_else(|| {
            let version = version.map(|version| format!("@{version}")).unwrap_or_default();
            EngineError::refused(
                Code::PlatformNotFound,
                format!("platform `{name}{version}` is not installed"),
                Some("`innominatus platform list` shows what is".to_owned()),
            )
        })
    }

    /// Removes a platform. Refused while resources that it made are there: only it can remove them.
    pub async fn uninstall(
        &self,
        tenant: &Name,
        name: &Name,
        version: Option<&Version>,
    ) -> Result<InstalledPlatform, EngineError> {
        let (engine, tenant, name) = (self.clone(), tenant.clone(), name.clone());
        let version = version.cloned();
        self.whole(async move { engine.forget_platform(&tenant, &name, version.as_ref()).await }).await
    }

    /// The record, and the bytes that nobody else needs.
    async fn forget_platform(
        &self,
        tenant: &Name,
        name: &Name,
        version: Option<&Version>,
    ) -> Result<InstalledPlatform, EngineError> {
        let _held = self.0.platforms.lock().await;
        let stored = self.installed(tenant, name, version).await?;
        let platform = &stored.value;
        let users = self.resources_by(platform).await?;
        if !users.is_empty() {
            let mut listed: Vec<String> = users
                .iter()
                .take(NAMED)
                .map(|user| format!("`{}` of `{}`", user.uid, user.application))
                .collect();
            if users.len() > NAMED {
                listed.push(format!("{} more", users.len() - NAMED));
            }
            return Err(EngineError::refused(
                Code::PlatformInUse,
                format!(
                    "{}@{} made resources that are there: {}",
                    platform.name,
                    platform.version,
                    listed.join(", ")
                ),
                Some(format!("`innominatus delete {}` removes them", users[0].application)),
            ));
        }
        let scope = Scope { tenant: tenant.clone(), ..Scope::default() };
        let subject = Subject { platform: Some(name.clone()), ..Subject::default() };
        let message = format!("platform {}@{} uninstalled", platform.name, platform.version);
        let mut change = self.ledger().change();
        change.delete_platform(&stored);
        change.event(&event(&scope, EventKind::PlatformUninstalled, subject, message));
        change.commit().await?;
        self.collect_components().await?;
        Ok(stored.value)
    }

    /// Live resources that a platform version made, or is to make.
    pub async fn resources_by(&self, platform: &InstalledPlatform) -> Result<Vec<Resource>, LedgerError> {
        let by = |reference: &innominatus_plan::ComponentRef| {
            reference.platform == platform.name && reference.version == platform.version
        };
        let all = self.ledger().all_resources().await?;
        Ok(all
            .into_iter()
            .map(|stored| stored.value)
            .filter(|resource| resource.tenant == platform.tenant)
            .filter(|resource| by(&resource.provisioner) || resource.status.made_by.as_ref().is_some_and(by))
            .collect())
    }

    /// Removes component bytes that no installed platform has.
    async fn collect_components(&self) -> Result<(), EngineError> {
        let mut in_use = BTreeSet::new();
        for stored in self.ledger().all_platforms().await? {
            in_use.extend(stored.value.components().map(|digest| digest.hex()));
        }
        self.0.components.retain(|digest| in_use.contains(&digest.hex()));
        let blobs = self.0.components.blobs().clone();
        tokio::task::spawn_blocking(move || blobs.retain(|hex| in_use.contains(hex)))
            .await
            .map_err(|_| EngineError::Stopping)??;
        Ok(())
    }
}
