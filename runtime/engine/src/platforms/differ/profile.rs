//! Each side of a comparison, looked at: what is installed by its record and by what is kept of its files, everything
//! else by its bytes.

use std::collections::BTreeMap;

use innominatus_ledger::{BlobError, InstalledPlatform, Origin};
use innominatus_model::{Capability, Code, Name};
use innominatus_package::Config;

use crate::platforms::source::{AcquireError, Acquired, Terms, Wanted};
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
    /// What is in its files; none where that is not known: of what was installed long ago only components were kept.
    pub contents: Option<Contents>,
}

/// What the files of a platform say that its record does not.
#[derive(Debug, Clone)]
pub struct Contents {
    /// What each entry's component imports beyond what every component may.
    pub imports: BTreeMap<String, Vec<Capability>>,
    /// Licence, as the manifest has it.
    pub license: Option<String>,
    /// Bytes of all files.
    pub bytes: u64,
}

impl Contents {
    fn of(config: &Config, bytes: u64) -> Self {
        Self { imports: config.imports(), license: config.license().map(str::to_owned), bytes }
    }
}

impl Profile {
    /// What the component of an entry can call, if that is known.
    pub(super) fn imports(&self, entry: &Name) -> Option<&[Capability]> {
        let contents = self.contents.as_ref()?;
        Some(contents.imports.get(entry.as_str()).map(Vec::as_slice).unwrap_or_default())
    }
}

impl Engine {
    pub(super) async fn profile(
        &self,
        tenant: &Name,
        side: &Side,
        terms: &Terms,
    ) -> Result<Profile, InstallError> {
        let acquired = match side {
            Side::Wanted(wanted) => self.acquired(tenant, wanted, terms).await?,
            Side::Installed(text) => match text.strip_suffix("@held") {
                Some(name) => self.held_bytes(tenant, text, name).await?,
                None => return self.installed_profile(tenant, text).await,
            },
        };
        let mut platform = self.examined(tenant, &acquired.package).await?.platform;
        platform.digest = acquired.digest();
        let bytes = acquired.package.files.values().map(|file| file.blob.bytes.len() as u64).sum();
        let contents = Contents::of(acquired.image.config(), bytes);
        platform.origin = Some(acquired.origin);
        Ok(Profile { platform, contents: Some(contents) })
    }

    async fn held_bytes(&self, tenant: &Name, text: &str, name: &str) -> Result<Acquired, InstallError> {
        let name = Name::new(name).map_err(|error| {
            EngineError::refused(Code::IdInvalid, format!("`{}`: {error}", text.escape_debug()), None)
        })?;
        let held = self.waiting(tenant, &name).await?;
        self.kept(&held).await
    }

    async fn installed_profile(&self, tenant: &Name, text: &str) -> Result<Profile, InstallError> {
        let platform = self.meant(tenant, text).await?;
        let contents = match &platform.origin {
            Some(origin) => Some(self.contents(origin).await?),
            None => None,
        };
        Ok(Profile { platform, contents })
    }

    /// The config says what is in the components, and was compared with them before they were installed.
    pub(in crate::platforms) async fn contents(&self, origin: &Origin) -> Result<Contents, InstallError> {
        let config = origin.blobs.iter().find(|blob| blob.role == "config");
        let digest = config.ok_or(EngineError::Blob(BlobError::Unlisted))?.digest;
        let blobs = self.blobs().clone();
        let read = tokio::task::spawn_blocking(move || blobs.get(&digest));
        let read = read.await.map_err(|_| EngineError::Stopping)?.map_err(EngineError::from)?;
        let config = Config::read(&read).map_err(AcquireError::from)?;
        let files = origin.blobs.iter().filter(|blob| blob.role == "file");
        Ok(Contents::of(&config, files.map(|blob| blob.size).sum()))
    }
}
