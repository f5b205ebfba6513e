//! What sled's files were before sled opened them.
//!
//! Where sled meets damage it takes it for the end of what was written, and zeroes everything behind it before it says
//! so. So it opens files of which there is a copy, and what does not pass is put back: nothing is lost by looking.
//! A copy that a killed start left is removed by the next one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::marker::{is_database, sync_folder};

/// The copies, while a store is being opened.
const FOLDER: &str = "opening";

/// Puts the files back when it is dropped, unless it is told to forget them.
pub(super) struct Before<'a> {
    path: &'a Path,
    /// None where the disk has no room for it.
    kept: Option<Vec<OsString>>,
}

impl<'a> Before<'a> {
    /// Copies the files of the store in the folder `path`.
    pub(super) fn keep(path: &'a Path) -> io::Result<Self> {
        let folder = path.join(FOLDER);
        remove(&folder)?;
        let kept = match copy(path, &folder) {
            Ok(names) => Some(names),
            Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                remove(&folder)?;
                let path = path.display();
                tracing::warn!(%path, "no room for a copy of the store: if it is damaged, opening it may lose more");
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Self { path, kept })
    }

    /// The store is whole, or could not be looked at: it stays as it is now.
    pub(super) fn forget(mut self) -> io::Result<()> {
        self.kept = None;
        remove(&self.path.join(FOLDER))
    }

    fn put_back(&self, kept: &[OsString]) -> io::Result<()> {
        let folder = self.path.join(FOLDER);
        // In the place of the originals they have to last: a loss of power must not leave less than there was.
        for name in kept {
            File::open(folder.join(name))?.sync_all()?;
        }
        for name in names(self.path)?.iter().filter(|name| !kept.contains(name)) {
            fs::remove_file(self.path.join(name))?;
        }
        for name in kept {
            fs::rename(folder.join(name), self.path.join(name))?;
        }
        sync_folder(self.path)?;
        remove(&folder)
    }
}

/// Also when sled panics.
impl Drop for Before<'_> {
    fn drop(&mut self) {
        let Some(kept) = self.kept.take() else { return };
        if let Err(error) = self.put_back(&kept) {
            tracing::error!(%error, path = %self.path.display(), "the files of the store could not be put back");
        }
    }
}

fn copy(path: &Path, folder: &Path) -> io::Result<Vec<OsString>> {
    fs::create_dir(folder)?;
    let names = names(path)?;
    for name in &names {
        fs::copy(path.join(name), folder.join(name))?;
    }
    Ok(names)
}

/// sled's files in a folder.
fn names(path: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if is_database(&entry.file_name().to_string_lossy()) && entry.file_type()?.is_file() {
            names.push(entry.file_name());
        }
    }
    Ok(names)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
