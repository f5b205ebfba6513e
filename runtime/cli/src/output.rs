//! Writes run artifacts into a folder of the person's, and never over anything that is not ours.
//!
//! What was written is noted in `.innominatus/<application>.json` of that folder, with digests. A file that is
//! not noted, or that reads otherwise than noted, is somebody's work: it stays, and the person decides.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt, Permissions, PermissionsExt};
use innominatus_api::wire::{ArtifactContent, WrittenFile};
use innominatus_model::{Code, Coded, Digest};

mod note;

use note::Note;

/// Where notes lie.
const NOTES: &str = ".innominatus";

/// Why artifacts are not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    #[error("`{}` exists and was not written by innominatus", .path.display())]
    Foreign { path: PathBuf },
    #[error("`{}` was changed since innominatus wrote it", .path.display())]
    Changed { path: PathBuf },
    #[error("`{}` was written for application `{owner}`", .path.display())]
    Other { path: PathBuf, owner: String },
    #[error("`{}` is a folder, and a file is to be written there", .path.display())]
    Folder { path: PathBuf },
    #[error("the run's artifact `{}` cannot be a file below the output folder", .name.escape_debug())]
    Name { name: String },
    #[error("the content of the run's artifact `{}` is not base64", .name.escape_debug())]
    Content { name: String },
    #[error("cannot write `{}`", .path.display())]
    Write { path: PathBuf, source: io::Error },
}

impl Coded for OutputError {
    fn code(&self) -> Code {
        match self {
            Self::Foreign { .. } | Self::Changed { .. } | Self::Other { .. } | Self::Folder { .. } => {
                Code::OutputExists
            }
            Self::Name { .. } | Self::Content { .. } | Self::Write { .. } => Code::OutputFailed,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Foreign { .. } | Self::Changed { .. } | Self::Other { .. } => {
                "run the command again with `--output <another folder>`, or with `--overwrite` to replace it"
                    .into()
            }
            Self::Folder { .. } => "run the command again with `--output <another folder>`".into(),
            Self::Name { .. } | Self::Content { .. } => {
                "tell the author of the platform's golden path".into()
            }
            Self::Write { .. } => {
                "make the folder writable and run the command again; nothing is made twice".into()
            }
        })
    }
}

/// Whose artifacts, and where they go.
#[derive(Debug, Clone)]
pub(crate) struct Output<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) application: &'a str,
    pub(crate) environment: &'a str,
    /// Replace what is not ours.
    pub(crate) overwrite: bool,
}

struct Planned {
    name: String,
    content: Vec<u8>,
    sensitive: bool,
    state: &'static str,
}

/// Writes every artifact, each whole or not at all, and removes what an earlier run wrote and this one has no
/// more. Nothing is touched before all of them are known to be free.
pub(crate) fn write(
    output: &Output<'_>,
    artifacts: &[ArtifactContent],
) -> Result<Vec<WrittenFile>, OutputError> {
    let folder = Folder::open(output.folder)?;
    if artifacts.is_empty() && !folder.has_notes() {
        return Ok(Vec::new());
    }
    let _turn = folder.take_turn()?;
    let old = Note::read(&folder, output.application)?;
    let planned = artifacts
        .iter()
        .map(|artifact| plan(&folder, output, &old, artifact))
        .collect::<Result<Vec<_>, _>>()?;
    let digests: BTreeMap<String, Digest> =
        planned.iter().map(|file| (file.name.clone(), Digest::of(&file.content))).collect();
    // Both the old and the new digests are ours until all is written: a crash in between leaves no stranger.
    Note::of(output, digests.clone()).and(&old).write(&folder)?;
    let mut written = Vec::new();
    for file in &planned {
        match file.state {
            "unchanged" => folder.protect(file)?,
            _ => folder.replace(&file.name, &file.content, file.sensitive)?,
        }
        written.push(folder.written(&file.name, file.state, file.sensitive));
    }
    for name in old.files.keys().filter(|name| !digests.contains_key(*name)) {
        if folder.remove_ours(name, &old)? {
            written.push(folder.written(name, "removed", false));
        }
    }
    Note::of(output, digests).write(&folder)?;
    Ok(written)
}

