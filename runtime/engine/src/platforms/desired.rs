//! `platforms.yaml` as desired state: each entry becomes what it says, or says why not; none keeps another from it.

use innominatus_ledger::{InstalledPlatform, Signer};
use innominatus_model::{Code, Coded as _, CoreRange, Digest, EventKind, Name, Version};
use innominatus_package::{Lock, LockedPlatform, LockedSigner, Reference, VersionRule, grants_hash};

use super::Answer;
use super::install::{How, told};
use super::older::refuse_older;
use super::source::{AcquireError, Terms, Wanted};
use super::update::Updated;
use crate::clock::now_ms;
use crate::{Engine, EngineError, InstallError};

/// One platform that is to be there.
#[derive(Debug, Clone)]
pub struct DesiredEntry {
    /// What the file calls it.
    pub name: Name,
    /// Where it comes from, without a version.
    pub repository: String,
    /// Which versions are wanted.
    pub version: VersionRule,
    /// Whether it is to serve.
    pub enabled: bool,
    /// What it is granted; without it, what an installed version has.
    pub answer: Option<Answer>,
    /// Which bytes will do. Its digest is the one in the file, or the one in the lock.
    pub terms: Terms,
    /// Exactly this version, from a lock.
    pub locked: Option<Version>,
    /// The highest version that was ever installed wherever the lock was written.
    pub highest: Option<Version>,
}

/// What became of an entry.
#[derive(Debug)]
pub enum Became {
    /// It is as it should be.
    Unchanged(InstalledPlatform),
    /// It was installed, or another version of it serves now.
    Installed(InstalledPlatform),
    /// It asks for more than it may, and waits for a person.
    Held(InstalledPlatform, Version),
    /// It serves nothing new now, or is not there and need not be.
    Disabled(Option<InstalledPlatform>),
    /// Nothing: why.
    Failed(InstallError),
}

impl Engine {
    /// What would be done about an entry, without doing it: the version that would serve.
    pub async fn plan_desired(&self, tenant: &Name, entry: &DesiredEntry) -> Result<String, InstallError> {
        if !entry.enabled {
            return Ok("disabled".to_owned());
        }
        let (wanted, version) = self.chosen(tenant, entry).await?;
        let known = self.known_as(tenant, entry).await?;
        if let (Some(known), Some(version)) = (&known, &version) {
            self.fits(tenant, entry, &known.name, version).await?;
        }
        Ok(match (known, version) {
            (Some(known), Some(version)) if known.version == version => format!("stays {version}"),
            (Some(known), Some(version)) => format!("{} becomes {version}", known.version),
            (None, Some(version)) => format!("{version} is installed"),
            (_, None) => format!("{wanted} is installed, if it is not yet"),
        })
    }

    /// Makes one entry what it should be.
    pub async fn make_desired(&self, tenant: &Name, entry: &DesiredEntry) -> Became {
        match self.desired(tenant, entry).await {
            Ok(became) => became,
            Err(error) => Became::Failed(error),
        }
    }

    async fn desired(&self, tenant: &Name, entry: &DesiredEntry) -> Result<Became, InstallError> {
        if !entry.enabled {
            let known = self.known_as(tenant, entry).await?;
            if let Some(known) = &known {
                self.enable(tenant, &known.name, false).await?;
            }
            return Ok(Became::Disabled(known));
        }
        let (wanted, version) = self.chosen(tenant, entry).await?;
        let known = self.known_as(tenant, entry).await?;
        if let (Some(known), Some(version)) = (&known, &version)
            && known.version == *version
            && entry.terms.digest.is_none_or(|digest| digest == known.digest)
            && entry.answer.is_none()
        {
            self.refuse_denied(&known.digest).await?;
            self.wants(known, entry).await?;
            return Ok(Became::Unchanged(known.clone()));
        }
        let acquired = self.acquired(tenant, &wanted, &entry.terms).await?;
        let manifest = &acquired.package.manifest;
        let (name, version) = (manifest.name.clone(), manifest.version.clone());
        let before = self.predecessor(tenant, &name).await?.map(|stored| stored.value);
        self.fits(tenant, entry, &name, &version).await?;
        let how = match &before {
            Some(_) => How::Update(&entry.terms),
            None => How::Install(&entry.terms),
        };
        let came = self.install_acquired(tenant, acquired, entry.answer.as_ref(), how).await?;
        match came {
            Updated::Held { serving, held } => Ok(Became::Held(serving, held.version)),
            Updated::Current(platform) => Ok(Became::Unchanged(platform)),
            Updated::Installed(installed) => {
                let serving = self.installed(tenant, &name, None).await?.value.version;
                if serving != version {
                    // The file says which one serves: an older one has to be meant.
                    self.rollback(tenant, &name, Some(&version), entry.terms.allow_downgrade).await?;
                }
                self.wants(&installed.platform, entry).await?;
                let same = before.is_some_and(|before| before.version == version);
                Ok(match same && installed.unchanged {
                    true => Became::Unchanged(installed.platform),
                    false => Became::Installed(installed.platform),
                })
            }
        }
    }

