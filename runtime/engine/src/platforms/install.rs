//! A folder becomes an installed platform, with what the operator grants it; or an installed one is granted something
//! else.

use std::path::Path;

use innominatus_ledger::{InstalledPlatform, InstalledProvisioner, LedgerError, Stored, Subscription};
use innominatus_model::{
    CORE_VERSION, Code, Diagnostic, Event, EventKind, Json, Name, Scope, SecretName, Severity, Subject,
    Version,
};
use innominatus_package::{Gap, grants_in_words};
use serde_json::json;

use super::Answer;
use super::decide::{Decided, GrantError, decide};
use super::older::refuse_older;
use super::serving::serving;
use super::source::{Acquired, Terms, Wanted};
use super::update::{Updated, beyond, carried, stranger};
use crate::clock::now_ms;
use crate::events::event;
use crate::{Engine, EngineError, InstallError};

/// How often somebody else may be first.
const AT_ONCE: usize = 3;

/// What came of an installation.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The platform.
    pub platform: InstalledPlatform,
    /// The same bytes were installed already.
    pub known: bool,
    /// What it may do is the same as before.
    pub unchanged: bool,
    /// What was asked for and is not granted, by `<platform>/<entry>`.
    pub missing: Vec<(String, Gap)>,
    /// Warnings about the manifest and the answer.
    pub warnings: Vec<Diagnostic>,
    /// The version that goes on serving what is new, where it was put beside that one.
    pub beside: Option<Version>,
}

/// What a version that asks for more comes to.
#[derive(Debug, Clone, Copy)]
pub(super) enum How<'a> {
    /// It needs an answer now.
    Install(&'a Terms),
    /// It waits for one.
    Update(&'a Terms),
}

impl<'a> How<'a> {
    fn terms(self) -> &'a Terms {
        match self {
            Self::Install(terms) | Self::Update(terms) => terms,
        }
    }
}

impl Engine {
    /// Installs a platform from a folder: [`Engine::install_from`] with nothing said besides.
    pub async fn install(
        &self,
        tenant: &Name,
        folder: &Path,
        answer: Option<&Answer>,
    ) -> Result<Installed, InstallError> {
        self.install_from(tenant, &Wanted::Folder(folder.to_owned()), answer, &Terms::default()).await
    }

    /// Installs a platform, with what `answer` grants. Without an answer nothing is granted that needs one: where a
    /// version is installed that asks for as much, it is granted what that one is; else a platform that asks for such is
    /// refused. The same bytes once more are granted what the answer says, or left as they are without one. Nothing is
    /// changed unless everything about it is right.
    pub async fn install_from(
        &self,
        tenant: &Name,
        wanted: &Wanted,
        answer: Option<&Answer>,
        terms: &Terms,
    ) -> Result<Installed, InstallError> {
        let acquired = self.acquired(tenant, wanted, terms).await?;
        match self.install_acquired(tenant, acquired, answer, How::Install(terms)).await? {
            Updated::Installed(installed) => Ok(installed),
            Updated::Held { .. } | Updated::Current(_) => {
                Err(EngineError::refused(Code::Internal, "an installation was held", None).into())
            }
        }
    }

    /// The bytes of a platform, judged, and for this core.
    pub(super) async fn acquired(
        &self,
        tenant: &Name,
        wanted: &Wanted,
        terms: &Terms,
    ) -> Result<Acquired, InstallError> {
        let acquired = Box::pin(self.acquire(tenant, wanted, terms)).await;
        let acquired = acquired.and_then(|acquired| {
            acquired.package.manifest.check_core(&CORE_VERSION)?;
            Ok(acquired)
        });
        self.told_if_refused(tenant, None, acquired).await
    }

    pub(super) async fn install_acquired(
        &self,
        tenant: &Name,
        acquired: Acquired,
        answer: Option<&Answer>,
        how: How<'_>,
    ) -> Result<Updated, InstallError> {
        let manifest = &acquired.package.manifest;
        let called = (manifest.name.clone(), manifest.version.clone());
        // Whoever does the same at the same time is first, and there is nothing left to do; or it is done after that.
        for _ in 0..AT_ONCE {
            match Box::pin(self.install_judged(tenant, acquired.clone(), answer, how)).await {
                Err(InstallError::Engine(EngineError::Ledger(LedgerError::Conflict { .. }))) => {}
                came => return self.told_if_refused(tenant, Some(called), came).await,
            }
        }
        let came = Box::pin(self.install_judged(tenant, acquired, answer, how)).await;
        self.told_if_refused(tenant, Some(called), came).await
    }

