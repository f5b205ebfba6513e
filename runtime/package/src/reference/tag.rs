//! Tags: names of versions in a repository.

use std::fmt;
use std::str::FromStr;

use innominatus_model::{Digest, Version};

use super::ReferenceError;

/// A tag: up to 128 letters, digits, `_`, `.` and `-`, not beginning with `.` or `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The tag of a version: its text.
    pub fn of(version: &Version) -> Result<Self, ReferenceError> {
        version.to_string().parse()
    }

    /// The version that it reads as, where that is another one than this: what is signed as 1.5.0 is not taken for 2.0.0.
    /// What stands behind the numbers is a stage or a flavour.
    pub fn names_another(&self, version: &Version) -> Option<Version> {
        let numbers = |version: &Version| (version.major, version.minor, version.patch);
        self.0.parse().ok().filter(|named| numbers(named) != numbers(version))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag under which registries without an interface for it keep what is about a manifest.
    pub fn of_referrers(digest: &Digest) -> Self {
        Self(format!("sha256-{}", digest.hex()))
    }
}

impl FromStr for Tag {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let first = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let inner = |byte: u8| first(byte) || matches!(byte, b'.' | b'-');
        if (1..=128).contains(&text.len())
            && text.bytes().all(inner)
            && text.bytes().next().is_some_and(first)
        {
            return Ok(Self(text.to_owned()));
        }
        if text.contains('+') {
            return Err(ReferenceError::new(
                text,
                "has build metadata, which no registry can keep",
                "leave out everything from the `+` on",
            ));
        }
        let remedy = "use up to 128 letters, digits, `_`, `.` and `-`, beginning with a letter or digit";
        Err(ReferenceError::new(text, "is not a tag", remedy))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which manifest of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TagOrDigest {
    /// The one that bears the tag now.
    Tag(Tag),
    /// Exactly this one.
    Digest(Digest),
}

impl fmt::Display for TagOrDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, "{tag}"),
            Self::Digest(digest) => write!(f, "{digest}"),
        }
    }
}
