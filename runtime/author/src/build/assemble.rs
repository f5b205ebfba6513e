//! A built platform's folder: the platform's files, and nothing else that would count as one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use innominatus_package::{DOCUMENTS, MANIFEST_NAME, read_manifest};

use super::BuildError;
use crate::Project;
use crate::files::{WriteError, at, write};

/// Refuses a folder that holds something else than an earlier build of this platform.
pub(super) fn may_be_written(folder: &Path, project: &Project) -> Result<(), BuildError> {
    let taken = |holds: &str| BuildError::Taken { folder: folder.to_path_buf(), holds: holds.to_owned() };
    if fs::canonicalize(folder).is_ok_and(|folder| folder == project.folder) {
        return Err(taken("the platform's sources"));
    }
    let mut entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(WriteError { path: folder.to_path_buf(), source }.into()),
    };
    let Ok(text) = fs::read(folder.join(MANIFEST_NAME)) else {
        // A build that was broken off left drafts and components, the manifest comes last.
        let ours = |name: &str| name.starts_with('.') || name.ends_with(".wasm") || DOCUMENTS.contains(&name);
        let foreign = entries.find(|entry| {
            entry.as_ref().is_ok_and(|entry| {
                let path = entry.file_name();
                let path = path.to_string_lossy();
                !ours(&path) && !project.named.keys().any(|named| named.split('/').next() == Some(&path))
            })
        });
        return if foreign.is_none() { Ok(()) } else { Err(taken("something else than a platform")) };
    };
    match read_manifest("", &text) {
        Ok((manifest, _)) if manifest.name != project.manifest.name => {
            Err(taken(&format!("the platform `{}`", manifest.name)))
        }
        _ => Ok(()),
    }
}

/// Makes the folder hold exactly these files of the platform. True if that changed something.
pub(super) fn platform(
    folder: &Path,
    project: &Project,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<bool, WriteError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let mut changed = remove_others(folder, files)?;
    for (path, bytes) in files.iter().filter(|(path, _)| *path != MANIFEST_NAME) {
        changed |= write(folder, path, bytes)?;
    }
    // The manifest last: a folder with a manifest has the files it names.
    changed |= write(folder, MANIFEST_NAME, &project.text)?;
    Ok(changed)
}

/// Takes away components that nobody makes any more, and documents that are gone: they would count.
fn remove_others(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<bool, WriteError> {
    let mut removed = false;
    for entry in folder.read_dir().map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let counts = name.ends_with(".wasm") || DOCUMENTS.contains(&name.as_str());
        if counts && !files.contains_key(&name) && path.is_file() {
            fs::remove_file(&path).map_err(at(&path))?;
            removed = true;
        }
    }
    Ok(removed)
}