    async fn install_judged(
        &self,
        tenant: &Name,
        acquired: Acquired,
        answer: Option<&Answer>,
        how: How<'_>,
    ) -> Result<Updated, InstallError> {
        let manifest = &acquired.package.manifest;
        let known = self.ledger().platform(tenant, &manifest.name, &manifest.version).await?;
        if let Some(known) = &known {
            if !acquired.is(&known.value.digest) {
                return Err(EngineError::refused(
                    Code::PlatformExists,
                    format!("{}@{} is installed with other contents", manifest.name, manifest.version),
                    Some("give the new build another version, or uninstall the old one first".to_owned()),
                )
                .into());
            }
            if answer.is_none() {
                let (engine, platform) = (self.clone(), known.value.clone());
                let mended = self.whole(async move { engine.mend(platform, acquired).await }).await;
                return mended.map(Updated::Installed);
            }
        } else {
            self.refuse_downgrade(tenant, &acquired, how.terms()).await?;
        }
        let mut examined = self.examined(tenant, &acquired.package).await?;
        // What an approval names is what everybody is shown.
        examined.platform.digest = acquired.digest();
        let serving = self.predecessor(tenant, &manifest.name).await?.filter(|_| known.is_none());
        let decided = match &serving {
            Some(serving) if answer.is_none() => {
                let mut beyond = beyond(&self.asked_by(&serving.value).await?, &examined);
                beyond.extend(stranger(&serving.value, &acquired));
                match (beyond.is_empty(), how) {
                    (true, _) => carried(&serving.value, &examined),
                    (false, How::Update(_)) => {
                        let (engine, serving) = (self.clone(), serving.clone());
                        return self
                            .whole(async move { engine.hold(&serving, acquired, beyond).await })
                            .await;
                    }
                    (false, How::Install(_)) => match stranger(&serving.value, &acquired) {
                        Some(why) => {
                            let platform = format!("{}@{}", manifest.name, manifest.version);
                            return Err(GrantError::Stranger { platform, why }.into());
                        }
                        None => decide(&examined, None, None, &acquired.wanted.to_string())?,
                    },
                }
            }
            _ => {
                let base = known.as_ref().or(serving.as_ref()).map(|stored| &stored.value);
                decide(&examined, base, answer, &acquired.wanted.to_string())?
            }
        };
        let Decided { grants, missing, warnings } = decided;
        let mut platform = examined.platform;
        platform.origin = Some(acquired.origin.clone());
        for (entry, grant) in platform.provisioners.iter_mut().zip(&grants) {
            entry.set_grant(grant);
        }
        let mut warnings: Vec<Diagnostic> =
            acquired.package.warnings.iter().cloned().chain(warnings).collect();
        warnings.extend(self.secrets_that_are_not_there(&platform).await?);
        let (engine, decided) = (
            self.clone(),
            Installed { platform, known: known.is_some(), unchanged: false, missing, warnings, beside: None },
        );
        let kept = self.whole(async move { engine.keep(decided, known, acquired).await }).await;
        kept.map(Updated::Installed)
    }

    /// Whoever serves an older version than was here already may have a reason of their own.
    async fn refuse_downgrade(
        &self,
        tenant: &Name,
        acquired: &Acquired,
        terms: &Terms,
    ) -> Result<(), EngineError> {
        let manifest = &acquired.package.manifest;
        let subscription = self.ledger().subscription(tenant, &manifest.name).await?;
        let afar = acquired.origin.source.is_some();
        let highest = subscription.map(|stored| stored.value.highest).filter(|_| afar);
        refuse_older(&manifest.name, &manifest.version, highest.as_ref(), terms.allow_downgrade, || {
            "if that is meant, add `--allow-downgrade`: it is installed beside the newer one".to_owned()
        })
    }

    /// What is installed already: its bytes are there again, should they have been lost.
    async fn mend(&self, platform: InstalledPlatform, acquired: Acquired) -> Result<Installed, InstallError> {
        let _held = self.0.platforms.write().await;
        let there = self.ledger().platform(&platform.tenant, &platform.name, &platform.version).await?;
        if there.is_none_or(|there| !acquired.is(&there.value.digest)) {
            return Err(LedgerError::Conflict { what: format!("platform {}", platform.name) }.into());
        }
        self.keep_bytes(&acquired).await?;
        let warnings = acquired.package.warnings;
        let missing = Vec::new();
        Ok(Installed { platform, known: true, unchanged: true, missing, warnings, beside: None })
    }

    pub(super) async fn keep_bytes(&self, acquired: &Acquired) -> Result<(), EngineError> {
        for bytes in &acquired.bytes {
            let (blobs, bytes) = (self.0.components.blobs().clone(), bytes.clone());
            tokio::task::spawn_blocking(move || blobs.keep(&bytes))
                .await
                .map_err(|_| EngineError::Stopping)??;
        }
        Ok(())
    }

