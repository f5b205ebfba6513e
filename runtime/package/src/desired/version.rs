//! Which versions are wanted: one, or any that fulfil a requirement.

use std::fmt;
use std::str::FromStr;

use innominatus_model::Version;
use semver::{BuildMetadata, Comparator, Op, VersionReq};

use crate::manifest::value::completed;

/// Which versions are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionRule {
    /// This one: all three numbers were written.
    Exact(Version),
    /// Any that fulfils it: `^2.3`, `2.3`, `>=2.3, <3`.
    Range(VersionReq),
}

/// Why a text is no rule for versions. A fragment: "which …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVersionRule {
    /// It begins with `v`.
    #[error("begins with `v`")]
    Prefix {
        /// The text without it.
        without: String,
    },
    /// Two builds of one version could not be told apart.
    #[error("has build metadata: two builds of one version could not be told apart")]
    Build {
        /// The version without it.
        without: String,
    },
    /// No version fulfils it.
    #[error("no version fulfils")]
    Empty,
    /// Not SemVer.
    #[error("is neither a SemVer version nor a requirement")]
    Syntax,
}

impl InvalidVersionRule {
    /// What to write instead.
    pub fn remedy(&self) -> String {
        match self {
            Self::Prefix { without } => format!("write `{}`", without.escape_debug()),
            Self::Build { without } => format!("write `{without}`"),
            Self::Empty => "write the lower bound below the upper one: `>=2.3, <3`".to_owned(),
            Self::Syntax => {
                "write `2.3.1` for that version, `^2.3` or `>=2.3, <3` for any that fits".to_owned()
            }
        }
    }
}

impl VersionRule {
    /// Parses. A version with all three numbers means exactly that one; anything else is a SemVer requirement.
    pub fn parse(text: &str) -> Result<Self, InvalidVersionRule> {
        let text = text.trim();
        if let Some(without) = prefixed(text) {
            return Err(InvalidVersionRule::Prefix { without });
        }
        if let Ok(mut version) = Version::parse(text) {
            if version.build.is_empty() {
                return Ok(Self::Exact(version));
            }
            version.build = BuildMetadata::EMPTY;
            return Err(InvalidVersionRule::Build { without: version.to_string() });
        }
        match VersionReq::parse(text) {
            Ok(_) if text.is_empty() => Err(InvalidVersionRule::Syntax),
            Ok(range) if is_empty(&range) => Err(InvalidVersionRule::Empty),
            Ok(range) => Ok(Self::Range(range)),
            Err(_) => Err(InvalidVersionRule::Syntax),
        }
    }

    /// Whether this version is wanted. A version before its release only where the rule names one.
    pub fn matches(&self, version: &Version) -> bool {
        match self {
            Self::Exact(wanted) => wanted == version,
            Self::Range(range) => range.matches(version),
        }
    }

    /// The newest of these that is wanted.
    pub fn newest<'a>(&self, versions: impl IntoIterator<Item = &'a Version>) -> Option<&'a Version> {
        versions.into_iter().filter(|version| self.matches(version)).max()
    }
}

impl FromStr for VersionRule {
    type Err = InvalidVersionRule;

    fn from_str(text: &str) -> Result<Self, InvalidVersionRule> {
        Self::parse(text)
    }
}

impl fmt::Display for VersionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(version) => version.fmt(f),
            Self::Range(range) => range.fmt(f),
        }
    }
}

/// The text without a `v` before its number, if it has one.
fn prefixed(text: &str) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_alphanumeric() || c == '*')?;
    let (operator, rest) = text.split_at(start);
    let rest = rest.strip_prefix(['v', 'V'])?;
    let version = Version::parse(rest).is_ok() || completed(rest).is_some();
    version.then(|| format!("{operator}{rest}"))
}

/// Whether the lower bounds lie above the upper ones. Bounds before a release are not judged.
fn is_empty(range: &VersionReq) -> bool {
    if range.comparators.iter().any(|comparator| !comparator.pre.is_empty()) {
        return false;
    }
    let (mut lower, mut upper) = ((0, 0, 0), None);
    for comparator in &range.comparators {
        let (from, to) = bounds(comparator);
        lower = lower.max(from);
        upper = match (upper, to) {
            (Some(known), Some(to)) => Some(std::cmp::min::<Bound>(known, to)),
            (known, to) => known.or(to),
        };
    }
    upper.is_some_and(|upper| upper <= lower)
}

