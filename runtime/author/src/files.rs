//! Writing files: each as a whole or not at all, and only where it changes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use innominatus_model::{Code, Coded};

/// A file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`", .path.display())]
pub struct WriteError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl Coded for WriteError {
    fn code(&self) -> Code {
        Code::OutputFailed
    }

    fn remedy(&self) -> Option<String> {
        Some("make the folder writable, or name another one".into())
    }
}

/// Turns what the system says into an error that names the file.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_path_buf();
    move |source| WriteError { path, source }
}

/// Writes a file below `folder`, and the folders it needs; a reader sees the old one or the new one. True if it changed.
pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<bool, WriteError> {
    let path = folder.join(name);
    if fs::read(&path).is_ok_and(|found| found == bytes) {
        return Ok(false);
    }
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(at(parent))?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    // Two processes at once must not share a half-written file.
    let draft = parent.join(format!(".{file}.{}", std::process::id()));
    fs::write(&draft, bytes).map_err(at(&draft))?;
    fs::rename(&draft, &path).map_err(at(&path))?;
    Ok(true)
}
