//! A newer version takes over. One that asks for the same or less is granted what the installed one has; one that asks
//! for more is kept and waits for a person, while the installed one goes on serving.

use std::collections::BTreeMap;

use innominatus_ledger::{Held, InstalledPlatform, InstalledProvisioner, Stored};
use innominatus_model::{Code, Digest, EventKind, Name, Version, Want};
use innominatus_package::{EntryGrants, Grants, as_asked_beyond, asked, effective, wider};
use serde_json::json;

use super::Answer;
use super::decide::{Decided, GrantError, decide, names_secrets, no_setting};
use super::examine::Examined;
use super::install::{How, Installed, told};
use super::source::{Acquired, Terms, Wanted};
use crate::clock::now_ms;
use crate::{Engine, EngineError, InstallError};

/// What each entry asks for.
pub(super) type Asked = BTreeMap<Name, Vec<Want>>;

/// What came of an update.
#[derive(Debug, Clone)]
pub enum Updated {
    /// Nothing is newer than what is installed.
    Current(InstalledPlatform),
    /// It was installed, or was already.
    Installed(Installed),
    /// It waits for a person.
    Held {
        /// What goes on serving.
        serving: InstalledPlatform,
        /// What waits.
        held: Held,
    },
}

/// What an update is asked to be.
#[derive(Debug, Clone, Default)]
pub struct UpdateInput {
    /// From here; without it from where the platform came from.
    pub from: Option<Wanted>,
    /// This version, or the newest that begins like this; without it the newest that the operator wants.
    pub version: Option<String>,
    /// What the operator grants besides what is granted already.
    pub answer: Option<Answer>,
    /// Which bytes will do.
    pub terms: Terms,
}

impl Engine {
    /// Looks for a newer version, and installs it or holds it.
    pub async fn update(
        &self,
        tenant: &Name,
        name: &Name,
        input: &UpdateInput,
    ) -> Result<Updated, InstallError> {
        let current = self.installed(tenant, name, None).await?;
        let wanted = match &input.from {
            Some(wanted) => wanted.clone(),
            None => match self.newer(&current.value, input).await? {
                Some(wanted) => wanted,
                None => return Ok(Updated::Current(current.value)),
            },
        };
        let acquired = self.acquired(tenant, &wanted, &input.terms).await?;
        let found = &acquired.package.manifest.name;
        if found != name {
            return Err(EngineError::refused(
                Code::PlatformExists,
                format!("`{wanted}` is the platform `{found}`, and not `{name}`"),
                Some(format!("`innominatus platform install {wanted}` installs it beside `{name}`")),
            )
            .into());
        }
        let newest = acquired.package.manifest.version.clone();
        let came =
            self.install_acquired(tenant, acquired, input.answer.as_ref(), How::Update(&input.terms)).await?;
        match came {
            // It was installed already, and something older serves since somebody went back.
            Updated::Installed(mut installed) if installed.known && current.value.version != newest => {
                let allow = input.terms.allow_downgrade;
                let now = self.rollback(tenant, name, Some(&newest), allow).await?;
                installed.unchanged &= now.unchanged;
                Ok(Updated::Installed(installed))
            }
            came => Ok(came),
        }
    }

    /// Keeps what asks for more, and tells of it.
    pub(super) async fn hold(
        &self,
        serving: &Stored<InstalledPlatform>,
        acquired: Acquired,
        wider: Vec<String>,
    ) -> Result<Updated, InstallError> {
        let _held = self.0.platforms.write().await;
        let (before, mut now) = self.subscribed(&serving.value).await?;
        self.keep_bytes(&acquired).await?;
        let manifest = &acquired.package.manifest;
        let held = Held {
            version: manifest.version.clone(),
            digest: acquired.digest(),
            wider,
            origin: acquired.origin,
            since_ms: now_ms(),
        };
        let known = now.held.as_ref().is_some_and(|known| known.digest == held.digest);
        let mut event = told(&serving.value, EventKind::PlatformHeld, "serves on: an update asks for more");
        event.details = json!({
            "version": held.version.to_string(),
            "digest": held.digest.to_string(),
            "wider": held.wider,
        });
        now.held = Some(held.clone());
        now.updated_ms = now_ms();
        let mut change = self.ledger().change();
        change.put_subscription(&now, before.as_ref());
        if !known {
            change.event(&event);
        }
        change.commit().await?;
        self.collect_blobs().await?;
        Ok(Updated::Held { serving: serving.value.clone(), held })
    }

