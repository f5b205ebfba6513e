//! Which platforms this project has: packages that declare a component belong to one.
//!
//! ```toml
//! [package.metadata.innominatus]
//! component = "provisioners.wasm"
//! platform = "aws" # only where the folder does not say it
//! ```
//!
//! A platform's manifest, `platform.yaml`, stands in the package's own folder or in one above it. Packages under
//! `platforms/<name>/` belong to the platform `<name>`, others to one named after their top folder. Whether a package can
//! become a component is for the program to say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use crate::workspace::{Package, Workspace};

const MANIFEST: &str = "platform.yaml";

/// A platform's source folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Platform {
    /// As it is asked for.
    pub(super) name: String,
    /// Where its manifest stands, from the workspace's folder.
    pub(super) folder: PathBuf,
}

/// The platforms by name: every one, or those wanted.
pub(super) fn platforms(workspace: &Workspace, wanted: &[String]) -> Result<Vec<Platform>> {
    let declaring = workspace.packages.iter().filter(|package| !package.metadata["component"].is_null());
    let mut found = BTreeMap::new();
    for package in declaring {
        let name = name(&workspace.root, package)?;
        if wanted.is_empty() || wanted.contains(&name) {
            found.insert((name, folder(&workspace.root, package)?), ());
        }
    }
    for wanted in wanted {
        ensure!(found.keys().any(|(name, _)| name == wanted), "no package belongs to a platform `{wanted}`");
    }
    Ok(found.into_keys().map(|(name, folder)| Platform { name, folder }).collect())
}

/// The nearest folder with a manifest.
fn folder(root: &Path, package: &Package) -> Result<PathBuf> {
    let own = package.folder();
    let above = own.ancestors().take_while(|folder| folder.starts_with(root));
    let Some(found) = above.into_iter().find(|folder| folder.join(MANIFEST).is_file()) else {
        bail!("`{}`: no `{MANIFEST}` in `{}` or above it", package.name, own.display());
    };
    Ok(found.strip_prefix(root).unwrap_or(found).to_path_buf())
}

/// The platform that a package belongs to by where it stands.
fn name(root: &Path, package: &Package) -> Result<String> {
    if let Some(name) = package.metadata["platform"].as_str() {
        return Ok(name.to_owned());
    }
    let folder = package.folder();
    let mut parts = folder.strip_prefix(root).unwrap_or(folder).iter().map(|part| part.to_string_lossy());
    match (parts.next(), parts.next()) {
        (Some(top), Some(second)) if top == "platforms" => Ok(second.into_owned()),
        (Some(top), _) => Ok(top.into_owned()),
        (None, _) => bail!("`{}`: a guest does not stand in the workspace's own folder", package.name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A project folder that goes away with the test.
    struct Project(PathBuf);

    impl Project {
        fn new(name: &str, manifests: &[&str]) -> Self {
            let root = std::env::temp_dir().join(format!("innominatus-xtask-{name}-{}", std::process::id()));
            for manifest in manifests {
                let file = root.join(manifest);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, "text").unwrap();
            }
            Self(root)
        }

        fn platforms(&self, wanted: &[&str], packages: &[(&str, Value)]) -> Result<Vec<(String, PathBuf)>> {
            let packages = packages.iter().map(|(folder, metadata)| {
                json!({
                    "name": format!("innominatus-{}", folder.replace('/', "-")),
                    "manifest_path": self.0.join(folder).join("Cargo.toml"),
                    "targets": [], "dependencies": [], "metadata": { "innominatus": metadata },
                })
            });
            let packages: Vec<Value> = packages.collect();
            let metadata =
                json!({ "workspace_root": self.0, "target_directory": "/t", "packages": packages });
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            let found = platforms(&Workspace::from_metadata(&metadata)?, &wanted)?;
            Ok(found.into_iter().map(|platform| (platform.name, platform.folder)).collect())
        }
    }

    impl Drop for Project {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn pair(name: &str, folder: &str) -> (String, PathBuf) {
        (name.to_owned(), folder.into())
    }

    #[test]
    fn guests_that_stand_together_make_one_platform() {
        let project = Project::new("one", &["platforms/shop/platform.yaml", "fixtures/guests/platform.yaml"]);
        let component = json!({ "component": "p.wasm" });
        let packages = [
            ("platforms/shop/provisioners", component.clone()),
            ("runtime/model", Value::Null),
            ("platforms/shop/golden-path", component.clone()),
            ("fixtures/guests", component),
        ];
        let found = project.platforms(&[], &packages).unwrap();
        assert_eq!(found, [pair("fixtures", "fixtures/guests"), pair("shop", "platforms/shop")]);
    }

    #[test]
    fn one_platform_can_be_asked_for_while_another_is_not_finished() {
        let project = Project::new("asked", &["platforms/shop/platform.yaml"]);
        let named = json!({ "component": "p.wasm", "platform": "corner" });
        let packages = [
            ("platforms/shop", json!({ "component": "p.wasm" })),
            ("platforms/shop/corner", named),
            ("platforms/unfinished", json!({ "component": "u.wasm" })),
        ];
        assert_eq!(project.platforms(&["shop"], &packages).unwrap(), [pair("shop", "platforms/shop")]);
        assert_eq!(project.platforms(&["corner"], &packages).unwrap(), [pair("corner", "platforms/shop")]);
        let error = project.platforms(&["shops"], &packages).unwrap_err();
        assert!(error.to_string().contains("`shops`"), "{error:#}");
        let error = project.platforms(&[], &packages).unwrap_err();
        assert!(format!("{error:#}").contains("no `platform.yaml`"), "{error:#}");
    }
}
