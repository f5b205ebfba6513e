//! Every package takes its version, licence, edition and lints from the workspace.

use super::tree::Tree;
use super::{Finding, line_of};

/// Keys of `[package]` that are said once, for all.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for package in &tree.workspace.packages {
        let (file, text) = tree.manifest(package);
        let sections = sections(text);
        for key in INHERITED {
            if !inherits(&sections, "package", key) {
                let line = line_of(text, |line| line.trim_start().starts_with(key));
                let remedy = format!("write `{key}.workspace = true` under `[package]`");
                found.push(Finding::new(file, line, format!("has a `{key}` of its own, or none"), remedy));
            }
        }
        let lints =
            inherits(&sections, "", "lints") || sections.contains(&("lints", "workspace=true".to_owned()));
        if !lints {
            let line = line_of(text, |line| line.starts_with("[lints"));
            let remedy = "write `[lints]` and under it `workspace = true`";
            found.push(Finding::new(file, line, "does not take the workspace's lints", remedy));
        }
    }
    found
}

/// Whether `key` of a section is taken from the workspace, in any of the ways it can be written.
fn inherits(sections: &[(&str, String)], section: &str, key: &str) -> bool {
    sections.iter().any(|(name, line)| {
        *name == section
            && (*line == format!("{key}.workspace=true") || *line == format!("{key}={{workspace=true}}"))
    })
}

/// Every line with the section it stands in; spaces and comments are taken out.
fn sections(text: &str) -> Vec<(&str, String)> {
    let mut section = "";
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or("").trim();
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => section = name.trim_matches(['[', ']', ' ']),
            None => lines.push((section, line.split_whitespace().collect())),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GOOD: &str = "[package]\nname = \"x\"\nversion.workspace = true\nedition.workspace = true\n\
                        rust-version.workspace = true\nlicense = { workspace = true } # one for all\n\n\
                        [lints]\nworkspace = true\n";

    fn problems(text: &str) -> Vec<(usize, String)> {
        let packages = json!([{
            "name": "innominatus-x", "manifest_path": "/project/x/Cargo.toml", "targets": [],
            "dependencies": [], "metadata": null,
        }]);
        let found = check(&Tree::of(&[("x/Cargo.toml", text)], &packages));
        found.into_iter().map(|finding| (finding.line, finding.problem)).collect()
    }

    #[test]
    fn a_package_that_takes_everything_from_the_workspace_is_fine() {
        assert_eq!(problems(GOOD), []);
    }

    #[test]
    fn a_version_of_its_own_is_found_on_its_line() {
        let text = GOOD.replace("version.workspace = true\nedition", "version = \"2.0.0\"\nedition");
        assert_eq!(problems(&text), [(3, "has a `version` of its own, or none".to_owned())]);
    }

    #[test]
    fn lints_must_be_taken_too() {
        let text = GOOD.replace("[lints]\nworkspace = true\n", "[lints.rust]\ndead_code = \"allow\"\n");
        assert_eq!(problems(&text), [(8, "does not take the workspace's lints".to_owned())]);
    }

    #[test]
    fn a_key_under_another_heading_does_not_count() {
        let text = GOOD.replace("license = { workspace = true }", "")
            + "\n[package.metadata]\nlicense.workspace = true\n";
        assert_eq!(problems(&text).len(), 1);
    }
}