    /// Installs what waits, with what the operator grants: what is granted already and what is new in it, unless told
    /// otherwise.
    pub async fn approve(
        &self,
        tenant: &Name,
        name: &Name,
        version: Option<&Version>,
        digest: Option<&Digest>,
        answer: Option<&Answer>,
    ) -> Result<Updated, InstallError> {
        let serving = self.installed(tenant, name, None).await?;
        let held = self.waiting(tenant, name).await?;
        if let Some(digest) = digest.filter(|digest| **digest != held.digest) {
            return Err(another_waits(&format!("{name}@{digest}"), &held).into());
        }
        if let Some(version) = version.filter(|version| **version != held.version) {
            return Err(another_waits(&format!("{name}@{version}"), &held).into());
        }
        let acquired = self.kept(&held).await?;
        self.judge_again(&held.digest, &acquired.origin).await?;
        let to_what_is_new;
        let answer = match answer {
            Some(answer) => answer,
            None => {
                let examined = self.examined(tenant, &acquired.package).await?;
                let asked = self.asked_by(&serving.value).await?;
                to_what_is_new = yes(&serving.value, &asked, &examined)?;
                refuse_to_guess(&serving.value, &asked, &examined, &to_what_is_new)?;
                &to_what_is_new
            }
        };
        let terms = Terms::default();
        self.install_acquired(tenant, acquired, Some(answer), How::Update(&terms)).await
    }

    /// The update that waits for a person.
    pub(super) async fn waiting(&self, tenant: &Name, name: &Name) -> Result<Held, EngineError> {
        let known = self.ledger().subscription(tenant, name).await?;
        known.and_then(|known| known.value.held).ok_or_else(|| nothing_held(name.as_str()))
    }

    /// What each entry of an installed version asks for: what it declares and its component can call. What was declared
    /// and could not be called was no question, so nobody answered it. Of what was installed long ago only what is
    /// declared is known.
    pub(super) async fn asked_by(&self, installed: &InstalledPlatform) -> Result<Asked, InstallError> {
        let imports = match &installed.origin {
            Some(origin) => Some(self.contents(origin).await?.imports),
            None => None,
        };
        let of = |entry: &InstalledProvisioner| match &imports {
            None => entry.wants().to_vec(),
            Some(imports) => {
                let imports = imports.get(entry.name.as_str()).map(Vec::as_slice).unwrap_or_default();
                asked(entry.wants(), imports).cloned().collect()
            }
        };
        Ok(installed.provisioners.iter().map(|entry| (entry.name.clone(), of(entry))).collect())
    }

