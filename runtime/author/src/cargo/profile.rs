//! The profiles that guests are built with. The one for what is published: small, and without unwinding tables. The one
//! for the time in which it is written: compiled in parts, with names and lines.

use std::path::Path;

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Profile {
    /// What a person installs.
    #[default]
    Guest,
    /// What its author looks at a moment after saving a file.
    Dev,
}

/// For workspaces that do not say it themselves.
const GUEST: &[&str] = &[
    "profile.guest.inherits=\"release\"",
    "profile.guest.opt-level=\"s\"",
    "profile.guest.lto=true",
    "profile.guest.codegen-units=1",
    "profile.guest.panic=\"abort\"",
    "profile.guest.strip=true",
];

/// A name of its own, so that the two do not build over each other. As much optimisation as `guest`, so that fuel is
/// about the same; no work over all crates at once, which is what takes time.
const DEV: &[&str] = &[
    "profile.guest-dev.inherits=\"release\"",
    "profile.guest-dev.opt-level=\"s\"",
    "profile.guest-dev.lto=\"off\"",
    "profile.guest-dev.codegen-units=16",
    "profile.guest-dev.incremental=true",
    "profile.guest-dev.panic=\"abort\"",
    "profile.guest-dev.debug=\"line-tables-only\"",
    "profile.guest-dev.strip=\"none\"",
    "profile.guest-dev.package.\"*\".debug=false",
];

impl Profile {
    /// What it is called, and the folder that cargo builds it in.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Dev => "guest-dev",
        }
    }

    /// What cargo has to be told of it: nothing where the workspace has one of this name, which then counts.
    pub(crate) fn settings(self, root: &Path) -> &'static [&'static str] {
        let text = std::fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
        match self {
            _ if has_profile(&text, self.name()) => &[],
            Self::Guest => GUEST,
            Self::Dev => DEV,
        }
    }
}

fn has_profile(manifest: &str, name: &str) -> bool {
    let table: Option<toml::Table> = manifest.parse().ok();
    table.is_some_and(|table| table.get("profile").is_some_and(|profiles| profiles.get(name).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_of_the_workspace_counts() {
        assert!(has_profile("[profile.guest]\ninherits = \"release\"\n", "guest"));
        assert!(!has_profile("[profile.release]\nlto = true\n", "guest"));
        assert!(!has_profile("not toml", "guest"));
    }
}
