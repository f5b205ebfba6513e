//! Versions of the core, of platforms and of the contract.

use std::fmt;

pub use semver::Version;

/// The version of this runtime, against which `compatibility:` of a manifest is judged.
pub const CORE_VERSION: Version = Version::new(1, 0, 0);

/// The WIT package that platforms are built against, without its version.
pub const CONTRACT_PACKAGE: &str = "innominatus:platform";

/// Why two versions make no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the range from {min} up to but not including {max} is empty")]
pub struct InvalidRange {
    /// The inclusive start.
    pub min: Version,
    /// The exclusive end.
    pub max: Version,
}

/// The core versions a platform works with: `min` inclusive, `max` exclusive. (Half-open, because a
/// platform that declares max 2.0.0 does not promise to work on 2.0.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreRange {
    min: Version,
    max: Option<Version>,
}

impl CoreRange {
    /// A range that holds at least one version.
    pub fn new(min: Version, max: Option<Version>) -> Result<Self, InvalidRange> {
        match max {
            Some(max) if max <= min => Err(InvalidRange { min, max }),
            max => Ok(Self { min, max }),
        }
    }

    /// Whether this core version lies in the range.
    pub fn contains(&self, core: &Version) -> bool {
        *core >= self.min && self.max.as_ref().is_none_or(|max| core < max)
    }

    /// The inclusive start.
    pub fn min(&self) -> &Version {
        &self.min
    }

    /// The exclusive end, if there is one.
    pub fn max(&self) -> Option<&Version> {
        self.max.as_ref()
    }
}

impl fmt::Display for CoreRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.max {
            Some(max) => write!(f, ">={}, <{max}", self.min),
            None => write!(f, ">={}", self.min),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_half_open() {
        let range = CoreRange::new(Version::new(1, 0, 0), Some(Version::new(2, 0, 0))).unwrap();
        assert!(range.contains(&Version::new(1, 0, 0)));
        assert!(range.contains(&Version::new(1, 99, 0)));
        assert!(!range.contains(&Version::new(2, 0, 0)));
        assert!(CoreRange::new(Version::new(2, 0, 0), Some(Version::new(2, 0, 0))).is_err());
    }
}
