//! Where a platform comes from, whatever the version: its identity in locks and policies.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::{HostMap, Reference, ReferenceError, Repository};

/// A place that versions of a platform come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A repository: `oci://ghcr.io/acme/platform-aws`.
    Registry(Repository),
    /// A layout: `oci-layout:./dir`.
    Layout(PathBuf),
    /// A folder: `./platform`.
    Folder(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(repository) => write!(f, "oci://{repository}"),
            Self::Layout(path) => write!(f, "oci-layout:{}", path.display()),
            Self::Folder(path) => write!(f, "{}", path.display()),
        }
    }
}

impl FromStr for Source {
    type Err = ReferenceError;
    /// As it was displayed. Names that stand for others have no place here: an identity does not depend on settings.
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let reference = Reference::parse(text, &HostMap::default())?;
        match &reference {
            Reference::Registry { tag: None, digest: None, .. }
            | Reference::Layout { tag: None, digest: None, .. }
            | Reference::Folder(_) => Ok(reference.source()),
            _ => Err(ReferenceError::new(text, "names a version", "leave out tag and digest")),
        }
    }
}