    /// The installed version that a new one is measured by.
    pub(super) async fn predecessor(
        &self,
        tenant: &Name,
        name: &Name,
    ) -> Result<Option<Stored<InstalledPlatform>>, EngineError> {
        match self.installed(tenant, name, None).await {
            Ok(found) => Ok(Some(found)),
            Err(EngineError::Refused { code: Code::PlatformNotFound, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What waits, from what was kept of it.
    pub(super) async fn kept(&self, held: &Held) -> Result<Acquired, InstallError> {
        let blobs = self.blobs().clone();
        let held = held.clone();
        let read = move || Acquired::kept(&blobs, &held);
        tokio::task::spawn_blocking(read).await.map_err(|_| EngineError::Stopping)?
    }
}

/// What is granted already, as far as it is asked for still, and what is new as it is asked for. What was asked for before
/// and not granted was not what a person looked at: it stays as it is.
fn yes(installed: &InstalledPlatform, asked: &Asked, examined: &Examined) -> Result<Answer, GrantError> {
    let setting = |name: &str| examined.settings.destination(name);
    let mut grants = Grants::default();
    for (entry, carried) in examined.entries.iter().zip(carried(installed, examined).grants) {
        let mut granted = EntryGrants::from(&carried);
        let before = asked.get(&entry.name).map(Vec::as_slice).unwrap_or_default();
        for want in entry.asked() {
            as_asked_beyond(&mut granted, before, want, &setting).map_err(|error| {
                no_setting(&entry.label, want.capability, &examined.platform.name, &error)
            })?;
        }
        grants.entries.insert(entry.label.clone(), granted);
    }
    Ok(Answer { choices: Vec::new(), file: Some(("what is granted already".to_owned(), grants)) })
}

/// Nobody says yes to a credential without saying which: it would take over and lack what it asked for.
fn refuse_to_guess(
    installed: &InstalledPlatform,
    asked: &Asked,
    examined: &Examined,
    answer: &Answer,
) -> Result<(), GrantError> {
    let decided = decide(examined, Some(installed), Some(answer), "")?;
    let beyond = beyond(asked, examined);
    let missing = decided.missing.iter().map(|(label, gap)| format!("`{label}` {gap}"));
    let missing: Vec<String> = missing.filter(|line| beyond.contains(line)).collect();
    if missing.is_empty() { Ok(()) } else { Err(names_secrets(examined, &missing)) }
}

fn another_waits(what: &str, held: &Held) -> EngineError {
    EngineError::refused(
        Code::NothingHeld,
        format!("`{what}` does not wait for a person: version {} does, {}", held.version, held.digest),
        Some("look at `innominatus platform diff <name> <name>@held`".to_owned()),
    )
}

fn nothing_held(what: &str) -> EngineError {
    let name = what.split('@').next().unwrap_or(what);
    EngineError::refused(
        Code::NothingHeld,
        format!("no update of `{what}` waits for a person"),
        Some(format!("`innominatus platform update {name}` looks for a newer version")),
    )
}

/// What the new version asks for that the installed one does not, by entry and in words. `asked` is what that one asked.
pub(super) fn beyond(asked: &Asked, examined: &Examined) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in &examined.entries {
        let before = asked.get(&entry.name).map(Vec::as_slice).unwrap_or_default();
        let now: Vec<_> = entry.asked().cloned().collect();
        lines.extend(wider(before, &now).into_iter().map(|gap| format!("`{}` {gap}", entry.label)));
    }
    lines
}

/// Why what the installed one may do is not carried over without asking: neither comes this from where that one came,
/// nor did the same hand sign it.
pub(super) fn stranger(installed: &InstalledPlatform, acquired: &Acquired) -> Option<String> {
    let before = installed.origin.as_ref();
    let (source, signer) =
        (before.and_then(|it| it.source.as_ref()), before.and_then(|it| it.signer.as_ref()));
    let now = &acquired.origin;
    let same = source == now.source.as_ref() || (signer.is_some() && signer == now.signer.as_ref());
    (!same).then(|| {
        let place =
            |source: Option<&String>| source.map_or("a folder".to_owned(), |source| format!("`{source}`"));
        format!(
            "it comes from {}, and {}@{} came from {}",
            place(now.source.as_ref()),
            installed.name,
            installed.version,
            place(source)
        )
    })
}

/// Each entry keeps what the entry of the same name has, as far as it asks for it.
pub(super) fn carried(installed: &InstalledPlatform, examined: &Examined) -> Decided {
    let setting = |name: &str| examined.settings.destination(name);
    let mut decided = Decided { grants: Vec::new(), missing: Vec::new(), warnings: Vec::new() };
    for entry in &examined.entries {
        let before = installed.provisioner(&entry.name).map(|known| EntryGrants::from(&known.grant()));
        let effective = effective(&entry.wants, &entry.imports, &before.unwrap_or_default(), &setting);
        decided.grants.push(effective.grant);
        decided.missing.extend(effective.missing.into_iter().map(|gap| (entry.label.clone(), gap)));
    }
    decided
}
