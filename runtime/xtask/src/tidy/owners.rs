//! Libraries that only some rooms may touch, so that exchanging one stays a matter of one room.

use super::edges::names;
use super::tree::Tree;
use super::{Finding, line_of};
use crate::workspace::DependencyKind;

/// A library, the folders of the packages that may use it, and why nobody else.
struct Owned {
    library: &'static str,
    folders: &'static [&'static str],
    reason: &'static str,
}

const OWNED: &[Owned] = &[
    Owned {
        library: "granit-parser",
        folders: &["runtime/score"],
        reason: "only `score` needs places in YAML",
    },
    Owned { library: "wasmtime", folders: &["runtime/sandbox"], reason: "only `sandbox` runs components" },
    Owned {
        library: "reqwest",
        folders: &["runtime/egress", "runtime/registry"],
        reason: "only `egress` sends requests for components, and `registry` for artifacts",
    },
    Owned {
        library: "rustls",
        folders: &["runtime/egress", "runtime/registry"],
        reason: "only `egress` and `registry` say which servers are trusted",
    },
    Owned { library: "aws-sigv4", folders: &["runtime/egress"], reason: "only `egress` puts credentials in" },
    Owned {
        library: "oci-client",
        folders: &["runtime/registry"],
        reason: "only `registry` speaks to registries",
    },
    Owned {
        library: "sigstore-verify",
        folders: &["runtime/registry"],
        reason: "only `registry` judges signatures",
    },
    Owned { library: "sled", folders: &["runtime/store"], reason: "no database type leaves `store`" },
    Owned { library: "axum", folders: &["runtime/server"], reason: "only `server` speaks HTTP to clients" },
    Owned {
        library: "clap",
        folders: &["runtime/cli", "runtime/xtask"],
        reason: "only what a person starts has a command line",
    },
    Owned {
        library: "anyhow",
        folders: &["runtime/cli", "runtime/xtask", "runtime/testkit"],
        reason: "a room's errors are types, so that each has a code and a remedy",
    },
    Owned {
        library: "serde-saphyr",
        folders: &["runtime/score", "runtime/package", "runtime/cli", "runtime/testkit", "platforms"],
        reason: "YAML is read and written at the edges",
    },
];

/// Rooms that decide and never act: what would let them is kept out.
const PURE: &[&str] = &["runtime/model", "runtime/score", "runtime/plan"];
const ACTING: &[&str] = &["tokio", "async-trait", "futures", "reqwest"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for package in &tree.workspace.packages {
        let (file, text) = tree.manifest(package);
        let within = |folders: &[&str]| folders.iter().any(|folder| file.starts_with(folder));
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let line = line_of(text, |line| names(line, name));
            if let Some(owned) = OWNED.iter().find(|owned| owned.library == name)
                && !within(owned.folders)
            {
                let owners = owned.folders.join(", ");
                let problem = format!("`{name}` belongs to {owners}: {}", owned.reason);
                found.push(Finding::new(file, line, problem, "ask the owner for it in words of ours"));
            }
            if dependency.kind != DependencyKind::Dev && ACTING.contains(&name) && within(PURE) {
                let problem = format!("`{name}` in a room that decides and never acts");
                found.push(Finding::new(file, line, problem, "take what it would fetch as a value"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn findings(folder: &str, dependency: &str, kind: Option<&str>) -> Vec<Finding> {
        let manifest = format!("{folder}/Cargo.toml");
        let text = format!("[dependencies]\n{dependency}.workspace = true\n");
        let packages = json!([{
            "name": "innominatus-x", "manifest_path": format!("/project/{manifest}"), "targets": [],
            "dependencies": [{ "name": dependency, "kind": kind }], "metadata": null,
        }]);
        check(&Tree::of(&[(&manifest, &text)], &packages))
    }

    #[test]
    fn the_owner_may_use_what_it_owns() {
        for owned in OWNED {
            assert_eq!(findings(owned.folders[0], owned.library, None), [], "{}", owned.library);
        }
    }

    #[test]
    fn nobody_else_may_not_even_in_tests() {
        for owned in OWNED {
            let found = findings("runtime/engine", owned.library, Some("dev"));
            assert_eq!(found.len(), 1, "{}", owned.library);
            assert_eq!(found[0].line, 2);
        }
    }

    #[test]
    fn a_platform_may_write_yaml_but_not_run_components() {
        assert_eq!(findings("platforms/compose/golden-path", "serde-saphyr", None), []);
        assert_eq!(findings("platforms/compose/golden-path", "wasmtime", None).len(), 1);
    }

    #[test]
    fn a_room_that_decides_has_no_runtime_outside_its_tests() {
        assert_eq!(findings("runtime/plan", "tokio", None).len(), 1);
        assert_eq!(findings("runtime/plan", "tokio", Some("dev")), []);
        assert_eq!(findings("runtime/engine", "tokio", None), []);
    }
}
