//! Releases of servers, as far as their data cares, and which of them takes over the data of which.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The first two numbers of a server's version. Written as text: `17`, `8.4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Release {
    pub(crate) major: u32,
    /// Absent where a tag leaves it open, like `8` of `mysql:8`.
    pub(crate) minor: Option<u32>,
}

/// Whether a server of the second release opens what one of the first has written.
pub(crate) type TakesOver = fn(Release, Release) -> bool;

impl Release {
    /// What an image's tag says; nothing for tags like `latest` and for digests.
    pub(crate) fn of_image(reference: &str) -> Option<Self> {
        let named = reference.split('@').next().unwrap_or(reference);
        let (_, tag) = named.rsplit('/').next()?.rsplit_once(':')?;
        // Extensions of PostgreSQL are tagged with a version of their own, and the server's as `pg17`.
        let server = tag.split(['-', '_', '.']).find_map(|part| part.strip_prefix("pg")?.parse().ok());
        server.or_else(|| tag.strip_prefix('v').unwrap_or(tag).split(['-', '_']).next()?.parse().ok())
    }

    /// Every release for itself.
    pub(crate) fn is_same_major(from: Self, to: Self) -> bool {
        from.major == to.major
    }

    /// The same or a later one.
    pub(crate) fn is_not_older(from: Self, to: Self) -> bool {
        to.major >= from.major
    }

    /// PostgreSQL: one folder of data per major version, which had two numbers before 10.
    pub(crate) fn of_postgres(from: Self, to: Self) -> bool {
        from.major == to.major && (from.major >= 10 || from.minor == to.minor)
    }

    /// MySQL moves data forward within a major version, and to the next one from its last release only.
    pub(crate) fn of_mysql(from: Self, to: Self) -> bool {
        let is_last = match from.major {
            5 => from.minor.is_none_or(|minor| minor == 7) && to.major == 8 && to.minor == Some(0),
            8 => from.minor.is_none_or(|minor| minor == 4) && to.major == 9,
            _ => false,
        };
        is_last || from.major == to.major && from.is_not_after(to)
    }

    /// MongoDB moves data forward within a major version; to the next one only after a person has raised its
    /// feature compatibility version. Before 5 each second number was a release of its own.
    pub(crate) fn of_mongodb(from: Self, to: Self) -> bool {
        from.major == to.major && if from.major < 5 { from.minor == to.minor } else { from.is_not_after(to) }
    }

    /// Within one major version; what is open may be anything.
    fn is_not_after(self, other: Self) -> bool {
        self.minor.zip(other.minor).is_none_or(|(own, other)| own <= other)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minor {
            Some(minor) => write!(f, "{}.{minor}", self.major),
            None => write!(f, "{}", self.major),
        }
    }
}

impl FromStr for Release {
    type Err = std::num::ParseIntError;

    /// Reads the first two numbers, and leaves later ones alone.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut numbers = text.split('.');
        let major = numbers.next().unwrap_or_default().parse()?;
        Ok(Self { major, minor: numbers.next().map(str::parse).transpose()? })
    }
}

impl From<Release> for String {
    fn from(release: Release) -> Self {
        release.to_string()
    }
}

impl TryFrom<String> for Release {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_says_which_release_it_is() {
        let cases = [
            ("postgres:17-alpine", Some("17")),
            ("postgres:9.6.24", Some("9.6")),
            ("registry:5000/db/postgres:16.2", Some("16.2")),
            ("postgres:16@sha256:00", Some("16")),
            ("pgvector/pgvector:pg17", Some("17")),
            ("timescale/timescaledb:2.14.2-pg16", Some("16")),
            ("mysql:8.4.3", Some("8.4")),
            ("valkey/valkey:v8.0", Some("8.0")),
            ("postgres:latest", None),
            ("postgres@sha256:00", None),
            ("registry:5000/postgres", None),
        ];
        for (image, expected) in cases {
            let found = Release::of_image(image).map(|release| release.to_string());
            assert_eq!(found.as_deref(), expected, "{image}");
        }
    }

    #[test]
    fn data_goes_where_the_server_takes_it() {
        type Steps = &'static [(&'static str, &'static str, bool)];
        let cases: [(&str, TakesOver, Steps); 4] = [
            (
                "postgres",
                Release::of_postgres,
                &[
                    ("17", "17.4", true),
                    ("16.2", "16.9", true),
                    ("16", "17", false),
                    ("17", "16", false),
                    ("9.5", "9.6", false),
                ],
            ),
            (
                "mysql",
                Release::of_mysql,
                &[
                    ("8.0", "8.4", true),
                    ("8.4", "8.0", false),
                    ("8", "8.4", true),
                    ("8.4", "9.1", true),
                    ("8.0", "9.1", false),
                    ("5.7", "8.0", true),
                    ("5.7", "8.4", false),
                    ("9.1", "8.4", false),
                ],
            ),
            (
                "mongodb",
                Release::of_mongodb,
                &[("7", "7.0", true), ("8.0", "8.2", true), ("7", "8", false), ("4.2", "4.4", false)],
            ),
            ("redis", Release::is_not_older, &[("6", "7", true), ("7", "6", false)]),
        ];
        for (server, takes_over, cases) in cases {
            for (from, to, expected) in cases {
                let found = takes_over(from.parse().unwrap(), to.parse().unwrap());
                assert_eq!(found, *expected, "{server} {from} to {to}");
            }
        }
    }
}
