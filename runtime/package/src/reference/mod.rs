//! What a person calls a platform: a repository of a registry with a tag, a version or a digest, a layout on disk, or
//! a folder.
//!
//! | written | means |
//! |---|---|
//! | `ghcr.io/acme/platform-aws:2.3.1` | a tag in a registry; `oci://` may stand before it |
//! | `ghcr.io/acme/platform-aws@sha256:…` | exactly these bytes; with a tag before it, the tag is for people |
//! | `github.com/acme/platform-aws@v2.3.1` | a version: the tag without `v`, usually in a mapped place |
//! | `oci-layout:./dir:2.3.1`, `oci-layout:all.tar:2.3.1` | a layout, as a folder or as one file |
//! | `./platform`, `/srv/platform` | a platform's folder |
//!
//! There is no default registry and no default tag: what is installed is what was named.

mod error;
mod hosts;
mod parse;
mod repository;
mod source;
mod tag;

use std::fmt;
use std::path::{Path, PathBuf};

use innominatus_model::Digest;

pub use error::ReferenceError;
pub use hosts::HostMap;
pub use repository::Repository;
pub use source::Source;
pub use tag::{Tag, TagOrDigest};

/// Where a platform is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// In a registry.
    Registry {
        /// Which repository of which registry.
        repository: Repository,
        /// By this tag.
        tag: Option<Tag>,
        /// Exactly these bytes.
        digest: Option<Digest>,
    },
    /// In an OCI layout: a folder, or a `.tar` of one.
    Layout {
        /// The folder or file.
        path: PathBuf,
        /// By this tag.
        tag: Option<Tag>,
        /// Exactly these bytes.
        digest: Option<Digest>,
    },
    /// A platform's folder.
    Folder(PathBuf),
}

impl Reference {
    /// Reads a reference. `hosts` says where repositories of some names really are.
    pub fn parse(text: &str, hosts: &HostMap) -> Result<Self, ReferenceError> {
        parse::reference(text, hosts)
    }

    /// The same, where a text that names neither a registry nor a path may be a folder that is here. A text with a
    /// registry's host is never taken for a folder, so that nobody can stand in for a registry by making one.
    pub fn parse_here(text: &str, hosts: &HostMap) -> Result<Self, ReferenceError> {
        match parse::reference(text, hosts) {
            Err(_) if !parse::has_scheme(text) && !parse::has_host(text) && Path::new(text).exists() => {
                parse::reference(&format!("./{text}"), hosts)
            }
            parsed => parsed,
        }
    }

    /// What of the repository is meant. A digest goes before a tag.
    pub fn wanted(&self) -> Result<TagOrDigest, ReferenceError> {
        let (tag, digest) = match self {
            Self::Registry { tag, digest, .. } | Self::Layout { tag, digest, .. } => (tag, digest),
            Self::Folder(_) => {
                return Err(ReferenceError::new(
                    &self.to_string(),
                    "is a folder, which has no tags",
                    "name a repository of a registry, or a layout: `oci-layout:./dir:1.0.0`",
                ));
            }
        };
        match (digest, tag) {
            (Some(digest), _) => Ok(TagOrDigest::Digest(*digest)),
            (None, Some(tag)) => Ok(TagOrDigest::Tag(tag.clone())),
            (None, None) => Err(ReferenceError::new(
                &self.to_string(),
                "names no version",
                format!("add one: `{self}:1.0.0`; or a digest: `{self}@sha256:…`"),
            )),
        }
    }

    /// Where it comes from, whatever the version.
    pub fn source(&self) -> Source {
        match self {
            Self::Registry { repository, .. } => Source::Registry(repository.clone()),
            Self::Layout { path, .. } => Source::Layout(path.clone()),
            Self::Folder(path) => Source::Folder(path.clone()),
        }
    }
}

/// What [`Reference::parse`] reads again.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tag, digest) = match self {
            Self::Registry { repository, tag, digest } => {
                write!(f, "{repository}")?;
                (tag, digest)
            }
            Self::Layout { path, tag, digest } => {
                write!(f, "oci-layout:{}", path.display())?;
                (tag, digest)
            }
            Self::Folder(path) => return write!(f, "{}", path.display()),
        };
        if let Some(tag) = tag {
            write!(f, ":{tag}")?;
        }
        match digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}
