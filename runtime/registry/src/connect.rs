//! Reaches the place that a reference names, as `registries.yaml` says how.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use innominatus_model::{Code, Coded};
use innominatus_package::{MANIFEST_LIMIT, Reference, Registries, Repository};

use crate::{Credentials, Layout, Registry, RegistryError, Remote, RemoteConfig, layout_repository};

/// A place, and which of its repositories is meant.
pub struct Connected {
    /// The place.
    pub registry: Box<dyn Registry>,
    /// The repository.
    pub repository: Repository,
}

/// Why a place cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A folder has no artifacts.
    #[error("`{}` is a folder, and no artifact", .0.display())]
    Folder(PathBuf),
    /// The certificates of a registry cannot be read.
    #[error("cannot read `{}`", file.display())]
    Certificates {
        /// The file that `registries.yaml` names.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The place is none, or cannot be opened.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl Coded for ConnectError {
    fn code(&self) -> Code {
        match self {
            Self::Folder(_) => Code::ReferenceInvalid,
            Self::Certificates { .. } => Code::FileUnreadable,
            Self::Registry(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Folder(_) => {
                Some("name a repository of a registry, or a layout: `oci-layout:./dir:1.0.0`".into())
            }
            Self::Certificates { .. } => Some("mend `ca:` of the registry in `registries.yaml`".into()),
            Self::Registry(error) => error.remedy(),
        }
    }
}

/// Opens the place for reading and writing; a layout has to be there. Paths in `registries` are seen from `folder`.
/// Blocks for as long as files take.
pub fn connect(
    reference: &Reference,
    registries: &Registries,
    folder: &Path,
    credentials: Arc<dyn Credentials>,
) -> Result<Connected, ConnectError> {
    match reference {
        Reference::Registry { repository, .. } => {
            let config = remote(repository.registry(), registries, folder)?;
            let registry = Box::new(Remote::new(config, credentials)?);
            Ok(Connected { registry, repository: repository.clone() })
        }
        Reference::Layout { path, .. } => {
            Ok(Connected { registry: Box::new(Layout::open(path)?), repository: layout_repository() })
        }
        Reference::Folder(folder) => Err(ConnectError::Folder(folder.clone())),
    }
}

/// How one registry is spoken to: what is said of it holds for it alone.
fn remote(registry: &str, registries: &Registries, folder: &Path) -> Result<RemoteConfig, ConnectError> {
    let one = || BTreeSet::from([registry.to_owned()]);
    let settings = registries.host(registry);
    let mut config = RemoteConfig::default();
    match registries.may_be_plain(registry) {
        true => config.plain = one(),
        false => config.tls = one(),
    }
    if !settings.token_realms.is_empty() {
        config.realms.insert(registry.to_owned(), settings.token_realms.into_iter().collect());
    }
    if let Some(path) = settings.ca {
        let file = folder.join(path);
        match bounded(&file) {
            Ok(bytes) => config.certificates = Some(bytes),
            Err(source) => return Err(ConnectError::Certificates { file, source }),
        }
    }
    Ok(config)
}

fn bounded(file: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(MANIFEST_LIMIT).unwrap_or(u64::MAX);
    std::fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
