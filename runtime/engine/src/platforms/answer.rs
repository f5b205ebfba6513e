//! What the operator says to what a platform asks for.

use std::fmt;
use std::str::FromStr;

use innominatus_model::{Capability, Name};
use innominatus_package::Grants;

/// An answer: choices, a grants file, or both. The choices add to the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Single choices.
    pub choices: Vec<Choice>,
    /// The file, with what the person calls it.
    pub file: Option<(String, Grants)>,
}

impl Answer {
    /// Everything as asked for.
    pub fn all() -> Self {
        Self { choices: vec![Choice::All], file: None }
    }
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Everything as asked for.
    All,
    /// Nothing beyond what is always granted.
    Nothing,
    /// One capability of one entry, as asked for.
    One {
        /// The platform.
        platform: Name,
        /// Its entry.
        entry: Name,
        /// The capability.
        capability: Capability,
    },
}

/// A text that is no choice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` grants nothing: expected `all`, `none` or `<platform>/<entry>:<capability>`", .0.escape_debug())]
pub struct InvalidChoice(String);

impl FromStr for Choice {
    type Err = InvalidChoice;
    fn from_str(text: &str) -> Result<Self, InvalidChoice> {
        match text {
            "all" => return Ok(Self::All),
            "none" => return Ok(Self::Nothing),
            _ => {}
        }
        let one = || {
            let (label, capability) = text.split_once(':')?;
            let (platform, entry) = label.split_once('/')?;
            Some(Self::One {
                platform: Name::new(platform).ok()?,
                entry: Name::new(entry).ok()?,
                capability: Capability::parse(capability)?,
            })
        };
        one().ok_or_else(|| InvalidChoice(text.chars().take(160).collect()))
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Nothing => f.write_str("none"),
            Self::One { platform, entry, capability } => write!(f, "{platform}/{entry}:{capability}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_read_as_they_are_written() {
        for text in ["all", "none", "compose/postgres:secrets", "aws/aws-s3:http"] {
            assert_eq!(text.parse::<Choice>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "ALL",
            "compose",
            "compose/postgres",
            "compose:secrets",
            "compose/postgres:sockets",
            "a/b/c:http",
        ] {
            assert!(bad.parse::<Choice>().is_err(), "{bad}");
        }
    }
}
