//! What lies where in a home folder.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// A home folder: everything one server owns.
#[derive(Debug, Clone)]
pub(crate) struct Home(PathBuf);

impl Home {
    /// Creates what is missing; the folder is for its owner alone.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let home = Self(path.canonicalize()?);
        // Somebody else's is told as that, and not by the first file in it that cannot be opened.
        fs::read_dir(&home.0)?;
        let mode = fs::metadata(&home.0)?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(&home.0, fs::Permissions::from_mode(0o700))?;
        }
        Ok(home)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.0.join("components")
    }

    pub(crate) fn compiled(&self) -> PathBuf {
        self.0.join("compiled")
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.0.join("settings")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("api.sock")
    }

    pub(crate) fn token(&self) -> PathBuf {
        self.0.join("api.token")
    }
}
