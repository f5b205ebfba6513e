//! Which image a server runs.

use schemars::JsonSchema;
use serde::Deserialize;

/// A version as people write it: `"16.4"`, or `16`. Not `16.10`, which YAML reads as `16.1`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Version {
    /// As text: the image's tag. Digits and dots alone are completed with the usual variant.
    Text(#[schemars(regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"))] String),
    /// As a whole number.
    Number(u32),
}

/// Where a server's image comes from when the Score file does not say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Image {
    pub(crate) repository: &'static str,
    pub(crate) version: &'static str,
    /// Appended to a version that is digits and dots alone.
    pub(crate) variant: &'static str,
}

impl Image {
    /// The reference to run. An `image` with a tag or digest stands as it is.
    pub(crate) fn reference(&self, image: Option<&str>, version: Option<&Version>) -> String {
        let repository = image.unwrap_or(self.repository);
        if is_tagged(repository) {
            return repository.to_owned();
        }
        let version = version.map_or_else(|| self.version.to_owned(), Version::to_tag);
        let plain = version.chars().all(|c| c.is_ascii_digit() || c == '.');
        // A variant belongs to the repository we know, not to one that the Score file names.
        let variant = if plain && image.is_none() { self.variant } else { "" };
        format!("{repository}:{version}{variant}")
    }

    /// The param that decides which release runs.
    pub(crate) fn pointer(image: Option<&str>) -> &'static str {
        if image.is_some_and(is_tagged) { "/image" } else { "/version" }
    }
}

fn is_tagged(image: &str) -> bool {
    image.rsplit('/').next().unwrap_or(image).contains([':', '@'])
}

impl Version {
    fn to_tag(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSTGRES: Image = Image { repository: "postgres", version: "17", variant: "-alpine" };

    #[test]
    fn what_is_said_wins_and_the_rest_is_usual() {
        let text = |version: &str| Version::Text(version.to_owned());
        let cases = [
            (None, None, "postgres:17-alpine"),
            (None, Some(text("15.4")), "postgres:15.4-alpine"),
            (None, Some(Version::Number(15)), "postgres:15-alpine"),
            (None, Some(text("15-bookworm")), "postgres:15-bookworm"),
            (Some("registry:5000/pg"), None, "registry:5000/pg:17"),
            (Some("registry:5000/pg:3"), Some(text("15")), "registry:5000/pg:3"),
            (Some("pg@sha256:0"), None, "pg@sha256:0"),
        ];
        for (image, version, expected) in cases {
            assert_eq!(POSTGRES.reference(image, version.as_ref()), expected);
        }
    }
}
