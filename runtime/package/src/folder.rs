//! Opening a folder. Every access goes through a handle of the folder, so that no path and no symbolic link
//! leads out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use innominatus_model::{Code, Coded, Diagnostic};

use crate::findings::{Document, Findings};
use crate::manifest::{self, FileUse, ManifestErrors, Role};
use crate::{Blob, MANIFEST_LIMIT, Package};

/// What the manifest's file is called.
pub const MANIFEST_NAME: &str = "platform.yaml";

/// How many bytes a component may have: 64 MiB.
pub const COMPONENT_LIMIT: usize = 64 * 1024 * 1024;

/// How many bytes a schema file may have: 1 MiB.
pub const SCHEMA_LIMIT: usize = 1024 * 1024;

/// How many files a manifest may name, and how many bytes they may have together: 256 MiB. All of them are in memory
/// while a platform is installed, and each component is compiled.
pub const FILES_LIMIT: usize = 64;
/// See [`FILES_LIMIT`].
pub const TOTAL_LIMIT: u64 = 256 * 1024 * 1024;

/// Why a folder is not a platform.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be opened.
    #[error("cannot open the platform folder `{}`", folder.display())]
    Folder {
        /// As the person named it.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder has no readable `platform.yaml`.
    #[error("cannot read `{}`", file.display())]
    Manifest {
        /// The manifest's path.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The manifest, or a file that it names, is not accepted.
    #[error(transparent)]
    Invalid(#[from] ManifestErrors),
}

impl Coded for OpenError {
    fn code(&self) -> Code {
        match self {
            Self::Folder { .. } | Self::Manifest { .. } => Code::ManifestPath,
            Self::Invalid(errors) => errors.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Folder { .. } | Self::Manifest { .. } => {
                Some(format!("name the folder of a platform: the one that holds `{MANIFEST_NAME}`"))
            }
            Self::Invalid(errors) => errors.remedy(),
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Folder { .. } | Self::Manifest { .. } => &[],
            Self::Invalid(errors) => errors.diagnostics(),
        }
    }
}

/// Reads a platform's folder: `platform.yaml` and each file that it names. Everything that is wrong with
/// the manifest and with the files is reported at once.
pub fn open_folder(folder: &Path) -> Result<Package, OpenError> {
    let dir = Dir::open_ambient_dir(folder, ambient_authority())
        .map_err(|source| OpenError::Folder { folder: folder.to_path_buf(), source })?;
    let file = folder.join(MANIFEST_NAME);
    let shown = file.display().to_string();
    let mut findings = Findings::new(&shown, Document::Manifest);
    let bytes = read_file(&dir, MANIFEST_NAME, MANIFEST_LIMIT)
        .map_err(|why| OpenError::Manifest { file, source: why.into_io() })?;
    let (manifest, files) = manifest::read(&bytes, &mut findings);
    let fits = fits(&dir, &files, &mut findings);
    let files = if fits { files } else { Vec::new() };
    let components = read_role(&dir, &files, Role::Component, &mut findings);
    let schemas = read_role(&dir, &files, Role::Schema, &mut findings);
    let warnings = findings.finish().map_err(|all| ManifestErrors::new(&shown, all))?;
    let manifest = manifest.expect("without an error there is a manifest");
    Ok(Package::new(manifest, bytes, components, schemas, warnings))
}

/// Whether the files are few enough and small enough together. Said once, where the first is too many.
fn fits(dir: &Dir, files: &[FileUse], findings: &mut Findings) -> bool {
    let (mut known, mut total) = (BTreeSet::new(), 0_u64);
    for file in files {
        if !known.insert(file.path.as_str()) {
            continue;
        }
        if known.len() > FILES_LIMIT {
            let message = format!("the manifest names more than {FILES_LIMIT} files");
            findings.error(
                file.place,
                Code::ManifestInvalid,
                message,
                "let one component make several types",
            );
            return false;
        }
        total = total.saturating_add(dir.metadata(file.path.as_str()).map_or(0, |found| found.len()));
        if total > TOTAL_LIMIT {
            let limit = TOTAL_LIMIT / (1024 * 1024);
            let message = format!("the files of the platform have more than {limit} MiB together");
            findings.error(
                file.place,
                Code::ComponentTooLarge,
                message,
                "build them optimised and strip them",
            );
            return false;
        }
    }
    true
}

fn read_role(dir: &Dir, files: &[FileUse], role: Role, findings: &mut Findings) -> BTreeMap<String, Blob> {
    let mut blobs = BTreeMap::new();
    for file in files.iter().filter(|file| file.role == role) {
        let path = file.path.as_str();
        // Entries may share a component; a file that cannot be read is reported at each mention.
        if blobs.contains_key(path) {
            continue;
        }
        match read_file(dir, path, role.limit()).and_then(|bytes| role.check(bytes)) {
            Ok(bytes) => {
                blobs.insert(file.path.clone(), Blob::new(bytes));
            }
            Err(why) => {
                let (code, message, hint) = why.explain(path, role);
                findings.error(file.place, code, message, hint);
            }
        }
    }
    blobs
}

/// Why a named file was not read.
enum Unread {
    Missing,
    Leaves,
    NotAFile,
    Empty,
    TooLarge,
    NotJson(String),
    Io(io::Error),
}

/// Reads at most `limit` bytes and one more, by which a caller tells that it is too much.
fn read_file(dir: &Dir, path: &str, limit: usize) -> Result<Vec<u8>, Unread> {
    // Looked at before it is opened: to open a pipe would wait for a writer.
    if !dir.metadata(path)?.is_file() {
        return Err(Unread::NotAFile);
    }
    let file = dir.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(Unread::NotAFile);
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            // What the folder's handle says of a path or a link that leads out.
            io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => Self::Leaves,
            _ => Self::Io(error),
        }
    }
}