    /// The bytes, and the record that needs them; or the grants of the record that is there.
    async fn keep(
        &self,
        decided: Installed,
        known: Option<Stored<InstalledPlatform>>,
        acquired: Acquired,
    ) -> Result<Installed, InstallError> {
        let _held = self.0.platforms.write().await;
        self.keep_bytes(&acquired).await?;
        if let Some(stored) = known {
            let (platform, unchanged) = self.grant_again(stored, &decided.platform).await?;
            return Ok(Installed { platform, unchanged, ..decided });
        }
        let platform = &decided.platform;
        let mut installed = told(platform, EventKind::PlatformInstalled, "installed");
        installed.details = json!({
            "version": platform.version.to_string(),
            "digest": platform.digest.to_string(),
            "grants": in_words(platform),
        });
        let (before, mut subscription) = self.subscribed(platform).await?;
        subscription.saw(&platform.version);
        if serves_from_now_on(&subscription, platform) {
            subscription.activate(platform.version.clone());
        }
        if let Some(origin) = &platform.origin {
            subscription.source = origin.source.clone().or(subscription.source);
            subscription.signer = subscription.signer.or_else(|| origin.signer.clone());
        }
        if subscription.held.as_ref().is_some_and(|held| held.version <= platform.version) {
            subscription.held = None;
        }
        subscription.updated_ms = now_ms();
        let mut change = self.ledger().change();
        change.add_platform(platform);
        change.put_subscription(&subscription, before.as_ref());
        change.event(&installed);
        change.commit().await?;
        let beside = subscription.active.filter(|active| *active != platform.version);
        Ok(Installed { beside, ..decided })
    }

    /// What is in force of a platform, as it is to be changed; for one that has no record, as it was understood.
    pub(super) async fn subscribed(
        &self,
        platform: &InstalledPlatform,
    ) -> Result<(Option<Stored<Subscription>>, Subscription), EngineError> {
        let (tenant, name) = (&platform.tenant, &platform.name);
        let before = self.ledger().subscription(tenant, name).await?;
        if let Some(before) = before {
            let now = before.value.clone();
            return Ok((Some(before), now));
        }
        let installed = self.ledger().platforms(tenant).await?;
        let version = serving(&installed, name, None).unwrap_or(&platform.version);
        let mut now = Subscription::new(tenant.clone(), name.clone(), version.clone(), now_ms());
        installed.iter().filter(|it| it.value.name == *name).for_each(|it| now.saw(&it.value.version));
        Ok((None, now))
    }

    /// The platform with the grants of `wanted`, and whether it had them already. Its bytes stay as they are.
    async fn grant_again(
        &self,
        stored: Stored<InstalledPlatform>,
        wanted: &InstalledPlatform,
    ) -> Result<(InstalledPlatform, bool), EngineError> {
        let mut platform = stored.value.clone();
        let mut unchanged = true;
        for entry in &mut platform.provisioners {
            let Some(wanted) = wanted.provisioner(&entry.name) else { continue };
            let grant = wanted.grant();
            if grant != entry.grant() {
                entry.set_grant(&grant);
                unchanged = false;
            }
        }
        if unchanged {
            return Ok((platform, true));
        }
        let mut changed = told(&platform, EventKind::GrantsChanged, "is granted something else");
        changed.details = json!({
            "version": platform.version.to_string(),
            "before": in_words(&stored.value),
            "after": in_words(&platform),
        });
        let mut change = self.ledger().change();
        change.put_platform(&platform, &stored);
        change.event(&changed);
        change.commit().await?;
        Ok((platform, false))
    }

    /// Grants may name secrets that are put in later; till then requests that need them fail.
    async fn secrets_that_are_not_there(
        &self,
        platform: &InstalledPlatform,
    ) -> Result<Vec<Diagnostic>, EngineError> {
        let mut warnings = Vec::new();
        for entry in &platform.provisioners {
            for secret in entry.grant().secrets() {
                let known = match SecretName::new(secret) {
                    Ok(name) => self.ledger().operator_secret(&platform.tenant, &name).await?.is_some(),
                    Err(_) => false,
                };
                if !known {
                    warnings.push(Diagnostic {
                        file: format!("{}/{}", platform.name, entry.name),
                        line: 0,
                        column: 0,
                        severity: Severity::Warning,
                        code: Code::SecretNotFound,
                        message: format!("its grants name the secret `{secret}`, which is not there yet"),
                        hint: Some(format!("`innominatus secret set {secret}` puts it in")),
                    });
                }
            }
        }
        Ok(warnings)
    }
}

/// A newer version takes over; what is not released only where nothing released serves.
fn serves_from_now_on(subscription: &Subscription, platform: &InstalledPlatform) -> bool {
    match &subscription.active {
        None => true,
        Some(active) => {
            platform.version > *active && (platform.version.pre.is_empty() || !active.pre.is_empty())
        }
    }
}

pub(super) fn told(platform: &InstalledPlatform, kind: EventKind, what: &str) -> Event {
    let scope = Scope { tenant: platform.tenant.clone(), ..Scope::default() };
    let subject = Subject { platform: Some(platform.name.clone()), ..Subject::default() };
    event(&scope, kind, subject, format!("platform {}@{} {what}", platform.name, platform.version))
}

/// What each entry may do beyond what all may.
fn in_words(platform: &InstalledPlatform) -> Json {
    let words = |entry: &InstalledProvisioner| {
        let lines = grants_in_words(&entry.grant());
        (!lines.is_empty()).then(|| (entry.name.to_string(), Json::from(lines)))
    };
    Json::Object(platform.provisioners.iter().filter_map(words).collect())
}
