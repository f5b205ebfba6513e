//! How far a build is on its way. The stage stands in tags and never in the content: what is promoted is the same bytes,
//! with the same digest and the same signatures.

use innominatus_model::Version;

/// The stage of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Local builds: `1.0.0-dev`.
    #[default]
    Dev,
    /// What is tried before it is released: `1.0.0-stage`.
    Stage,
    /// A release: `1.0.0`.
    Prod,
}

impl Stage {
    /// Every stage, from the author's machine to everybody's.
    pub const ALL: [Self; 3] = [Self::Dev, Self::Stage, Self::Prod];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Stage => "stage",
            Self::Prod => "prod",
        }
    }

    /// From the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }

    /// A tag as this stage has it.
    pub fn tag(self, tag: &str) -> String {
        match self {
            Self::Prod => tag.to_owned(),
            Self::Dev | Self::Stage => format!("{tag}-{}", self.as_str()),
        }
    }

    /// What a build of this version is called.
    pub fn label(self, version: &Version) -> String {
        self.tag(&version.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_release_bears_the_bare_version() {
        let version: Version = "1.2.0-rc.1".parse().unwrap();
        let labels = Stage::ALL.map(|stage| stage.label(&version));
        assert_eq!(labels, ["1.2.0-rc.1-dev", "1.2.0-rc.1-stage", "1.2.0-rc.1"]);
        assert!(Stage::ALL.iter().all(|stage| Stage::parse(stage.as_str()) == Some(*stage)));
        assert_eq!(Stage::parse("production"), None);
    }
}
