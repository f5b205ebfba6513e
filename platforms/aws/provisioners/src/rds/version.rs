//! Versions of PostgreSQL.

use std::fmt;

use innominatus_guest::prelude::*;

/// A version as people write it: `"16.4"`, or `16`. Not `16.10`, which YAML reads as `16.1`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Version {
    /// As text.
    Text(#[schemars(regex(pattern = r"^[0-9]{1,3}(\.[0-9]{1,3})*$"))] String),
    /// As a whole number.
    Number(u32),
}

impl Version {
    /// The numbers between the dots.
    pub(super) fn parts(&self) -> Option<Vec<u32>> {
        Self::parts_of(&self.to_string())
    }

    /// Those of a version as AWS writes it.
    pub(super) fn parts_of(text: &str) -> Option<Vec<u32>> {
        text.split('.').map(|part| part.parse().ok()).collect()
    }

    /// Whether another version is this one, or one of its minor ones.
    pub(super) fn covers(&self, found: &str) -> bool {
        let (Some(wanted), Some(found)) = (self.parts(), Self::parts_of(found)) else { return false };
        found.starts_with(&wanted)
    }

    /// Whether a minor version is named, so that AWS must not choose one.
    pub(super) fn is_exact(&self) -> bool {
        self.parts().is_some_and(|parts| parts.len() > 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Number(number) => write!(formatter, "{number}"),
        }
    }
}
