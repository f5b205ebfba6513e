//! The files of the project as text, with what cargo knows of its packages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::process::Command;
use crate::workspace::{Package, Workspace};

/// What the rules look at.
pub(super) struct Tree {
    /// Text files by their path seen from the workspace's folder.
    pub(super) files: BTreeMap<PathBuf, String>,
    /// The packages.
    pub(super) workspace: Workspace,
}

impl Tree {
    /// Reads every text file that belongs to the project: tracked ones, and new ones that are not ignored.
    pub(super) fn read(workspace: &Workspace) -> Result<Self> {
        let root = &workspace.root;
        let paths = tracked(root).unwrap_or_else(|| walked(root, &workspace.target));
        let mut files = BTreeMap::new();
        for path in paths {
            let file = root.join(&path);
            // A tracked file may be gone from the folder, and a link may lead out of it.
            if !file.symlink_metadata().is_ok_and(|found| found.is_file()) {
                continue;
            }
            let bytes = fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
            // What is not text (a component, a picture) is no rule's business.
            if let Ok(text) = String::from_utf8(bytes) {
                files.insert(path, text);
            }
        }
        Ok(Self { files, workspace: workspace.clone() })
    }

    /// The Rust sources.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.ending("rs")
    }

    /// The files with this ending.
    pub(super) fn ending(&self, ending: &str) -> impl Iterator<Item = (&Path, &str)> {
        let has = move |path: &Path| path.extension().is_some_and(|found| found == ending);
        self.files
            .iter()
            .filter(move |(path, _)| has(path))
            .map(|(path, text)| (path.as_path(), text.as_str()))
    }

    /// A path seen from the workspace's folder.
    pub(super) fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.workspace.root).unwrap_or(path)
    }

    /// A package's `Cargo.toml`: its path and its text.
    pub(super) fn manifest<'a>(&'a self, package: &'a Package) -> (&'a Path, &'a str) {
        let path = self.relative(&package.manifest);
        (path, self.files.get(path).map_or("", String::as_str))
    }
}

/// What git knows of; nothing where there is no git or no repository.
fn tracked(root: &Path) -> Option<Vec<PathBuf>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .folder(root)
        .output()
        .ok()?;
    let paths: Vec<PathBuf> = listed.split_terminator('\0').map(PathBuf::from).collect();
    (!paths.is_empty()).then_some(paths)
}

/// What lies in the folder, for an unpacked archive.
fn walked(root: &Path, target: &Path) -> Vec<PathBuf> {
    let ours = |path: &Path| path != target && path != root.join("target") && path != root.join(".git");
    WalkDir::new(root)
        .into_iter()
        .filter_entry(|entry| ours(entry.path()))
        .flatten()
        .filter_map(|entry| entry.path().strip_prefix(root).ok().map(Path::to_owned))
        .collect()
}

#[cfg(test)]
impl Tree {
    /// A tree of these files, with the packages that the manifests among them describe in a few words.
    pub(super) fn of(files: &[(&str, &str)], packages: &serde_json::Value) -> Self {
        let metadata = serde_json::json!({
            "workspace_root": "/project", "target_directory": "/project/target", "packages": packages,
        });
        Self {
            files: files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect(),
            workspace: Workspace::from_metadata(&metadata).expect("the tree describes its packages"),
        }
    }

    /// A tree without packages.
    pub(super) fn without_packages(files: &[(&str, &str)]) -> Self {
        Self::of(files, &serde_json::json!([]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_git_the_folder_is_walked_and_what_is_built_is_left_out() {
        let root = std::env::temp_dir().join(format!("innominatus-xtask-tree-{}", std::process::id()));
        for path in ["src/lib.rs", "target/debug/out.rs", ".git/config", ".ci/run"] {
            let file = root.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "text").unwrap();
        }
        let mut files = walked(&root, &root.join("target"));
        files.retain(|path| root.join(path).is_file());
        files.sort();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(files, [PathBuf::from(".ci/run"), PathBuf::from("src/lib.rs")]);
    }
}
