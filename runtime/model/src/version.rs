//! Versions of the core, of platforms and of the contract.

use std::fmt;
use std::str::FromStr;

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

    /// Whether this core version lies in the range. What comes before a release that is the end belongs to it: `2.0.0`
    /// as the end leaves out `2.0.0-rc.1` as well.
    pub fn contains(&self, core: &Version) -> bool {
        let numbers = |version: &Version| (version.major, version.minor, version.patch);
        let before = |max: &Version| core < max && !(max.pre.is_empty() && numbers(core) == numbers(max));
        *core >= self.min && self.max.as_ref().is_none_or(before)
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

/// As it is displayed.
impl FromStr for CoreRange {
    type Err = NoCoreRange;
    fn from_str(text: &str) -> Result<Self, NoCoreRange> {
        let no = || NoCoreRange(text.chars().take(120).collect());
        let (min, max) = match text.split_once(", <") {
            Some((min, max)) => (min, Some(max.parse().map_err(|_| no())?)),
            None => (text, None),
        };
        let min = min.strip_prefix(">=").ok_or_else(no)?.parse().map_err(|_| no())?;
        Self::new(min, max).map_err(|_| no())
    }
}

/// A text that is no range of core versions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a range of core versions", .0.escape_debug())]
pub struct NoCoreRange(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_leaves_out_what_comes_before_it() {
        let range: CoreRange = ">=1.0.0, <2.0.0".parse().unwrap();
        for (core, inside) in
            [("1.0.0-rc.1", false), ("1.9.9", true), ("2.0.0-rc.1", false), ("2.0.0", false)]
        {
            assert_eq!(range.contains(&core.parse().unwrap()), inside, "{core}");
        }
        assert_eq!(range.to_string(), ">=1.0.0, <2.0.0");
        assert_eq!(">=1.2.3".parse::<CoreRange>().unwrap().to_string(), ">=1.2.3");
        for bad in ["", "1.0.0", ">=2.0.0, <1.0.0", ">=1.0.0,<2.0.0", ">=x"] {
            assert!(bad.parse::<CoreRange>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ranges_are_half_open() {
        let range = CoreRange::new(Version::new(1, 0, 0), Some(Version::new(2, 0, 0))).unwrap();
        assert!(range.contains(&Version::new(1, 0, 0)));
        assert!(range.contains(&Version::new(1, 99, 0)));
        assert!(!range.contains(&Version::new(2, 0, 0)));
        assert!(CoreRange::new(Version::new(2, 0, 0), Some(Version::new(2, 0, 0))).is_err());
    }
}
