//! `STORE_ID`: the file that says "this folder is a store, and this one", apart from the database.
//!
//! sled makes a new database wherever it finds none. With the marker, a lost or emptied database is told from a
//! new one. While a store is being made the marker has another name, so that a killed first start is no damage.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use uuid::Uuid;

use super::error::{damaged, io};
use super::lock::LOCK;
use crate::Error;

const MARKER: &str = "STORE_ID";
const MAKING: &str = "STORE_ID.making";
/// sled's own files and folders, besides `snap.*`.
const DATABASE: [&str; 3] = ["db", "conf", "blobs"];

/// What a folder is.
pub(super) enum Folder {
    /// Nothing that counts: make a store.
    New,
    /// The store with this id.
    Store(Uuid),
}

/// Looks at the folder. What a killed first start left behind is removed.
pub(super) fn inspect(path: &Path) -> Result<Folder, Error> {
    let fail = |error: &std::io::Error| io("the folder cannot be read", error);
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(|e| fail(&e))? {
        names.push(entry.map_err(|e| fail(&e))?.file_name().to_string_lossy().into_owned());
    }
    if names.iter().any(|name| name == MARKER) {
        return read(path).map(Folder::Store);
    }
    if names.iter().any(|name| name == MAKING) {
        remove_leftovers(path, &names)?;
        return Ok(Folder::New);
    }
    match names.iter().find(|name| *name != LOCK) {
        None => Ok(Folder::New),
        Some(name) => Err(Error::Damaged {
            path: path.to_path_buf(),
            what: format!("the folder holds `{name}` but no `{MARKER}`"),
            remedy: format!(
                "if the folder is a store, put its `{MARKER}` back from a copy of the whole folder; \
                 if it is not, use an empty folder"
            ),
        }),
    }
}

/// Says that a store is being made here; until [`finish`], nothing in the folder counts.
pub(super) fn begin(path: &Path, id: Uuid) -> Result<(), Error> {
    let write = || {
        let mut file = File::create(path.join(MAKING))?;
        writeln!(file, "{id}")?;
        file.sync_all()?;
        sync_folder(path)
    };
    write().map_err(|error| io("the marker file cannot be written", &error))
}

/// Says that the store is made.
pub(super) fn finish(path: &Path) -> Result<(), Error> {
    fs::rename(path.join(MAKING), path.join(MARKER))
        .and_then(|()| sync_folder(path))
        .map_err(|error| io("the marker file cannot be written", &error))
}

/// Makes names in the folder durable.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

fn read(path: &Path) -> Result<Uuid, Error> {
    let text = fs::read(path.join(MARKER)).map_err(|error| io("the marker file cannot be read", &error))?;
    let id = std::str::from_utf8(&text).ok().and_then(|text| Uuid::try_parse(text.trim()).ok());
    id.ok_or_else(|| damaged(path, format!("`{MARKER}` does not hold an id")))
}

/// Whether a file is one of sled's own.
pub(super) fn is_database(name: &str) -> bool {
    DATABASE.contains(&name) || name.starts_with("snap.")
}

fn remove_leftovers(path: &Path, names: &[String]) -> Result<(), Error> {
    for name in names.iter().filter(|name| is_database(name)) {
        let file = path.join(name);
        let removed = if file.is_dir() { fs::remove_dir_all(&file) } else { fs::remove_file(&file) };
        removed.map_err(|error| io("what an interrupted start left cannot be removed", &error))?;
    }
    Ok(())
}
