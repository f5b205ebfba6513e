//! Opening a folder. Every access goes through a handle of the folder, so that no path and no symbolic link
//! leads out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use innominatus_model::{Code, Coded, Diagnostic};

use crate::findings::{Document, Findings, Place};
use crate::manifest::{self, FileUse, ManifestErrors};
use crate::package::FileRole;
use crate::written::{self, Written};
use crate::{Blob, MANIFEST_LIMIT, Package, PackageFile};

/// What the manifest's file is called.
pub const MANIFEST_NAME: &str = "platform.yaml";

/// How many bytes a component may have: 64 MiB.
pub const COMPONENT_LIMIT: usize = 64 * 1024 * 1024;

/// How many bytes a schema file may have: 1 MiB.
pub const SCHEMA_LIMIT: usize = 1024 * 1024;

/// What people read, and what belongs to the platform wherever it stands beside the manifest.
pub const DOCUMENTS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE", "NOTICE"];

/// How many bytes such a text may have: 1 MiB.
pub const DOCUMENT_LIMIT: usize = 1024 * 1024;

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

/// The folder that a person means: the one that is named, or the one in which the manifest stands that is named.
pub fn folder_of(named: &Path) -> &Path {
    let is_manifest = named.file_name().is_some_and(|name| name == MANIFEST_NAME);
    match named.parent() {
        Some(parent) if is_manifest && parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) if is_manifest => parent,
        _ => named,
    }
}

/// Reads a platform's folder: `platform.yaml`, each file that it names, and [`DOCUMENTS`] where they are. Everything
/// that is wrong with the manifest and with the files is reported at once.
pub fn open_folder(folder: &Path) -> Result<Package, OpenError> {
    let dir = Dir::open_ambient_dir(folder, ambient_authority())
        .map_err(|source| OpenError::Folder { folder: folder.to_path_buf(), source })?;
    let file = folder.join(MANIFEST_NAME);
    open(&file, &dir)
}

