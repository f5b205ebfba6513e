//! Which packages are guests, and which platform each belongs to.
//!
//! A guest says so in its `Cargo.toml`:
//!
//! ```toml
//! [package.metadata.innominatus]
//! component = "provisioners.wasm"
//! platform = "aws" # only where the folder does not say it
//! ```
//!
//! Its platform's manifest, `platform.yaml`, stands in its own folder or in one above it. Packages under
//! `platforms/<name>/` belong to the platform `<name>`, others to one named after their top folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::{Package, Workspace};

const MANIFEST: &str = "platform.yaml";

/// A package that becomes a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guest {
    /// The package's name.
    pub(super) package: String,
    /// The compiled file's name, without its ending.
    pub(super) library: String,
    /// The component's file name in the platform.
    pub(super) file: String,
    /// The platform's name.
    pub(super) platform: String,
    /// The platform's manifest.
    pub(super) manifest: PathBuf,
}

/// The guests that make one platform.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Platform<'a> {
    pub(super) name: String,
    pub(super) manifest: PathBuf,
    pub(super) guests: Vec<&'a Guest>,
}

/// Every package that declares a component; with names of platforms, only those of theirs.
pub(super) fn guests(workspace: &Workspace, wanted: &[String]) -> Result<Vec<Guest>> {
    let declaring = workspace.packages.iter().filter(|package| !package.metadata["component"].is_null());
    let mut guests = Vec::new();
    for package in declaring {
        let platform = platform(&workspace.root, package)?;
        if wanted.is_empty() || wanted.contains(&platform) {
            guests.push(guest(&workspace.root, package, platform)?);
        }
    }
    for name in wanted {
        ensure!(
            guests.iter().any(|guest| guest.platform == *name),
            "no package belongs to a platform `{name}`"
        );
    }
    Ok(guests)
}

/// The guests by platform, in the order of the platforms' names.
pub(super) fn platforms(guests: &[Guest]) -> Vec<Platform<'_>> {
    let mut sorted: BTreeMap<(&str, &Path), Vec<&Guest>> = BTreeMap::new();
    for guest in guests {
        sorted.entry((&guest.platform, &guest.manifest)).or_default().push(guest);
    }
    sorted
        .into_iter()
        .map(|((name, manifest), guests)| Platform {
            name: name.to_owned(),
            manifest: manifest.to_owned(),
            guests,
        })
        .collect()
}

fn guest(root: &Path, package: &Package, platform: String) -> Result<Guest> {
    let name = &package.name;
    let file = package.metadata["component"].as_str();
    let file = file.filter(|file| file.ends_with(".wasm") && !file.contains(['/', '\\']));
    let file = file.with_context(|| format!("`{name}`: `component` is to be a file name like `x.wasm`"))?;
    ensure!(
        package.crate_types.iter().any(|kind| kind == "cdylib"),
        "`{name}`: a guest needs `[lib] crate-type = [\"cdylib\", \"rlib\"]`"
    );
    let library = package.library.clone().with_context(|| format!("`{name}` has no library"))?;
    let folder = package.folder();
    let above = folder.ancestors().take_while(|folder| folder.starts_with(root));
    let Some(manifest) = above.map(|folder| folder.join(MANIFEST)).find(|file| file.is_file()) else {
        bail!("`{name}`: no `{MANIFEST}` in `{}` or above it", folder.display());
    };
    Ok(Guest { package: name.clone(), library, file: file.to_owned(), platform, manifest })
}

/// The platform that a package belongs to by where it stands.
fn platform(root: &Path, package: &Package) -> Result<String> {
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

        fn guests(&self, packages: &[(&str, Value, &str)]) -> Result<Vec<Guest>> {
            self.guests_of(&[], packages)
        }

        fn guests_of(&self, wanted: &[String], packages: &[(&str, Value, &str)]) -> Result<Vec<Guest>> {
            let packages = packages.iter().map(|(folder, component, crate_type)| {
                json!({
                    "name": format!("innominatus-{}", folder.replace('/', "-")),
                    "manifest_path": self.0.join(folder).join("Cargo.toml"),
                    "targets": [{ "name": folder.replace('/', "_"), "kind": ["lib"], "crate_types": [crate_type] }],
                    "dependencies": [], "metadata": { "innominatus": { "component": component } },
                })
            });
            let metadata = json!({
                "workspace_root": self.0, "target_directory": self.0.join("target"),
                "packages": packages.collect::<Vec<_>>(),
            });
            guests(&Workspace::from_metadata(&metadata)?, wanted)
        }
    }

    impl Drop for Project {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_packages_of_one_folder_make_one_platform() {
        let project = Project::new("one", &["platforms/shop/platform.yaml", "fixtures/guests/platform.yaml"]);
        let guests = project
            .guests(&[
                ("platforms/shop/provisioners", json!("p.wasm"), "cdylib"),
                ("runtime/model", Value::Null, "lib"),
                ("platforms/shop/golden-path", json!("g.wasm"), "cdylib"),
                ("fixtures/guests", json!("f.wasm"), "cdylib"),
            ])
            .unwrap();
        let platforms = platforms(&guests);
        let names: Vec<_> =
            platforms.iter().map(|platform| (platform.name.as_str(), platform.guests.len())).collect();
        assert_eq!(names, [("fixtures", 1), ("shop", 2)]);
        assert_eq!(platforms[1].manifest, project.0.join("platforms/shop/platform.yaml"));
        assert_eq!(platforms[1].guests[0].library, "platforms_shop_provisioners");
    }

    #[test]
    fn one_platform_can_be_asked_for_while_another_is_not_finished() {
        let project = Project::new("asked", &["platforms/shop/platform.yaml"]);
        let packages = [
            ("platforms/shop", json!("p.wasm"), "cdylib"),
            ("platforms/unfinished", json!("u.wasm"), "cdylib"),
        ];
        let guests = project.guests_of(&["shop".to_owned()], &packages).unwrap();
        assert_eq!(guests.len(), 1);
        let error = project.guests_of(&["shops".to_owned()], &packages).unwrap_err();
        assert!(error.to_string().contains("`shops`"), "{error:#}");
    }

    #[test]
    fn a_guest_without_a_manifest_above_it_is_refused() {
        let project = Project::new("none", &["Cargo.toml"]);
        let error = project.guests(&[("platforms/shop", json!("p.wasm"), "cdylib")]).unwrap_err();
        assert!(format!("{error:#}").contains("no `platform.yaml`"), "{error:#}");
    }

    #[test]
    fn a_component_s_file_name_is_only_a_name() {
        let project = Project::new("name", &["platforms/shop/platform.yaml"]);
        for component in [json!("../p.wasm"), json!("p"), json!(1)] {
            let error = project.guests(&[("platforms/shop", component, "cdylib")]).unwrap_err();
            assert!(format!("{error:#}").contains("file name"), "{error:#}");
        }
    }

    #[test]
    fn a_guest_that_is_not_linked_as_one_is_refused() {
        let project = Project::new("kind", &["platforms/shop/platform.yaml"]);
        let error = project.guests(&[("platforms/shop", json!("p.wasm"), "rlib")]).unwrap_err();
        assert!(format!("{error:#}").contains("crate-type"), "{error:#}");
    }
}