    /// What was fetched may serve: it is the version of the lock, and not an older one unless that is meant.
    async fn fits(
        &self,
        tenant: &Name,
        entry: &DesiredEntry,
        name: &Name,
        version: &Version,
    ) -> Result<(), EngineError> {
        if let Some(locked) = entry.locked.as_ref().filter(|locked| *locked != version) {
            return Err(EngineError::refused(
                Code::LockInvalid,
                format!("the lock says version {locked} of `{}`, and its digest is of {version}", entry.name),
                Some("apply it once without `--locked`, and look at what that changes".to_owned()),
            ));
        }
        let here = self.ledger().subscription(tenant, name).await?.map(|known| known.value.highest);
        // What a lock names is what was meant when it was written.
        let highest = here.max(entry.highest.clone().filter(|_| entry.locked.is_none()));
        refuse_older(name, version, highest.as_ref(), entry.terms.allow_downgrade, || {
            "if that is meant, add `--allow-downgrade`".to_owned()
        })
    }

    /// Exactly which bytes are meant, as far as that is known before they are fetched.
    async fn chosen(
        &self,
        tenant: &Name,
        entry: &DesiredEntry,
    ) -> Result<(Wanted, Option<Version>), InstallError> {
        let (reference, _) = self.named(&entry.repository).await?;
        if let Reference::Folder(folder) = reference {
            let package = innominatus_package::open_folder(&folder)?;
            let version = package.manifest.version;
            if !entry.version.matches(&version) {
                return Err(EngineError::refused(
                    Code::ArtifactNotFound,
                    format!("`{}` holds version {version}, which is not wanted", folder.display()),
                    Some("mend `version:` of the entry, or build the version that is wanted".to_owned()),
                )
                .into());
            }
            return Ok((Wanted::Folder(folder), Some(version)));
        }
        if let (Some(version), Some(digest)) = (&entry.locked, &entry.terms.digest) {
            let reference = format!("{}@{digest}", entry.repository);
            return Ok((Wanted::Reference(reference), Some(version.clone())));
        }
        let wanted = |version: &Version| match &entry.version {
            VersionRule::Exact(exact) => exact == version,
            range => range.matches(version),
        };
        let found = self.offered(tenant, &entry.repository, entry.terms.access.as_ref(), &wanted).await?;
        let fitting = found.iter().find(|found| found.fits);
        match fitting.or(found.first()) {
            Some(found) => Ok((Wanted::Reference(found.reference.clone()), Some(found.version.clone()))),
            None => Err(EngineError::refused(
                Code::ArtifactNotFound,
                format!("`{}` has no version that is wanted", entry.repository),
                Some(format!("`innominatus platform discover {}` lists what is there", entry.repository)),
            )
            .into()),
        }
    }

    /// What serves of the platform that an entry is about: by where it came from, or else by its name.
    async fn known_as(
        &self,
        tenant: &Name,
        entry: &DesiredEntry,
    ) -> Result<Option<InstalledPlatform>, InstallError> {
        let source = match self.named(&entry.repository).await {
            Ok((reference, _)) => Some(reference.source().to_string()),
            Err(InstallError::Acquire(error)) if matches!(*error, AcquireError::Reference(_)) => None,
            Err(error) => return Err(error),
        };
        let all = self.overview(tenant).await?;
        let active = |it: &&super::Overview| {
            let active = it.subscription.as_ref().and_then(|known| known.active.as_ref());
            active.map_or(it.serving, |active| *active == it.platform.version)
        };
        let came_from = |it: &&super::Overview| {
            let known = it.subscription.as_ref().and_then(|known| known.source.as_ref());
            known.is_some() && known == source.as_ref()
        };
        let found = all.iter().filter(active).find(came_from);
        let found = found.or_else(|| all.iter().filter(active).find(|it| it.platform.name == entry.name));
        Ok(found.map(|it| it.platform.clone()))
    }

