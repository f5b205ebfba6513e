//! Writes run artifacts into a folder of the person's, and never over anything that is not ours.
//!
//! What was written is noted in `.innominatus/<application>.json` of that folder, with digests. A file that is
//! not noted, or that reads otherwise than noted, is somebody's work: it stays, and the person decides.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_api::wire::{ArtifactContent, WrittenFile};
use innominatus_model::{Code, Coded, Digest};

mod folder;
mod foresee;
mod note;

use folder::{Folder, Found, is_safe};
pub(crate) use foresee::{check, probe};
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
    #[error("`{}` was written for {owner}", .path.display())]
    Other { path: PathBuf, owner: String },
    #[error("`{}` is a folder, and a file is to be written there", .path.display())]
    Folder { path: PathBuf },
    #[error("`{}` is not a folder, and files are to be written into it", .path.display())]
    NoFolder { path: PathBuf },
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
            Self::Foreign { .. }
            | Self::Changed { .. }
            | Self::Other { .. }
            | Self::Folder { .. }
            | Self::NoFolder { .. } => Code::OutputExists,
            Self::Name { .. } | Self::Content { .. } | Self::Write { .. } => Code::OutputFailed,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Foreign { .. } | Self::Changed { .. } | Self::Other { .. } => {
                "run the command again with `--output <another folder>`, or with `--overwrite` to replace it"
                    .into()
            }
            Self::Folder { .. } | Self::NoFolder { .. } => {
                "run the command again with `--output <another folder>`".into()
            }
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
pub(crate) struct Output {
    pub(crate) folder: PathBuf,
    pub(crate) application: String,
    pub(crate) environment: String,
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
pub(crate) fn write(output: &Output, artifacts: &[ArtifactContent]) -> Result<Vec<WrittenFile>, OutputError> {
    let folder = Folder::open(&output.folder)?;
    if artifacts.is_empty() && !folder.has_notes() {
        return Ok(Vec::new());
    }
    let _turn = folder.take_turn()?;
    let old = Note::read(&folder, &output.application)?;
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
    output: &Output,
    old: &Note,
    artifact: &ArtifactContent,
) -> Result<Planned, OutputError> {
    let name = &artifact.artifact.name;
    if !is_safe(name) {
        return Err(OutputError::Name { name: name.clone() });
    }
    let content =
        BASE64.decode(&artifact.content).map_err(|_| OutputError::Content { name: name.clone() })?;
    let found = folder.read(name)?;
    let state = match &found {
        Found::Nothing => "created",
        Found::File(there) if *there == content => "unchanged",
        _ => {
            replaceable(folder, output, old, name, &found)?;
            "replaced"
        }
    };
    let sensitive = artifact.artifact.sensitive || name == ".env" || name.ends_with("/.env");
    Ok(Planned { name: name.clone(), content, sensitive, state })
}

/// Whether what stands under this name may be replaced: it is ours, or the person said so.
fn replaceable(
    folder: &Folder<'_>,
    output: &Output,
    old: &Note,
    name: &str,
    found: &Found,
) -> Result<(), OutputError> {
    let path = || folder.path(name);
    match found {
        Found::Nothing => Ok(()),
        Found::Folder => Err(OutputError::Folder { path: path() }),
        _ if output.overwrite => Ok(()),
        Found::Other => Err(OutputError::Foreign { path: path() }),
        Found::File(there) if old.knows(name, there) => match old.other_environment(output) {
            None => Ok(()),
            Some(owner) => Err(OutputError::Other { path: path(), owner }),
        },
        Found::File(there) => Err(match note::owner(folder, name, there)? {
            Some(owner) => OutputError::Other { path: path(), owner },
            None if old.files.contains_key(name) => OutputError::Changed { path: path() },
            None => OutputError::Foreign { path: path() },
        }),
    }
}

/// The files in a folder that were written for an application and still lie there.
pub(crate) fn left(folder: &Path, application: &str) -> Vec<PathBuf> {
    let Ok(open) = Folder::existing(folder) else { return Vec::new() };
    let noted = Note::read(&open, application).unwrap_or_default();
    let names =
        noted.files.keys().filter(|name| is_safe(name) && matches!(open.read(name), Ok(Found::File(_))));
    names.map(|name| open.path(name)).collect()
}

#[cfg(test)]
mod tests;
