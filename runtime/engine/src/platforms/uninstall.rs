//! A platform goes, if nothing needs it.

use std::collections::BTreeSet;

use innominatus_ledger::{InstalledPlatform, LedgerError, Resource, Stored};
use innominatus_model::{Code, EventKind, Name, Scope, Subject, Version};
use innominatus_plan::ComponentRef;

use super::serving::serving;
use crate::clock::now_ms;
use crate::events::event;
use crate::{Engine, EngineError};

/// Resources or applications named in a refusal.
const NAMED: usize = 10;

fn listed(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let mut named: Vec<String> = all.take(NAMED).collect();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named.join(", ")
}

fn is_of(platform: &InstalledPlatform, reference: &ComponentRef) -> bool {
    reference.platform == platform.name && reference.version == platform.version
}

impl Engine {
    /// One installed platform: of several versions the one that serves, unless one is named.
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
        let subscription = self.ledger().subscription(tenant, name).await?;
        let serves = serving(&found, name, subscription.as_ref().map(|known| &known.value)).cloned();
        let at = found.iter().position(|stored| Some(&stored.value.version) == serves.as_ref());
        at.map(|at| found.swap_remove(at)).ok_or_else(|| {
            let version = version.map(|version| format!("@{version}")).unwrap_or_default();
            EngineError::refused(
                Code::PlatformNotFound,
                format!("platform `{name}{version}` is not installed"),
                Some("`innominatus platform list` shows what is".to_owned()),
            )
        })
    }

    /// Removes a platform. Refused while resources that it made are there (only it can remove them), while it is
    /// what renders an application, and while a run that needs it has not ended.
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
        let _held = self.0.platforms.write().await;
        let stored = self.installed(tenant, name, version).await?;
        self.refuse_in_use(&stored.value).await?;
        let platform = &stored.value;
        let scope = Scope { tenant: tenant.clone(), ..Scope::default() };
        let subject = Subject { platform: Some(name.clone()), ..Subject::default() };
        let message = format!("platform {}@{} uninstalled", platform.name, platform.version);
        let (before, mut subscription) = self.subscribed(platform).await?;
        if subscription.active.as_ref() == Some(&platform.version) {
            // Another version takes over only where one is there; how far it got is not forgotten.
            let mut others = self.ledger().platforms(tenant).await?;
            others.retain(|other| other.value.name == *name && other.value.version != platform.version);
            subscription.active = serving(&others, name, None).cloned();
        }
        subscription.before.retain(|version| *version != platform.version);
        subscription.updated_ms = now_ms();
        let mut change = self.ledger().change();
        change.put_subscription(&subscription, before.as_ref());
        change.delete_platform(&stored);
        change.event(&event(&scope, EventKind::PlatformUninstalled, subject, message));
        change.commit().await?;
        self.collect_blobs().await?;
        Ok(stored.value)
    }

    /// What to do about resources: another version takes them over where one is installed, else they have to go.
    async fn way_out(
        &self,
        platform: &InstalledPlatform,
        which: &str,
        application: &Name,
    ) -> Result<String, EngineError> {
        let delete = format!("`innominatus delete {which}` removes those of `{application}`");
        let all = self.ledger().platforms(&platform.tenant).await?;
        let other = all
            .iter()
            .filter(|other| other.value.name == platform.name && other.value.version != platform.version)
            .max_by(|a, b| a.value.version.cmp(&b.value.version));
        Ok(match other {
            Some(other) => {
                let (name, version) = (&platform.name, &other.value.version);
                format!(
                    "`innominatus platform migrate {name} --to {version}` moves them to {version}; or {delete}"
                )
            }
            None => delete,
        })
    }

    async fn refuse_in_use(&self, platform: &InstalledPlatform) -> Result<(), EngineError> {
        let in_use = |who: String, hint: String| {
            let message = format!("{}@{} {who}", platform.name, platform.version);
            Err(EngineError::refused(Code::PlatformInUse, message, Some(hint)))
        };
        let made = self.resources_by(platform).await?;
        if let Some(first) = made.first() {
            let place = |user: &Resource| match user.scope() == Scope::default() {
                true => (String::new(), String::new()),
                false => (format!(" in `{}`", user.environment), format!(" --env {}", user.environment)),
            };
            let users =
                made.iter().map(|user| format!("`{}` of `{}`{}", user.uid, user.application, place(user).0));
            let which = format!("{}{}", first.application, place(first).1);
            return in_use(
                format!("made resources that are there: {}", listed(users)),
                self.way_out(platform, &which, &first.application).await?,
            );
        }
        let mut rendered = Vec::new();
        let mut running = Vec::new();
        for stored in self.ledger().all_applications().await? {
            let application = stored.value;
            if application.tenant != platform.tenant {
                continue;
            }
            if application.golden_path.as_ref().is_some_and(|used| is_of(platform, used)) {
                rendered.push(application.name);
            } else if self
                .ledger()
                .run(application.run)
                .await?
                .is_some_and(|run| run.value.ended_ms.is_none())
                && self
                    .ledger()
                    .current_plan(&application)
                    .await?
                    .platforms()
                    .contains(&(&platform.name, &platform.version))
            {
                running.push(application);
            }
        }
        if let Some(first) = rendered.first() {
            return in_use(
                format!("renders the files of {}", listed(rendered.iter().map(|name| format!("`{name}`")))),
                format!("apply `{first}` with another version or platform, or `innominatus delete {first}`"),
            );
        }
        if let Some(first) = running.first() {
            return in_use(
                format!(
                    "is needed by runs of {}",
                    listed(running.iter().map(|user| format!("`{}`", user.name)))
                ),
                format!("wait for the end of the run: `innominatus wait {}`", first.run),
            );
        }
        Ok(())
    }

    /// Live resources that a platform version made, or is to make.
    pub async fn resources_by(&self, platform: &InstalledPlatform) -> Result<Vec<Resource>, LedgerError> {
        let by = |reference: &ComponentRef| is_of(platform, reference);
        let all = self.ledger().all_resources().await?;
        Ok(all
            .into_iter()
            .map(|stored| stored.value)
            .filter(|resource| resource.tenant == platform.tenant)
            .filter(|resource| by(&resource.provisioner) || resource.status.made_by.as_ref().is_some_and(by))
            .collect())
    }

    /// Removes bytes that no installed platform has and no update waits with.
    pub(super) async fn collect_blobs(&self) -> Result<(), EngineError> {
        let mut in_use = BTreeSet::new();
        for stored in self.ledger().all_platforms().await? {
            in_use.extend(stored.value.blobs().map(|digest| digest.hex()));
        }
        for stored in self.ledger().all_subscriptions().await? {
            let held = stored.value.held.iter().flat_map(|held| &held.origin.blobs);
            in_use.extend(held.map(|blob| blob.digest.hex()));
        }
        self.0.components.retain(|digest| in_use.contains(&digest.hex()));
        let blobs = self.0.components.blobs().clone();
        tokio::task::spawn_blocking(move || blobs.retain(|hex| in_use.contains(hex)))
            .await
            .map_err(|_| EngineError::Stopping)??;
        Ok(())
    }
}
