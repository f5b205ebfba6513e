//! Table tests and recordings lie beside the built platform as they lie beside its sources. They are no part of the
//! platform: nobody installs them.

use std::fs;
use std::path::Path;

use innominatus_package::TESTS_FOLDER;

use crate::files::{WriteError, at, write};

/// What files of tests end with; a guest's own tests, in its language, may stand in a folder of the same name.
const DATA: [&str; 4] = ["json", "jsonl", "yaml", "yml"];

/// Makes the tests of `to` those of `from`. True if that changed something.
pub(super) fn carry(from: &Path, to: &Path) -> Result<bool, WriteError> {
    copy(&from.join(TESTS_FOLDER), to, TESTS_FOLDER)
}

fn copy(from: &Path, to: &Path, below: &str) -> Result<bool, WriteError> {
    let target = to.join(below);
    if !from.is_dir() {
        let stale = target.is_dir();
        if stale {
            fs::remove_dir_all(&target).map_err(at(&target))?;
        }
        return Ok(stale);
    }
    let mut changed = remove_others(from, &target)?;
    for entry in from.read_dir().map_err(at(from))? {
        let path = entry.map_err(at(from))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let inside = format!("{below}/{name}");
        if path.is_dir() {
            changed |= copy(&path, to, &inside)?;
        } else if path.extension().is_some_and(|ending| DATA.iter().any(|known| ending == *known)) {
            changed |= write(to, &inside, &fs::read(&path).map_err(at(&path))?)?;
        }
    }
    Ok(changed)
}

fn remove_others(from: &Path, target: &Path) -> Result<bool, WriteError> {
    let mut changed = false;
    let Ok(entries) = target.read_dir() else { return Ok(false) };
    for entry in entries {
        let entry = entry.map_err(at(target))?;
        if !entry.path().is_dir() && !from.join(entry.file_name()).exists() {
            fs::remove_file(entry.path()).map_err(at(&entry.path()))?;
            changed = true;
        }
    }
    Ok(changed)
}
