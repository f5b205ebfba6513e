//! Which versions a person means by `2`, `2.3`, `2.3.1`.

use std::fmt;
use std::str::FromStr;

use innominatus_model::{Code, Name, Version};

use crate::EngineError;

/// A version, or its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pin {
    Exact(Version),
    /// A major version, or a major and a minor one: every release of it.
    Line(u64, Option<u64>),
}

impl Pin {
    /// Whether this version is meant.
    pub(crate) fn allows(&self, version: &Version) -> bool {
        match self {
            Self::Exact(exact) => exact == version,
            Self::Line(major, minor) => {
                version.pre.is_empty()
                    && version.major == *major
                    && minor.is_none_or(|minor| minor == version.minor)
            }
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(version) => write!(f, "{version}"),
            Self::Line(major, Some(minor)) => write!(f, "{major}.{minor}"),
            Self::Line(major, None) => write!(f, "{major}"),
        }
    }
}

/// A text that is no version, and no beginning of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a version", .0.escape_debug())]
pub(crate) struct InvalidPin(String);

impl FromStr for Pin {
    type Err = InvalidPin;
    fn from_str(text: &str) -> Result<Self, InvalidPin> {
        let invalid = || InvalidPin(text.chars().take(80).collect());
        let bare = text.strip_prefix('v').unwrap_or(text);
        if let Ok(version) = bare.parse() {
            return Ok(Self::Exact(version));
        }
        let number = |part: &str| {
            let plain =
                part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
            plain.then(|| part.parse::<u64>().ok()).flatten()
        };
        match bare.split_once('.') {
            None => Ok(Self::Line(number(bare).ok_or_else(invalid)?, None)),
            Some((major, minor)) => {
                Ok(Self::Line(number(major).ok_or_else(invalid)?, Some(number(minor).ok_or_else(invalid)?)))
            }
        }
    }
}

/// `name` or `name@version`, as a flag has it.
pub(crate) fn platform_and_pin(flag: &str, text: &str) -> Result<(Name, Option<Pin>), EngineError> {
    let (name, pin) = text.split_once('@').map_or((text, None), |(name, pin)| (name, Some(pin)));
    let invalid = |error: &dyn fmt::Display| {
        EngineError::refused(
            Code::IdInvalid,
            format!("`{}`: {error}", format!("{flag} {}", text.escape_debug()).trim_start()),
            Some("write `name`, `name@1.2.3` or `name@1.2`".to_owned()),
        )
    };
    let name = Name::new(name).map_err(|error| invalid(&error))?;
    let pin = pin.map(|pin| pin.parse().map_err(|error: InvalidPin| invalid(&error))).transpose()?;
    Ok((name, pin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(pin: &str) -> Vec<&'static str> {
        let pin: Pin = pin.parse().unwrap();
        let versions = ["1.9.0", "2.3.0", "2.3.1", "2.4.0-rc.1", "2.4.0", "12.3.0"];
        versions.into_iter().filter(|version| pin.allows(&version.parse().unwrap())).collect()
    }

    #[test]
    fn a_beginning_means_every_release_of_it() {
        assert_eq!(allowed("2"), ["2.3.0", "2.3.1", "2.4.0"]);
        assert_eq!(allowed("v2.3"), ["2.3.0", "2.3.1"]);
        assert_eq!(allowed("2.3.1"), ["2.3.1"]);
        assert_eq!(allowed("2.4.0-rc.1"), ["2.4.0-rc.1"]);
        assert!(allowed("3").is_empty());
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for bad in ["", "v", "x", "1.", ".1", "1.x", "01", "1.02", "1.2.3.4", "^1", "-1"] {
            assert!(bad.parse::<Pin>().is_err(), "{bad}");
        }
        for good in ["1", "1.2", "1.2.3", "0.1"] {
            assert_eq!(good.parse::<Pin>().unwrap().to_string(), good);
        }
    }
}