    /// Remembers which versions are wanted, and lets it serve.
    async fn wants(&self, platform: &InstalledPlatform, entry: &DesiredEntry) -> Result<(), InstallError> {
        let (reference, _) = self.named(&entry.repository).await?;
        let _held = self.0.platforms.write().await;
        let (before, mut now) = self.subscribed(platform).await?;
        let requirement = match &entry.version {
            // A version that was written out is no wish to stay there for ever; the file is asked again.
            VersionRule::Exact(version) => Some(version.to_string()),
            VersionRule::Range(range) => Some(range.to_string()),
        };
        let access = entry.terms.access.as_ref();
        let access = access.and_then(|access| access.record(reference.source().to_string()));
        let highest = now.highest.clone();
        entry.highest.iter().for_each(|version| now.saw(version));
        if now.enabled && (&now.requirement, &now.access, &now.highest) == (&requirement, &access, &highest) {
            return Ok(());
        }
        let switched_on = !now.enabled;
        now.enabled = true;
        now.requirement = requirement;
        now.access = access;
        now.updated_ms = now_ms();
        let mut change = self.ledger().change();
        change.put_subscription(&now, before.as_ref());
        if switched_on {
            change.event(&told(platform, EventKind::PlatformSwitched, "is switched on"));
        }
        change.commit().await?;
        Ok(())
    }

    /// A lock of what serves, by the names that are given: each with the platform it stands for.
    pub async fn lock(
        &self,
        tenant: &Name,
        names: &[(Name, InstalledPlatform)],
    ) -> Result<Lock, EngineError> {
        let mut lock = Lock::default();
        for (name, platform) in names {
            let subscription = self.ledger().subscription(tenant, &platform.name).await?;
            let highest = subscription.map(|known| known.value.highest);
            lock.platforms.insert(name.clone(), locked(platform, highest)?);
        }
        Ok(lock)
    }
}

fn locked(platform: &InstalledPlatform, highest: Option<Version>) -> Result<LockedPlatform, EngineError> {
    let unusable = |what: String| EngineError::refused(Code::StoreIntegrity, what, None);
    let origin = platform.origin.as_ref();
    let source = origin.and_then(|origin| origin.source.clone().or(Some(origin.reference.clone())));
    let signer = match origin.and_then(|origin| origin.signer.as_ref()) {
        None => LockedSigner::None,
        Some(Signer::Identity { issuer, identity }) => {
            LockedSigner::Keyless { issuer: issuer.clone(), identity: identity.clone() }
        }
        Some(Signer::Key { id, .. }) => match id.parse::<Digest>() {
            Ok(id) => LockedSigner::Key { id },
            Err(_) => return Err(unusable(format!("the key of `{}` has no id", platform.name))),
        },
    };
    let core = CoreRange::new(platform.min_core.clone(), platform.max_core.clone())
        .map_err(|error| unusable(error.to_string()))?;
    let grants: Vec<_> =
        platform.provisioners.iter().map(|entry| (entry.name.as_str(), entry.grant())).collect();
    let made = platform.provisioners.iter().map(|entry| (entry.name.clone(), entry.component));
    let deployed = platform.golden_paths.iter().map(|entry| (entry.name.clone(), entry.component));
    let contracts = platform.provisioners.iter().map(|entry| &entry.contract);
    let contracts = contracts.chain(platform.golden_paths.iter().map(|entry| &entry.contract));
    Ok(LockedPlatform {
        source: source.unwrap_or_default(),
        version: platform.version.clone(),
        digest: platform.digest,
        core,
        contracts: contracts
            .map(|version| format!("{}@{version}", innominatus_model::CONTRACT_PACKAGE))
            .collect(),
        signer,
        grants: grants_hash(grants.iter().map(|(name, grant)| (*name, grant))),
        highest: highest.filter(|highest| *highest != platform.version),
        index: None,
        components: made.chain(deployed).collect(),
    })
}

impl Became {
    /// What serves of it, for a lock.
    pub fn serving(&self) -> Option<&InstalledPlatform> {
        match self {
            Self::Unchanged(platform) | Self::Installed(platform) | Self::Held(platform, _) => Some(platform),
            Self::Disabled(_) | Self::Failed(_) => None,
        }
    }

    /// Why it is not as it should be.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Held(..) => Some(Code::ApprovalNeeded),
            Self::Failed(error) => Some(error.code()),
            Self::Unchanged(_) | Self::Installed(_) | Self::Disabled(_) => None,
        }
    }
}
