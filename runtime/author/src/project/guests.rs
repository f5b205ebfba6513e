//! Which packages of a cargo workspace make components of a platform.
//!
//! A guest says so in its `Cargo.toml`:
//!
//! ```toml
//! [package.metadata.innominatus]
//! component = "provisioners.wasm"
//! ```
//!
//! It belongs to the platform whose manifest stands in its own folder or in the nearest one above it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use innominatus_package::{FileRole, MANIFEST_NAME};

use super::ProjectError;
use crate::cargo::{Package, Workspace};

/// A package that becomes a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guest {
    /// The package's name.
    pub(crate) package: String,
    /// The package's version.
    pub(crate) version: String,
    /// The package's `Cargo.toml`.
    pub(crate) cargo_toml: PathBuf,
    /// The compiled file's name, without its ending.
    pub(crate) library: String,
    /// The component's path in the platform.
    pub(crate) path: String,
}

/// The guests of the platform in `folder`, whose manifest names these files.
pub(crate) fn of(
    workspace: &Workspace,
    folder: &Path,
    named: &BTreeMap<String, FileRole>,
) -> Result<Vec<Guest>, ProjectError> {
    let declaring = workspace.packages.iter().filter(|package| !package.metadata["component"].is_null());
    let ours = declaring.filter(|package| platform_of(package).as_deref() == Some(folder));
    let mut guests: Vec<Guest> = Vec::new();
    for package in ours {
        let guest = guest(package, named)?;
        if let Some(other) = guests.iter().find(|other| other.path == guest.path) {
            let problem = format!("makes `{}`, which `{}` makes as well", guest.path, other.package);
            return Err(wrong(package, problem, "give each component a name of its own"));
        }
        guests.push(guest);
    }
    Ok(guests)
}

/// The nearest folder with a manifest.
fn platform_of(package: &Package) -> Option<PathBuf> {
    let folder = std::fs::canonicalize(package.folder()).ok()?;
    folder.ancestors().find(|folder| folder.join(MANIFEST_NAME).is_file()).map(Path::to_path_buf)
}

fn guest(package: &Package, named: &BTreeMap<String, FileRole>) -> Result<Guest, ProjectError> {
    let file = package.metadata["component"].as_str();
    let file = file.filter(|file| file.ends_with(".wasm") && !file.contains(['/', '\\']));
    let Some(file) = file else {
        let problem = "has a `component` that is no file name";
        return Err(wrong(package, problem, "write `component = \"x.wasm\"`: a file name and nothing else"));
    };
    if !package.crate_types.iter().any(|kind| kind == "cdylib") {
        let problem = "declares a component and is not linked as one";
        return Err(wrong(
            package,
            problem,
            "write `[lib]` and below it `crate-type = [\"cdylib\", \"rlib\"]`",
        ));
    }
    let Some(library) = package.library.clone() else {
        return Err(wrong(package, "declares a component and has no library", "give it a `src/lib.rs`"));
    };
    let components = named.iter().filter(|(_, role)| **role == FileRole::Component).map(|(path, _)| path);
    let mut fitting = components.filter(|path| path.rsplit('/').next() == Some(file));
    let Some(path) = fitting.next() else {
        let problem = format!("makes `{file}`, which `{MANIFEST_NAME}` does not name");
        let remedy =
            format!("add an entry with `component: ./{file}`, or correct `component` in its `Cargo.toml`");
        return Err(wrong(package, problem, remedy));
    };
    Ok(Guest {
        package: package.name.clone(),
        version: package.version.clone(),
        cargo_toml: package.manifest.clone(),
        library,
        path: path.clone(),
    })
}

fn wrong(package: &Package, problem: impl Into<String>, remedy: impl Into<String>) -> ProjectError {
    ProjectError::Guest { package: package.name.clone(), problem: problem.into(), remedy: remedy.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tempfile::TempDir;

    use super::*;

    /// A workspace of packages: folder, `component`, crate type. Each folder of `platforms` has a manifest.
    fn project(platforms: &[&str], packages: &[(&str, Value, &str)]) -> (TempDir, Workspace) {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().canonicalize().unwrap();
        let packages = packages.iter().map(|(folder, component, crate_type)| {
            std::fs::create_dir_all(place.join(folder)).unwrap();
            json!({
                "name": folder.replace('/', "-"), "version": "1.0.0",
                "manifest_path": place.join(folder).join("Cargo.toml"),
                "targets": [{ "name": folder.replace('/', "-"), "kind": [crate_type], "crate_types": [crate_type] }],
                "metadata": { "innominatus": { "component": component } },
            })
        });
        let packages: Vec<Value> = packages.collect();
        for folder in platforms {
            std::fs::create_dir_all(place.join(folder)).unwrap();
            std::fs::write(place.join(folder).join(MANIFEST_NAME), "").unwrap();
        }
        let metadata = json!({ "workspace_root": place, "target_directory": "/t", "packages": packages });
        (root, Workspace::from_metadata(&metadata).unwrap())
    }

    fn guests(root: &TempDir, workspace: &Workspace, platform: &str) -> Result<Vec<Guest>, ProjectError> {
        let named = ["p.wasm", "more/g.wasm"].map(|path| (path.to_owned(), FileRole::Component));
        of(workspace, &root.path().canonicalize().unwrap().join(platform), &named.into())
    }

    #[test]
    fn packages_belong_to_the_nearest_manifest_above_them() {
        let (root, workspace) = project(
            &["platforms/shop", "fixtures"],
            &[
                ("platforms/shop/provisioners", json!("p.wasm"), "cdylib"),
                ("runtime/model", Value::Null, "lib"),
                ("platforms/shop/golden-path", json!("g.wasm"), "cdylib"),
                ("fixtures/guests", json!("p.wasm"), "cdylib"),
            ],
        );
        let shop = guests(&root, &workspace, "platforms/shop").unwrap();
        let found: Vec<_> = shop.iter().map(|guest| (guest.library.as_str(), guest.path.as_str())).collect();
        assert_eq!(
            found,
            [("platforms_shop_provisioners", "p.wasm"), ("platforms_shop_golden_path", "more/g.wasm")]
        );
        assert_eq!(guests(&root, &workspace, "fixtures").unwrap().len(), 1);
    }

    #[track_caller]
    fn refused(packages: &[(&str, Value, &str)]) -> String {
        let (root, workspace) = project(&["shop"], packages);
        guests(&root, &workspace, "shop").unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_become_a_component_is_refused() {
        for component in [json!("../p.wasm"), json!("p"), json!(1)] {
            assert!(refused(&[("shop/p", component, "cdylib")]).contains("no file name"));
        }
        assert!(refused(&[("shop/p", json!("p.wasm"), "rlib")]).contains("not linked as one"));
        assert!(refused(&[("shop/p", json!("q.wasm"), "cdylib")]).contains("does not name"));
        let twice = [("shop/p", json!("p.wasm"), "cdylib"), ("shop/q", json!("p.wasm"), "cdylib")];
        assert!(refused(&twice).contains("makes as well"));
    }
}
