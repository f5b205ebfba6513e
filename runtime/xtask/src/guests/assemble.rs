//! A built platform's folder: its manifest beside its components, with its schemas and tests.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Folders beside the manifest that belong to the platform.
const BESIDE: [&str; 2] = ["schemas", "tests"];

/// What files in them end with.
const DATA: [&str; 4] = ["json", "jsonl", "yaml", "yml"];

/// What assembling did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Something was written or taken away.
    Written,
    /// Everything was there already.
    Unchanged,
}

/// Makes the folder hold exactly this manifest and these components (file name and bytes).
pub(super) fn platform(folder: &Path, manifest: &Path, components: &[(String, Vec<u8>)]) -> Result<Outcome> {
    let text = fs::read(manifest).with_context(|| format!("cannot read `{}`", manifest.display()))?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let mut changed = remove_others(folder, components)?;
    for (name, bytes) in components {
        changed |= write(folder, name, bytes)?;
    }
    for name in BESIDE {
        changed |= copy(&manifest.with_file_name(name), &folder.join(name))?;
    }
    // The manifest last: a folder with a manifest has the components it names.
    changed |= write(folder, "platform.yaml", &text)?;
    Ok(if changed { Outcome::Written } else { Outcome::Unchanged })
}

/// Takes away components that no package makes any more.
fn remove_others(folder: &Path, components: &[(String, Vec<u8>)]) -> Result<bool> {
    let mut removed = false;
    for entry in folder.read_dir().with_context(|| format!("cannot read `{}`", folder.display()))? {
        let path = entry?.path();
        let stale = path.extension().is_some_and(|ending| ending == "wasm")
            && !components.iter().any(|(name, _)| path.file_name().is_some_and(|file| file == name.as_str()));
        if stale {
            fs::remove_file(&path).with_context(|| format!("cannot remove `{}`", path.display()))?;
            removed = true;
        }
    }
    Ok(removed)
}

/// Makes a folder hold what another one holds, below it as well; where that is not there, neither is this.
fn copy(from: &Path, to: &Path) -> Result<bool> {
    if !from.is_dir() {
        let stale = to.is_dir();
        if stale {
            fs::remove_dir_all(to).with_context(|| format!("cannot remove `{}`", to.display()))?;
        }
        return Ok(stale);
    }
    fs::create_dir_all(to).with_context(|| format!("cannot make `{}`", to.display()))?;
    let mut changed = false;
    for entry in to.read_dir().with_context(|| format!("cannot read `{}`", to.display()))? {
        let entry = entry?;
        if !entry.path().is_dir() && !from.join(entry.file_name()).exists() {
            fs::remove_file(entry.path())
                .with_context(|| format!("cannot remove `{}`", entry.path().display()))?;
            changed = true;
        }
    }
    for entry in from.read_dir().with_context(|| format!("cannot read `{}`", from.display()))? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() {
            changed |= copy(&path, &to.join(name))?;
        } else if path.extension().is_some_and(|ending| DATA.iter().any(|known| ending == *known)) {
            // A guest's own tests, in its language, may stand in a folder of the same name.
            let bytes = fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            changed |= write(to, name, &bytes)?;
        }
    }
    Ok(changed)
}

/// Writes a file as a whole or not at all; a reader sees the old one or the new one. True if it changed.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<bool> {
    let path = folder.join(name);
    if fs::read(&path).is_ok_and(|found| found == bytes) {
        return Ok(false);
    }
    // Two tasks at once must not share a half-written file.
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    fs::write(&draft, bytes).with_context(|| format!("cannot write `{}`", draft.display()))?;
    fs::rename(&draft, &path).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(true)
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Written => "(written)",
            Self::Unchanged => "(unchanged)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_what_was_assembled_last_and_is_written_only_then() {
        let root = std::env::temp_dir().join(format!("innominatus-xtask-assemble-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        let (manifest, folder) = (root.join("platform.yaml"), root.join("built"));
        fs::write(&manifest, "name: x").unwrap();
        let component = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
        let both = [component("a.wasm", b"1"), component("b.wasm", b"2")];

        assert_eq!(platform(&folder, &manifest, &both).unwrap(), Outcome::Written);
        assert_eq!(platform(&folder, &manifest, &both).unwrap(), Outcome::Unchanged);
        assert_eq!(platform(&folder, &manifest, &both[..1]).unwrap(), Outcome::Written);
        assert_eq!(platform(&folder, &manifest, &[component("a.wasm", b"3")]).unwrap(), Outcome::Written);

        let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, ["a.wasm", "platform.yaml"]);
        assert_eq!(fs::read(folder.join("a.wasm")).unwrap(), b"3");
        fs::remove_dir_all(&root).unwrap();
    }
}
