//! The output folder: reading, replacing and removing files in it without ever reaching out of it.

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt, Permissions, PermissionsExt};
use innominatus_api::wire::WrittenFile;

use super::note::Note;
use super::{NOTES, OutputError, Planned};

/// How the names of files end that are being written.
const TEMPORARY: &str = ".tmp";

/// A relative path of plain parts, outside our own notes.
pub(super) fn is_safe(name: &str) -> bool {
    let plain = name.split('/').all(|part| !matches!(part, "" | "." | "..")) && !name.contains(['\\', ':']);
    let parts = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    plain && parts && !name.chars().any(char::is_control) && name.split('/').next() != Some(NOTES)
}

/// What stands at a path.
pub(super) enum Found {
    Nothing,
    File(Vec<u8>),
    Folder,
    /// A link, a pipe, a device.
    Other,
}

/// The output folder; nothing below reaches out of it.
pub(super) struct Folder<'a> {
    path: &'a Path,
    pub(super) dir: Dir,
}

impl<'a> Folder<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, OutputError> {
        let failed = |source| OutputError::Write { path: path.to_path_buf(), source };
        std::fs::create_dir_all(path).map_err(failed)?;
        Self::existing(path)
    }

    /// One that is there.
    pub(super) fn existing(path: &'a Path) -> Result<Self, OutputError> {
        let failed = |source| OutputError::Write { path: path.to_path_buf(), source };
        let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?;
        Ok(Self { path, dir })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(super) fn failed(&self, name: &str) -> impl Fn(io::Error) -> OutputError + use<> {
        let path = self.path(name);
        move |source| OutputError::Write { path: path.clone(), source }
    }

    pub(super) fn read(&self, name: &str) -> Result<Found, OutputError> {
        let kind = match self.dir.symlink_metadata(name) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(self.failed(name)(error)),
        };
        if kind.is_dir() {
            Ok(Found::Folder)
        } else if kind.is_file() {
            self.dir.read(name).map(Found::File).map_err(self.failed(name))
        } else {
            Ok(Found::Other)
        }
    }

    /// Writes apart and renames: whoever looks sees the old file or the new one. A secret is never in a file that
    /// others can read, not even for a moment.
    pub(super) fn replace(&self, name: &str, content: &[u8], sensitive: bool) -> Result<(), OutputError> {
        let failed = self.failed(name);
        let (parent, file) = name.rsplit_once('/').unwrap_or(("", name));
        if !parent.is_empty() {
            self.dir.create_dir_all(parent).map_err(&failed)?;
        }
        self.ensure_notes()?;
        let number = std::process::id();
        let apart = format!("{NOTES}/{number}{TEMPORARY}");
        match self.replace_by(&apart, name, content, sensitive) {
            // What lies below may be another file system; then it is written beside.
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let beside = format!("{parent}/.{file}.{number}{TEMPORARY}");
                self.replace_by(&beside, name, content, sensitive)
            }
            result => result,
        }
        .map_err(failed)
    }

    fn replace_by(&self, temporary: &str, name: &str, content: &[u8], sensitive: bool) -> io::Result<()> {
        let written = self.write_new(temporary, content, sensitive);
        let renamed = written.and_then(|()| self.dir.rename(temporary, &self.dir, name));
        if renamed.is_err() {
            // What is left of it is of no use to anybody; the error that counts is the first.
            let _ = self.dir.remove_file(temporary);
        }
        renamed
    }

    /// Takes away what a command that was killed had begun to write. Only by whose turn it is: nobody else writes
    /// then.
    fn sweep(&self) {
        for entry in self.dir.read_dir(NOTES).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|name| name.ends_with(TEMPORARY)) {
                // It is in nobody's way; the next command tries again.
                let _ = entry.remove_file();
            }
        }
    }

    fn write_new(&self, name: &str, content: &[u8], sensitive: bool) -> io::Result<()> {
        // Left over by a process of the same id that was killed.
        match self.dir.remove_file(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(if sensitive { 0o600 } else { 0o644 });
        let mut file = self.dir.open_with(name, &options)?;
        file.write_all(content)?;
        file.sync_all()
    }

    /// What need not be written again must still be for its owner alone.
    pub(super) fn protect(&self, file: &Planned) -> Result<(), OutputError> {
        if !file.sensitive {
            return Ok(());
        }
        self.dir.set_permissions(&file.name, Permissions::from_mode(0o600)).map_err(self.failed(&file.name))
    }

    /// Removes a file that still reads as it was written.
    pub(super) fn remove_ours(&self, name: &str, old: &Note) -> Result<bool, OutputError> {
        match self.read(name)? {
            Found::File(there) if is_safe(name) && old.knows(name, &there) => {
                self.dir.remove_file(name).map_err(self.failed(name))?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    pub(super) fn has_notes(&self) -> bool {
        self.dir.is_dir(NOTES)
    }

    /// One command at a time writes here; the next one waits until the file is dropped.
    pub(super) fn take_turn(&self) -> Result<std::fs::File, OutputError> {
        self.ensure_notes()?;
        let name = format!("{NOTES}/.lock");
        let failed = self.failed(&name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let file = self.dir.open_with(&name, &options).map_err(&failed)?.into_std();
        file.lock().map_err(&failed)?;
        self.sweep();
        // Nobody wants the notes in a repository.
        let ignore = format!("{NOTES}/.gitignore");
        if !self.dir.exists(&ignore) {
            self.replace(&ignore, b"*\n", false)?;
        }
        Ok(file)
    }

    /// The folder for notes.
    pub(super) fn ensure_notes(&self) -> Result<(), OutputError> {
        match self.dir.create_dir(NOTES) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(self.failed(NOTES)(error));
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn written(&self, name: &str, state: &str, sensitive: bool) -> WrittenFile {
        let path = self.path(name);
        let path = path.strip_prefix(".").unwrap_or(&path).display().to_string();
        WrittenFile { name: name.to_owned(), path, state: state.to_owned(), sensitive }
    }
}
