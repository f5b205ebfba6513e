//! Which room may know which. Arrows point to a smaller level; rooms on one level do not see each other.

use std::path::Path;

use super::tree::Tree;
use super::{Finding, line_of};
use crate::workspace::{Dependency, DependencyKind, Package};

const PREFIX: &str = "innominatus-";

/// The rooms by level, each with the rooms it may depend on.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("score", &["model"]),
    ("store", &[]),
    ("package", &["model"]),
    ("effect", &["model"]),
    ("api", &["model"]),
    ("plan", &["model", "score"]),
    ("egress", &["model", "effect"]),
    ("sandbox", &["model", "package", "effect"]),
    ("registry", &["model", "package"]),
    ("ledger", &["model", "plan", "effect", "store"]),
    (
        "engine",
        &["model", "score", "store", "package", "effect", "plan", "egress", "sandbox", "registry", "ledger"],
    ),
    (
        "server",
        &[
            "model", "score", "store", "package", "effect", "api", "plan", "egress", "sandbox", "registry",
            "ledger", "engine",
        ],
    ),
    ("author", &["model", "score", "package", "effect", "plan", "sandbox", "registry", "engine"]),
    ("cli", &["model", "package", "api", "server", "author"]),
    ("testkit", &[]),
    ("xtask", &[]),
    // For authors: it knows nothing of the runtime, and what is built on it knows nothing else of ours.
    ("guest", &[]),
];

/// What a package outside the runtime that runs in a sandbox may depend on.
const GUEST: &[&str] = &["guest"];

/// What tests of any room may use besides.
const IN_TESTS: &[&str] = &["testkit"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.workspace.packages.iter().flat_map(|package| of_package(tree, package)).collect()
}

fn of_package(tree: &Tree, package: &Package) -> Vec<Finding> {
    let (file, text) = tree.manifest(package);
    let Some(room) = package.name.strip_prefix(PREFIX) else {
        let line = line_of(text, |line| line.starts_with("name"));
        let problem = format!("package `{}` is not called `{PREFIX}<room>`", package.name);
        return vec![Finding::new(file, line, problem, format!("name it `{PREFIX}` and its room"))];
    };
    let Some(allowed) = allowed(file, room) else {
        let line = line_of(text, |line| line.starts_with("name"));
        let remedy = "give it a row in `runtime/xtask/src/tidy/edges.rs` and in `docs/architecture.md`";
        return vec![Finding::new(
            file,
            line,
            format!("room `{room}` has no row in the table of edges"),
            remedy,
        )];
    };
    let ours = package.dependencies.iter().filter_map(|dependency| {
        let to = dependency.name.strip_prefix(PREFIX)?;
        let fellow = runs_in_a_sandbox(file) && same_platform(room, to);
        (!fellow && !may(allowed, to, dependency)).then_some((to, dependency))
    });
    ours.map(|(to, dependency)| {
        let line = line_of(text, |line| names(line, &dependency.name));
        let list = if allowed.is_empty() { "nothing of ours".to_owned() } else { allowed.join(", ") };
        Finding::new(
            file,
            line,
            format!("`{room}` may not depend on `{to}`"),
            format!("`{room}` may use {list}; move what is shared to a lower room, or hand it in as a value"),
        )
    })
    .collect()
}

fn allowed(manifest: &Path, room: &str) -> Option<&'static [&'static str]> {
    if runs_in_a_sandbox(manifest) {
        return Some(GUEST);
    }
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed)
}

fn runs_in_a_sandbox(manifest: &Path) -> bool {
    manifest.starts_with("platforms") || manifest.starts_with("fixtures")
}

/// A platform's packages may use each other: `aws-s3` and `aws-provisioners`.
fn same_platform(room: &str, to: &str) -> bool {
    let platform = |name: &str| name.split_once('-').map(|(platform, _)| platform.to_owned());
    platform(room).is_some() && platform(room) == platform(to)
}

fn may(allowed: &[&str], to: &str, dependency: &Dependency) -> bool {
    allowed.contains(&to) || dependency.kind == DependencyKind::Dev && IN_TESTS.contains(&to)
}

/// Whether a line of a manifest is this dependency's.
pub(super) fn names(line: &str, dependency: &str) -> bool {
    line.trim_start().strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn package(folder: &str, name: &str, dependencies: &Value) -> Value {
        json!([{
            "name": name, "manifest_path": format!("/project/{folder}/Cargo.toml"),
            "dependencies": dependencies, "targets": [], "metadata": null,
        }])
    }

    fn findings(folder: &str, name: &str, dependencies: &Value) -> Vec<Finding> {
        let manifest = format!("{folder}/Cargo.toml");
        let text = "[package]\nname = \"x\"\n\n[dependencies]\ninnominatus-store.workspace = true\n";
        check(&Tree::of(&[(&manifest, text)], &package(folder, name, dependencies)))
    }

    fn on(name: &str, kind: Value) -> Value {
        json!([{ "name": name, "kind": kind }])
    }

    #[test]
    fn an_edge_in_the_table_is_fine() {
        assert_eq!(findings("runtime/plan", "innominatus-plan", &on("innominatus-score", Value::Null)), []);
    }

    #[test]
    fn an_edge_that_is_not_in_the_table_is_named_with_its_line() {
        let found = findings("runtime/plan", "innominatus-plan", &on("innominatus-store", Value::Null));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].line, found[0].problem.as_str()), (5, "`plan` may not depend on `store`"));
        assert!(found[0].remedy.contains("model, score"));
    }

    #[test]
    fn a_build_dependency_is_an_edge_too() {
        let found = findings("runtime/model", "innominatus-model", &on("innominatus-score", json!("build")));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn only_tests_may_use_the_testkit() {
        let room = |kind| findings("runtime/plan", "innominatus-plan", &on("innominatus-testkit", kind));
        assert_eq!(room(json!("dev")), []);
        assert_eq!(room(Value::Null).len(), 1);
    }

    #[test]
    fn tests_get_no_other_edge() {
        let found = findings("runtime/plan", "innominatus-plan", &on("innominatus-store", json!("dev")));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_platform_knows_the_sdk_and_nothing_else_of_ours() {
        let platform = |on_| findings("platforms/x/p", "innominatus-x-p", &on(on_, Value::Null));
        assert_eq!(platform("innominatus-guest"), []);
        assert_eq!(platform("serde"), []);
        assert_eq!(platform("innominatus-model").len(), 1);
    }

    #[test]
    fn packages_of_one_platform_may_use_each_other() {
        let aws = |to| findings("platforms/aws/s3", "innominatus-aws-s3", &on(to, Value::Null));
        assert_eq!(aws("innominatus-aws-provisioners"), []);
        assert_eq!(aws("innominatus-compose-wiring").len(), 1);
        let room = findings("runtime/plan", "innominatus-plan-x", &on("innominatus-plan-y", Value::Null));
        assert_eq!(room.len(), 1, "rooms are no platforms");
    }

    #[test]
    fn a_room_without_a_row_is_found() {
        let found = findings("runtime/attic", "innominatus-attic", &json!([]));
        assert_eq!(found.len(), 1);
        assert!(found[0].remedy.contains("edges.rs"));
    }

    #[test]
    fn every_edge_of_the_table_leads_to_a_room_above_it() {
        for (index, (room, allowed)) in ROOMS.iter().enumerate() {
            for to in *allowed {
                let above = ROOMS[..index].iter().any(|(name, _)| name == to);
                assert!(above, "`{room}` points to `{to}`, which does not stand above it");
            }
        }
    }
}
