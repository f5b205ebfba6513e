//! The workspace as cargo sees it: its packages, what they depend on, and where it builds.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{Command, cargo};

/// What `cargo metadata --no-deps` says.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// The folder with the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// The folder cargo builds into; it follows `CARGO_TARGET_DIR`.
    pub(crate) target: PathBuf,
    /// The members, in the order cargo names them.
    pub(crate) packages: Vec<Package>,
}

/// One member.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its `Cargo.toml`.
    pub(crate) manifest: PathBuf,
    /// What it depends on.
    pub(crate) dependencies: Vec<Dependency>,
    /// Its `[package.metadata.innominatus]`, or null.
    pub(crate) metadata: Value,
}

/// One entry of a dependency table.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    /// The package it names.
    pub(crate) name: String,
    /// Which table it stands in.
    pub(crate) kind: DependencyKind,
}

/// The three dependency tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    /// `[dependencies]`
    Normal,
    /// `[dev-dependencies]`
    Dev,
    /// `[build-dependencies]`
    Build,
}

impl Workspace {
    /// Asks cargo about the workspace this task was built from.
    pub(crate) fn read() -> Result<Self> {
        // cargo tells a running task where its package is; the built-in path serves a binary started by hand.
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
        let text = Command::new(cargo())
            .args(["metadata", "--format-version", "1", "--no-deps", "--manifest-path"])
            .arg(Path::new(&here).join("Cargo.toml"))
            .output()?;
        let value = serde_json::from_str(&text).context("cargo metadata did not answer with JSON")?;
        Self::from_metadata(&value)
    }

    /// From the JSON of `cargo metadata`.
    pub(crate) fn from_metadata(value: &Value) -> Result<Self> {
        let packages = value["packages"].as_array().context("cargo metadata names no packages")?;
        Ok(Self {
            root: PathBuf::from(text(value, "workspace_root")?),
            target: PathBuf::from(text(value, "target_directory")?),
            packages: packages.iter().map(package).collect::<Result<_>>()?,
        })
    }
}

impl Package {
    /// The folder of its `Cargo.toml`.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest.parent().expect("a manifest stands in a folder")
    }
}

fn package(value: &Value) -> Result<Package> {
    let dependencies = value["dependencies"].as_array().into_iter().flatten();
    Ok(Package {
        name: text(value, "name")?.to_owned(),
        manifest: PathBuf::from(text(value, "manifest_path")?),
        dependencies: dependencies.map(dependency).collect::<Result<_>>()?,
        metadata: value["metadata"]["innominatus"].clone(),
    })
}

fn dependency(value: &Value) -> Result<Dependency> {
    let kind = match value["kind"].as_str() {
        Some("dev") => DependencyKind::Dev,
        Some("build") => DependencyKind::Build,
        _ => DependencyKind::Normal,
    };
    Ok(Dependency { name: text(value, "name")?.to_owned(), kind })
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().with_context(|| format!("cargo metadata has no `{key}`"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_package_is_what_cargo_says() {
        let workspace = Workspace::from_metadata(&json!({
            "workspace_root": "/project", "target_directory": "/elsewhere",
            "packages": [{
                "name": "innominatus-x", "manifest_path": "/project/x/Cargo.toml",
                "dependencies": [{ "name": "serde", "kind": null }, { "name": "wat", "kind": "dev" }],
                "metadata": { "innominatus": { "component": "x.wasm" } },
            }],
        }));
        let workspace = workspace.unwrap();
        let package = &workspace.packages[0];
        assert_eq!(package.folder(), Path::new("/project/x"));
        assert_eq!(package.metadata["component"], "x.wasm");
        let kinds: Vec<_> = package.dependencies.iter().map(|dependency| dependency.kind).collect();
        assert_eq!(kinds, [DependencyKind::Normal, DependencyKind::Dev]);
    }

    #[test]
    fn an_answer_that_is_not_cargo_s_is_refused() {
        assert!(Workspace::from_metadata(&json!({ "packages": [] })).is_err());
    }
}
