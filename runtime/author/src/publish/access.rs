//! How the author's tools get at registries: `registries.yaml`, the environment, and what `docker login` left. Secrets of a
//! runtime stay with the runtime.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use innominatus_package::{HostMap, MANIFEST_LIMIT, Reference, Registries, Repository, read_registries};
use innominatus_registry::{Connected, Keychain, Layout, Registry, connect, layout_repository};

use super::PublishError;

/// The name of the file in a home.
const REGISTRIES: &str = "registries.yaml";

/// What is known of registries.
pub struct Access {
    registries: Registries,
    folder: PathBuf,
    keys: Keychain,
}

/// An opened place. Layouts are told when everything is there.
pub(super) enum Opened {
    Remote(Connected),
    Layout(Layout, Repository),
}

impl Access {
    /// What the home's file says, if it is there.
    pub fn read(home: &Path) -> Result<Self, PublishError> {
        let file = home.join(REGISTRIES);
        let registries = match std::fs::read(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Registries::default(),
            Ok(bytes) if bytes.len() > MANIFEST_LIMIT => {
                let error = std::io::Error::other("it is too large");
                return Err(PublishError::io("read", file)(error));
            }
            read => {
                let bytes = read.map_err(PublishError::io("read", &file))?;
                read_registries(&file.display().to_string(), &bytes)?.0
            }
        };
        let mut keys = Keychain::new().with_environment(|name| std::env::var(name).ok());
        if let Some(file) = docker_file() {
            keys = keys.with_docker(file, true);
        }
        Ok(Self { registries, folder: home.to_owned(), keys })
    }

    /// What a text names.
    pub fn named(&self, text: &str) -> Result<Reference, PublishError> {
        Ok(Reference::parse(text, &HostMap::new(self.registries.mappings.clone()))?)
    }

    /// To read from.
    pub(super) fn open(&self, reference: &Reference) -> Result<Opened, PublishError> {
        Ok(Opened::Remote(connect(reference, &self.registries, &self.folder, Arc::new(self.keys.clone()))?))
    }

    /// To write to; a layout that is not there is made.
    pub(super) fn create(&self, reference: &Reference) -> Result<Opened, PublishError> {
        match reference {
            Reference::Layout { path, .. } => Ok(Opened::Layout(Layout::create(path)?, layout_repository())),
            _ => self.open(reference),
        }
    }
}

impl Opened {
    pub(super) fn registry(&self) -> &dyn Registry {
        match self {
            Self::Remote(connected) => &*connected.registry,
            Self::Layout(layout, _) => layout,
        }
    }

    pub(super) fn repository(&self) -> &Repository {
        match self {
            Self::Remote(connected) => &connected.repository,
            Self::Layout(_, repository) => repository,
        }
    }

    /// Everything is there.
    pub(super) fn finish(self) -> Result<(), PublishError> {
        match self {
            Self::Remote(_) => Ok(()),
            Self::Layout(layout, _) => Ok(layout.finish()?),
        }
    }
}

/// Where docker keeps what `docker login` was told.
fn docker_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = folder("DOCKER_CONFIG").or_else(|| folder("HOME").map(|home| home.join(".docker")))?;
    Some(folder.join("config.json"))
}
