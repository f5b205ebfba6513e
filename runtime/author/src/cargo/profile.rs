//! The profile that guests are built with: small, and without unwinding tables.

use std::path::Path;

/// What it is called.
pub(crate) const PROFILE: &str = "guest";

/// It in cargo's words, for workspaces that do not say it themselves.
const SETTINGS: [&str; 6] = [
    "profile.guest.inherits=\"release\"",
    "profile.guest.opt-level=\"s\"",
    "profile.guest.lto=true",
    "profile.guest.codegen-units=1",
    "profile.guest.panic=\"abort\"",
    "profile.guest.strip=true",
];

/// What cargo has to be told of the profile: nothing where the workspace has one of this name, which then counts.
pub(crate) fn settings(root: &Path) -> &'static [&'static str] {
    let text = std::fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    if has_profile(&text) { &[] } else { &SETTINGS }
}

fn has_profile(manifest: &str) -> bool {
    let table: Option<toml::Table> = manifest.parse().ok();
    table.is_some_and(|table| table.get("profile").is_some_and(|profiles| profiles.get(PROFILE).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_of_the_workspace_counts() {
        assert!(has_profile("[profile.guest]\ninherits = \"release\"\n"));
        assert!(!has_profile("[profile.release]\nlto = true\n"));
        assert!(!has_profile("not toml"));
    }
}