type Bound = (u64, u64, u64);

/// What a comparator lets through: from, and up to but without.
fn bounds(comparator: &Comparator) -> (Bound, Option<Bound>) {
    let Comparator { op, major, minor, patch, .. } = comparator;
    let (a, b, c) = (*major, minor.unwrap_or(0), patch.unwrap_or(0));
    let here = (a, b, c);
    // The first behind all that begin with the numbers that were written.
    let behind = match (minor, patch) {
        (Some(minor), Some(patch)) => (a, *minor, patch.saturating_add(1)),
        (Some(minor), None) => (a, minor.saturating_add(1), 0),
        (None, _) => (a.saturating_add(1), 0, 0),
    };
    match op {
        Op::Exact | Op::Wildcard => (here, Some(behind)),
        Op::Greater => (behind, None),
        Op::GreaterEq => (here, None),
        Op::Less => ((0, 0, 0), Some(here)),
        Op::LessEq => ((0, 0, 0), Some(behind)),
        Op::Tilde if minor.is_some() => (here, Some((a, b.saturating_add(1), 0))),
        Op::Caret if a == 0 && b == 0 && patch.is_some() => (here, Some((0, 0, c.saturating_add(1)))),
        Op::Caret if a == 0 && minor.is_some() => (here, Some((0, b.saturating_add(1), 0))),
        // A sign that semver may learn one day is not judged to be too narrow.
        Op::Tilde | Op::Caret => (here, Some((a.saturating_add(1), 0, 0))),
        _ => ((0, 0, 0), None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn a_whole_version_means_exactly_that_one() {
        let rule = VersionRule::parse("2.3.1").unwrap();
        assert!(rule.matches(&version("2.3.1")) && !rule.matches(&version("2.3.2")));
        for text in ["^2.3", "2.3", ">=2.3, <3"] {
            let rule = VersionRule::parse(text).unwrap();
            assert!(rule.matches(&version("2.4.0")) && !rule.matches(&version("3.0.0")), "{text}");
            assert!(!rule.matches(&version("2.4.0-rc.1")), "{text}");
            assert_eq!(VersionRule::parse(&rule.to_string()), Ok(rule));
        }
        let known = ["2.2.9", "2.3.0", "2.10.0", "3.0.0"].map(version);
        assert_eq!(VersionRule::parse("2.3").unwrap().newest(&known), Some(&known[2]));
    }

    #[test]
    fn what_is_no_rule_says_what_to_write() {
        for (text, remedy) in [
            ("v2.3.1", "write `2.3.1`"),
            ("^v2.3", "write `^2.3`"),
            ("V2", "write `2`"),
            ("2.3.1+build.7", "write `2.3.1`"),
        ] {
            assert_eq!(VersionRule::parse(text).unwrap_err().remedy(), remedy, "{text}");
        }
        for empty in [">=3, <2", ">2.3, <2.3.5", "=1.0.0, =2.0.0", "^1.2, ^2", "~1.2, >=1.3", "<0.0.0"] {
            assert_eq!(VersionRule::parse(empty), Err(InvalidVersionRule::Empty), "{empty}");
        }
        for bad in ["", "latest", "01.0.0", ">=", "2.3.x.y", "very"] {
            assert_eq!(VersionRule::parse(bad), Err(InvalidVersionRule::Syntax), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_range_that_holds_a_version_is_not_called_empty(
            parts in proptest::collection::vec((0_usize..8, 0_u64..3, proptest::option::of(0_u64..3), 0_u64..3), 1..4),
            at in (0_u64..4, 0_u64..4, 0_u64..4),
        ) {
            let text: Vec<String> = parts.iter().map(|(op, a, b, c)| {
                let op = ["=", ">", ">=", "<", "<=", "~", "^", ""][*op];
                match b {
                    Some(b) => format!("{op}{a}.{b}.{c}"),
                    None => format!("{op}{a}"),
                }
            }).collect();
            let range = VersionReq::parse(&text.join(", ")).unwrap();
            if range.matches(&Version::new(at.0, at.1, at.2)) {
                prop_assert!(!is_empty(&range), "{range}");
            }
        }
    }
}