impl Unread {
    fn explain(self, path: &str, role: Role) -> (Code, String, String) {
        let what = role.what();
        let path = path.escape_debug();
        match self {
            Self::Missing => {
                let hint = match role {
                    Role::Component => "build the platform's components first, or mend the path",
                    Role::Schema => "mend the path, or remove `schema:`: the component's own schema counts",
                };
                (Code::ManifestPath, format!("the {what} `{path}` does not exist"), hint.into())
            }
            Self::Leaves => {
                let hint = "copy the file into the folder instead of linking to it";
                (
                    Code::ManifestPath,
                    format!("the {what} `{path}` leads out of the platform's folder"),
                    hint.into(),
                )
            }
            Self::NotAFile => (
                Code::ManifestPath,
                format!("the {what} `{path}` is not a regular file"),
                "name a file".into(),
            ),
            Self::Empty => {
                (Code::ManifestPath, format!("the {what} `{path}` is empty"), "build it again".into())
            }
            Self::TooLarge => {
                let (code, hint) = match role {
                    Role::Component => (Code::ComponentTooLarge, "build it optimised and strip it"),
                    Role::Schema => (Code::ManifestPath, "shorten it, or remove `schema:`"),
                };
                let limit = role.limit() / (1024 * 1024);
                (code, format!("the {what} `{path}` has more than {limit} MiB"), hint.into())
            }
            Self::NotJson(why) => {
                let message = format!("the {what} `{path}` is not a JSON object: {why}");
                (Code::ManifestPath, message, "write a JSON Schema, or remove `schema:`".into())
            }
            Self::Io(error) => {
                let message = format!("the {what} `{path}` cannot be read: {error}");
                (Code::ManifestPath, message, "look at the file's permissions".into())
            }
        }
    }

    /// For the manifest itself, which has no place to report at.
    fn into_io(self) -> io::Error {
        match self {
            Self::Missing => io::Error::from(io::ErrorKind::NotFound),
            Self::Leaves => io::Error::other("it leads out of the folder"),
            Self::NotAFile => io::Error::other("it is not a regular file"),
            Self::Io(error) => error,
            Self::Empty | Self::TooLarge | Self::NotJson(_) => io::Error::other("it is not a manifest"),
        }
    }
}

impl Role {
    fn what(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Schema => "schema",
        }
    }

    fn limit(self) -> usize {
        match self {
            Self::Component => COMPONENT_LIMIT,
            Self::Schema => SCHEMA_LIMIT,
        }
    }

    fn check(self, bytes: Vec<u8>) -> Result<Vec<u8>, Unread> {
        match self {
            _ if bytes.len() > self.limit() => Err(Unread::TooLarge),
            Self::Component if bytes.is_empty() => Err(Unread::Empty),
            Self::Component => Ok(bytes),
            Self::Schema => {
                match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes) {
                    Ok(_) => Ok(bytes),
                    Err(error) => Err(Unread::NotJson(error.to_string())),
                }
            }
        }
    }
}