/// The same from files that are in memory, by path. `shown` is what messages call the manifest.
pub fn open_files(shown: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<Package, OpenError> {
    open(shown, files)
}

/// Where the files of a platform come from.
trait Files {
    /// How many bytes a file has; 0 where nobody knows.
    fn size(&self, path: &str) -> u64;
    /// At most `limit` bytes of a file and one more, by which a caller tells that it is too much.
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, Unread>;
}

impl Files for Dir {
    fn size(&self, path: &str) -> u64 {
        self.metadata(path).map_or(0, |found| found.len())
    }

    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, Unread> {
        // Looked at before it is opened: to open a pipe would wait for a writer.
        if !self.metadata(path)?.is_file() {
            return Err(Unread::NotAFile);
        }
        let file = self.open(path)?;
        if !file.metadata()?.is_file() {
            return Err(Unread::NotAFile);
        }
        let mut bytes = Vec::new();
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        file.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Files for BTreeMap<String, Vec<u8>> {
    fn size(&self, path: &str) -> u64 {
        self.get(path).map_or(0, |bytes| bytes.len() as u64)
    }

    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, Unread> {
        let bytes = self.get(path).ok_or(Unread::Missing)?;
        Ok(bytes[..bytes.len().min(limit.saturating_add(1))].to_vec())
    }
}

fn open(file: &Path, from: &impl Files) -> Result<Package, OpenError> {
    let shown = file.display().to_string();
    let mut findings = Findings::new(&shown, Document::Manifest);
    let bytes = from
        .read(MANIFEST_NAME, MANIFEST_LIMIT)
        .map_err(|why| OpenError::Manifest { file: file.to_path_buf(), source: why.into_io() })?;
    let manifest::Read { manifest, platform, files: named, makers } = manifest::read(&bytes, &mut findings);
    let mut files = BTreeMap::new();
    files.insert(MANIFEST_NAME.to_owned(), PackageFile { role: FileRole::Manifest, blob: Blob::new(bytes) });
    if fits(from, &named, &mut findings) {
        read_named(from, &named, &mut files, &mut findings);
    }
    read_documents(from, &mut files, &mut findings);
    let beside = |path: &str| file.with_file_name(path).display().to_string();
    let Written { paths, definitions, found, failed } =
        written::read_all(&named, &makers, platform.as_ref(), &files, beside);
    let (mut all, failed) = match findings.finish() {
        Ok(warnings) => (warnings, failed),
        Err(all) => (all, true),
    };
    all.extend(found);
    if failed {
        return Err(ManifestErrors::new(&shown, all).into());
    }
    let manifest = manifest.expect("without an error there is a manifest");
    Ok(Package::new(manifest, files, paths, definitions, all))
}

/// Whether the files are few enough and small enough together. Said once, where the first is too many.
fn fits(from: &impl Files, files: &[FileUse], findings: &mut Findings) -> bool {
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
        total = total.saturating_add(from.size(&file.path));
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

fn read_named(
    from: &impl Files,
    named: &[FileUse],
    files: &mut BTreeMap<String, PackageFile>,
    findings: &mut Findings,
) {
    for FileUse { path, place, role, .. } in named {
        // Entries may share a component; a file that cannot be read is reported at each mention.
        if let Some(known) = files.get(path) {
            if known.role != *role {
                let message =
                    format!("`{path}` is named as a {} and as a {}", known.role.what(), role.what());
                findings.error(*place, Code::ManifestPath, message, "name a file of its own for each");
            }
            continue;
        }
        match from.read(path, role.limit()).and_then(|bytes| role.check(bytes)) {
            Ok(bytes) => {
                files.insert(path.clone(), PackageFile { role: *role, blob: Blob::new(bytes) });
            }
            Err(why) => {
                let (code, message, hint) = why.explain(path, *role);
                findings.error(*place, code, message, hint);
            }
        }
    }
}

/// Texts for people, where they are: a platform that comes without any is none the worse.
fn read_documents(from: &impl Files, files: &mut BTreeMap<String, PackageFile>, findings: &mut Findings) {
    for path in DOCUMENTS {
        let role = FileRole::Document;
        match from.read(path, role.limit()).and_then(|bytes| role.check(bytes)) {
            Ok(bytes) => {
                files.entry(path.to_owned()).or_insert_with(|| PackageFile { role, blob: Blob::new(bytes) });
            }
            Err(Unread::Missing) => {}
            Err(why) => {
                let (code, message, hint) = why.explain(path, role);
                findings.error(Place::FILE, code, message, hint);
            }
        }
    }
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
    fn explain(self, path: &str, role: FileRole) -> (Code, String, String) {
        let what = role.what();
        let path = path.escape_debug();
        match self {
            Self::Missing => {
                (Code::ManifestPath, format!("the {what} `{path}` does not exist"), role.if_missing().into())
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
                    FileRole::Component => (Code::ComponentTooLarge, "build it optimised and strip it"),
                    FileRole::Schema => (Code::ManifestPath, "shorten it, or remove `schema:`"),
                    _ => (Code::ManifestPath, "shorten it"),
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

impl FileRole {
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Component => "component",
            Self::Schema => "schema",
            Self::GoldenPath => "golden path",
            Self::Definition => "resource definition",
            Self::Document => "document",
        }
    }

    fn if_missing(self) -> &'static str {
        match self {
            Self::Component => "build the platform's components first, or mend the path",
            Self::Schema => {
                "build the platform, which writes it; mend the path; or remove `schema:`: the component's own schema counts"
            }
            Self::Manifest | Self::GoldenPath | Self::Definition | Self::Document => {
                "write it, or mend the path"
            }
        }
    }

    /// How many bytes such a file may have.
    pub(crate) fn limit(self) -> usize {
        match self {
            Self::Component => COMPONENT_LIMIT,
            Self::Schema => SCHEMA_LIMIT,
            Self::Document => DOCUMENT_LIMIT,
            Self::Manifest | Self::GoldenPath | Self::Definition => MANIFEST_LIMIT,
        }
    }

    fn check(self, bytes: Vec<u8>) -> Result<Vec<u8>, Unread> {
        match self {
            _ if bytes.len() > self.limit() => Err(Unread::TooLarge),
            Self::Component if bytes.is_empty() => Err(Unread::Empty),
            Self::Schema => {
                match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes) {
                    Ok(_) => Ok(bytes),
                    Err(error) => Err(Unread::NotJson(error.to_string())),
                }
            }
            _ => Ok(bytes),
        }
    }
}
