//! A cargo workspace as cargo sees it: its packages, and where it builds.

mod profile;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::process::{Command, ProcessError, cargo};

pub(crate) use profile::Profile;

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
    /// Its version.
    pub(crate) version: String,
    /// Its `Cargo.toml`.
    pub(crate) manifest: PathBuf,
    /// The name of its library as a file (`innominatus_guest`), if it has one.
    pub(crate) library: Option<String>,
    /// The kinds of crate its library is built as: `lib`, `rlib`, `cdylib`.
    pub(crate) crate_types: Vec<String>,
    /// Its `[package.metadata.innominatus]`, or null.
    pub(crate) metadata: Value,
}

impl Workspace {
    /// The workspace that a folder stands in; none where no `Cargo.toml` stands in the folder or above it.
    pub(crate) async fn around(folder: &Path) -> Result<Option<Self>, ProcessError> {
        if !folder.ancestors().any(|folder| folder.join("Cargo.toml").is_file()) {
            return Ok(None);
        }
        let command =
            Command::new(cargo()).args(["metadata", "--format-version", "1", "--no-deps"]).folder(folder);
        let shown = command.to_string();
        let answer = |reason: String| ProcessError::Answer { command: shown.clone(), reason };
        let text = command.output().await?;
        let value = serde_json::from_str(&text).map_err(|error| answer(error.to_string()))?;
        Self::from_metadata(&value).map(Some).map_err(answer)
    }

    /// From the JSON of `cargo metadata`; says what is missing in it.
    pub(crate) fn from_metadata(value: &Value) -> Result<Self, String> {
        let packages = value["packages"].as_array().ok_or("it has no `packages`")?;
        Ok(Self {
            root: PathBuf::from(text(value, "workspace_root")?),
            target: PathBuf::from(text(value, "target_directory")?),
            packages: packages.iter().map(package).collect::<Result<_, _>>()?,
        })
    }
}

impl Package {
    /// The folder of its `Cargo.toml`.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest.parent().unwrap_or(Path::new("/"))
    }
}

fn package(value: &Value) -> Result<Package, String> {
    let is_library = |target: &&Value| {
        strings(&target["crate_types"]).iter().any(|kind| kind.ends_with("lib"))
            && !strings(&target["kind"]).iter().any(|kind| kind == "test")
    };
    let library = value["targets"].as_array().into_iter().flatten().find(is_library);
    Ok(Package {
        name: text(value, "name")?.to_owned(),
        version: text(value, "version")?.to_owned(),
        manifest: PathBuf::from(text(value, "manifest_path")?),
        library: library.and_then(|target| target["name"].as_str()).map(|name| name.replace('-', "_")),
        crate_types: library.map(|target| strings(&target["crate_types"])).unwrap_or_default(),
        metadata: value["metadata"]["innominatus"].clone(),
    })
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, String> {
    value[key].as_str().ok_or_else(|| format!("it has no `{key}`"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_library_is_found_among_programs_and_tests() {
        let target = |name: &str, kind: &str, types: Value| json!({ "name": name, "kind": [kind], "crate_types": types });
        let workspace = Workspace::from_metadata(&json!({
            "workspace_root": "/project", "target_directory": "/elsewhere",
            "packages": [{
                "name": "acme-x", "version": "1.2.3", "manifest_path": "/project/x/Cargo.toml",
                "targets": [
                    target("run", "bin", json!(["bin"])),
                    target("acme-x", "cdylib", json!(["cdylib", "rlib"])),
                ],
                "metadata": { "innominatus": { "component": "x.wasm" } },
            }],
        }));
        let workspace = workspace.unwrap();
        let package = &workspace.packages[0];
        assert_eq!(package.library.as_deref(), Some("acme_x"));
        assert_eq!(package.crate_types, ["cdylib", "rlib"]);
        assert_eq!(package.folder(), Path::new("/project/x"));
        assert_eq!(package.metadata["component"], "x.wasm");
    }

    #[test]
    fn an_answer_that_is_not_cargo_s_is_refused() {
        assert!(Workspace::from_metadata(&json!({ "packages": [] })).is_err());
    }
}
