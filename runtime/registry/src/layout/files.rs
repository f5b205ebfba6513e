//! Named files below a folder, or in an archive.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use super::archive::Archive;
use crate::RegistryError;

/// Where the files are.
enum Kind {
    /// In a folder.
    Folder(PathBuf),
    /// In an archive, to read.
    Archive(Archive),
    /// In a folder that becomes an archive.
    Staged { folder: TempDir, _alone: File },
}

/// The files of a layout.
pub(super) struct Files {
    /// As the person named it.
    path: PathBuf,
    kind: Kind,
}

impl Files {
    pub(super) fn open(path: &Path) -> Result<Self, RegistryError> {
        let found = fs::metadata(path).map_err(|error| failed(path, "cannot be read", error))?;
        let kind = if found.is_dir() {
            Kind::Folder(path.to_path_buf())
        } else if found.is_file() {
            Kind::Archive(Archive::open(path)?)
        } else {
            // Opening a pipe would wait for whoever writes into it.
            let problem = io::Error::other("it is neither a folder nor a regular file");
            return Err(failed(path, "cannot be read", problem));
        };
        Ok(Self { path: path.to_path_buf(), kind })
    }

    pub(super) fn create(path: &Path) -> Result<Self, RegistryError> {
        let is_archive = path.extension().is_some_and(|extension| extension == "tar") && !path.is_dir();
        if !is_archive {
            let fail = |error| failed(path, "cannot be made", error);
            fs::create_dir_all(path.join("blobs").join("sha256")).map_err(fail)?;
            return Ok(Self { path: path.to_path_buf(), kind: Kind::Folder(path.to_path_buf()) });
        }
        let fail = |error| failed(path, "cannot be written", error);
        fs::create_dir_all(parent(path)).map_err(fail)?;
        // An archive is written anew from what was in it: who writes the same one at the same time waits for it.
        let alone = File::open(parent(path)).map_err(fail)?;
        alone.lock().map_err(fail)?;
        // Beside the archive, where there is room for it.
        let staged = TempDir::new_in(parent(path)).map_err(fail)?;
        fs::create_dir_all(staged.path().join("blobs").join("sha256")).map_err(fail)?;
        if path.exists() {
            Archive::open(path)?.copy_to(staged.path())?;
        }
        Ok(Self { path: path.to_path_buf(), kind: Kind::Staged { folder: staged, _alone: alone } })
    }

    /// As messages call it.
    pub(super) fn shown(&self) -> String {
        super::shown(&self.path)
    }

    pub(super) fn wrong(&self, problem: &str) -> RegistryError {
        RegistryError::Layout { path: self.path.clone(), problem: problem.to_owned(), source: None }
    }

    pub(super) fn failed(&self, problem: &str, source: io::Error) -> RegistryError {
        failed(&self.path, problem, source)
    }

    fn root(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Folder(root) => Some(root),
            Kind::Staged { folder: staged, .. } => Some(staged.path()),
            Kind::Archive(_) => None,
        }
    }

    /// How many bytes a file has; none where it is not there.
    pub(super) fn size(&self, name: &str) -> Result<Option<u64>, RegistryError> {
        let Some(root) = self.root() else {
            return Ok(self.archive().and_then(|archive| archive.size(name)));
        };
        match fs::metadata(root.join(name)) {
            Ok(found) if found.is_file() => Ok(Some(found.len())),
            Ok(_) => Err(self.wrong(&format!("has a `{name}` that is no file"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&format!("has a `{name}` that cannot be read"), error)),
        }
    }

    /// A file of at most so many bytes; none where it is not there.
    pub(super) fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, RegistryError> {
        let Some(size) = self.size(name)? else { return Ok(None) };
        if size > limit {
            return Err(RegistryError::limit(format!("`{name}` in `{}`", self.shown()), limit));
        }
        let cannot = |error| self.failed(&format!("has a `{name}` that cannot be read"), error);
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        match (self.root(), self.archive()) {
            (Some(root), _) => {
                let file = File::open(root.join(name)).map_err(cannot)?;
                // It may have grown since.
                file.take(limit).read_to_end(&mut bytes).map_err(cannot)?;
            }
            (None, Some(archive)) => bytes = archive.read(name).map_err(cannot)?,
            (None, None) => return Ok(None),
        }
        Ok(Some(bytes))
    }

    /// Writes a file whole or not at all.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        let Some(root) = self.root() else {
            return Err(self.wrong("is an archive that was opened to be read"));
        };
        let cannot = |error| self.failed(&format!("has a `{name}` that cannot be written"), error);
        let path = root.join(name);
        let mut file = NamedTempFile::new_in(parent(&path)).map_err(cannot)?;
        file.write_all(bytes).map_err(cannot)?;
        file.as_file().sync_all().map_err(cannot)?;
        // A layout is for others to read, as other tools make it.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode).map_err(cannot)?;
        file.persist(&path).map_err(|error| cannot(error.error))?;
        Ok(())
    }

    /// Nobody else writes the index while this is held.
    pub(super) fn lock(&self) -> Result<Option<File>, RegistryError> {
        let Some(root) = self.root() else { return Ok(None) };
        let cannot = |error| self.failed("cannot be locked", error);
        let file = File::open(root.join(super::MARK)).map_err(cannot)?;
        file.lock().map_err(cannot)?;
        Ok(Some(file))
    }

    fn archive(&self) -> Option<&Archive> {
        match &self.kind {
            Kind::Archive(archive) => Some(archive),
            Kind::Folder(_) | Kind::Staged { .. } => None,
        }
    }

    pub(super) fn finish(&self) -> Result<(), RegistryError> {
        match &self.kind {
            Kind::Staged { folder: staged, .. } => super::archive::write(staged.path(), &self.path),
            Kind::Folder(_) | Kind::Archive(_) => Ok(()),
        }
    }
}

pub(super) fn failed(path: &Path, problem: &str, source: io::Error) -> RegistryError {
    RegistryError::Layout { path: path.to_path_buf(), problem: problem.to_owned(), source: Some(source) }
}

pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