fn plan(
    folder: &Folder<'_>,
    output: &Output<'_>,
    old: &Note,
    artifact: &ArtifactContent,
) -> Result<Planned, OutputError> {
    let name = &artifact.artifact.name;
    if !is_safe(name) {
        return Err(OutputError::Name { name: name.clone() });
    }
    let content =
        BASE64.decode(&artifact.content).map_err(|_| OutputError::Content { name: name.clone() })?;
    let state = match folder.read(name)? {
        Found::Nothing => "created",
        Found::Folder => return Err(OutputError::Folder { path: folder.path(name) }),
        Found::File(there) if there == content => "unchanged",
        Found::File(there) if old.knows(name, &there) || output.overwrite => "replaced",
        Found::Other if output.overwrite => "replaced",
        Found::Other => return Err(OutputError::Foreign { path: folder.path(name) }),
        Found::File(there) => {
            let path = folder.path(name);
            return Err(match note::owner(folder, name, &there)? {
                Some(owner) => OutputError::Other { path, owner },
                None if old.files.contains_key(name) => OutputError::Changed { path },
                None => OutputError::Foreign { path },
            });
        }
    };
    let sensitive = artifact.artifact.sensitive || name == ".env" || name.ends_with("/.env");
    Ok(Planned { name: name.clone(), content, sensitive, state })
}

/// A relative path of plain parts, outside our own notes.
fn is_safe(name: &str) -> bool {
    let plain = name.split('/').all(|part| !matches!(part, "" | "." | "..")) && !name.contains(['\\', ':']);
    let parts = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    plain && parts && !name.chars().any(char::is_control) && name.split('/').next() != Some(NOTES)
}

/// What stands at a path.
enum Found {
    Nothing,
    File(Vec<u8>),
    Folder,
    /// A link, a pipe, a device.
    Other,
}

/// The output folder; nothing below reaches out of it.
struct Folder<'a> {
    path: &'a Path,
    dir: Dir,
}

impl<'a> Folder<'a> {
    fn open(path: &'a Path) -> Result<Self, OutputError> {
        let failed = |source| OutputError::Write { path: path.to_path_buf(), source };
        std::fs::create_dir_all(path).map_err(failed)?;
        let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?;
        Ok(Self { path, dir })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn failed(&self, name: &str) -> impl Fn(io::Error) -> OutputError + use<'_> {
        let path = self.path(name);
        move |source| OutputError::Write { path: path.clone(), source }
    }

    fn read(&self, name: &str) -> Result<Found, OutputError> {
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

    /// Writes beside it and renames: whoever looks sees the old file or the new one. A secret is never in a
    /// file that others can read, not even for a moment.
    fn replace(&self, name: &str, content: &[u8], sensitive: bool) -> Result<(), OutputError> {
        let failed = self.failed(name);
        let (parent, file) = name.rsplit_once('/').unwrap_or(("", name));
        if !parent.is_empty() {
            self.dir.create_dir_all(parent).map_err(&failed)?;
        }
        let slash = if parent.is_empty() { "" } else { "/" };
        let temporary = format!("{parent}{slash}.{file}.{}.tmp", std::process::id());
        let written = self.write_new(&temporary, content, sensitive);
        let renamed = written.and_then(|()| self.dir.rename(&temporary, &self.dir, name));
        if renamed.is_err() {
            // What is left of it is of no use to anybody; the error that counts is the first.
            let _ = self.dir.remove_file(&temporary);
        }
        renamed.map_err(failed)
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
    fn protect(&self, file: &Planned) -> Result<(), OutputError> {
        if !file.sensitive {
            return Ok(());
        }
        self.dir.set_permissions(&file.name, Permissions::from_mode(0o600)).map_err(self.failed(&file.name))
    }

    /// Removes a file that still reads as it was written.
    fn remove_ours(&self, name: &str, old: &Note) -> Result<bool, OutputError> {
        match self.read(name)? {
            Found::File(there) if is_safe(name) && old.knows(name, &there) => {
                self.dir.remove_file(name).map_err(self.failed(name))?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn has_notes(&self) -> bool {
        self.dir.is_dir(NOTES)
    }

    /// One command at a time writes here; the next one waits until the file is dropped.
    fn take_turn(&self) -> Result<std::fs::File, OutputError> {
        self.ensure_notes()?;
        let name = format!("{NOTES}/.lock");
        let failed = self.failed(&name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let file = self.dir.open_with(&name, &options).map_err(&failed)?.into_std();
        file.lock().map_err(&failed)?;
        // Nobody wants the notes in a repository.
        let ignore = format!("{NOTES}/.gitignore");
        if !self.dir.exists(&ignore) {
            self.replace(&ignore, b"*\n", false)?;
        }
        Ok(file)
    }

    /// The folder for notes.
    fn ensure_notes(&self) -> Result<(), OutputError> {
        match self.dir.create_dir(NOTES) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(self.failed(NOTES)(error));
            }
            _ => {}
        }
        Ok(())
    }

    fn written(&self, name: &str, state: &str, sensitive: bool) -> WrittenFile {
        let path = self.path(name);
        let path = path.strip_prefix(".").unwrap_or(&path).display().to_string();
        WrittenFile { name: name.to_owned(), path, state: state.to_owned(), sensitive }
    }
}

#[cfg(test)]
mod tests;
