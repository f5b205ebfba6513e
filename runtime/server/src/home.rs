//! What lies where in a home folder, and which folders can be one.
//!
//! Only what we made is given a mode: a folder that somebody else made keeps its own, and one that holds other
//! things is not taken at all.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Everything that is ours in a home, by name.
const OURS: [&str; 11] = [
    STORE,
    KEYS,
    SETTINGS,
    COMPILED,
    "components",
    "api.sock",
    "api.token",
    "policy.yaml",
    "registries.yaml",
    "trust",
    "author",
];
/// Folders that hold secrets, or what is trusted: for their owner alone, whoever may look into the home.
const PRIVATE: [&str; 4] = [STORE, KEYS, SETTINGS, COMPILED];
const STORE: &str = "store";
const KEYS: &str = "keys";
const SETTINGS: &str = "settings";
const COMPILED: &str = "compiled";
/// What a store is known by, wherever else it lies.
const STORE_MARKER: &str = "store/STORE_ID";
/// A file system puts it into its root; it is nobody's.
const NOBODYS: &str = "lost+found";

/// Why a folder cannot be a home. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// It is no home, and it is not empty.
    #[error("it holds `{}`, which is not innominatus's", .0.escape_debug())]
    Foreign(String),
    /// Others could put a store of theirs in place of ours.
    #[error("others than its owner may write to it: its mode is {0:04o}")]
    Open(u32),
    /// The file system said no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl HomeError {
    /// What a person can do about this folder.
    pub fn remedy(&self, folder: &Path) -> String {
        match self {
            Self::Foreign(_) => {
                "name a folder that is empty, or not there yet, with `--home` or `INNOMINATUS_HOME`".into()
            }
            Self::Open(_) => {
                format!("`chmod go-w {}`, or name another folder with `--home`", folder.display())
            }
            Self::Io(_) => "name another folder with `--home`, or mend its permissions".into(),
        }
    }
}

/// A home folder: everything one server owns.
#[derive(Debug, Clone)]
pub(crate) struct Home(PathBuf);

impl Home {
    /// Takes a folder, and makes it if it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, HomeError> {
        private().recursive(true).create(path)?;
        let home = Self(path.canonicalize()?);
        // Somebody else's is told as that, and not by the first file in it that cannot be opened.
        fs::read_dir(&home.0)?;
        home.must_be_ours()?;
        let mode = fs::metadata(&home.0)?.permissions().mode() & 0o7777;
        if mode & 0o022 != 0 {
            return Err(HomeError::Open(mode));
        }
        home.keep_private()?;
        Ok(home)
    }

    /// A home, or nothing yet.
    fn must_be_ours(&self) -> Result<(), HomeError> {
        if self.0.join(STORE_MARKER).is_file() {
            return Ok(());
        }
        let mut others = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            if !OURS.iter().chain([&NOBODYS]).any(|known| name == **known) {
                others.push(name.to_string_lossy().into_owned());
            }
        }
        others.sort();
        match others.into_iter().next() {
            None => Ok(()),
            Some(first) => Err(HomeError::Foreign(first)),
        }
    }

    /// Makes the folder for settings, so that it is private before somebody puts secrets there, and takes what
    /// others may see of the private folders from them.
    fn keep_private(&self) -> io::Result<()> {
        private().recursive(true).create(self.settings())?;
        for name in PRIVATE {
            let folder = self.0.join(name);
            // Where a link leads is not ours.
            match fs::symlink_metadata(&folder) {
                Ok(found) if found.is_dir() && found.permissions().mode() & 0o077 != 0 => {
                    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.0.join(STORE)
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.0.join("components")
    }

    /// Whether a platform was ever installed here.
    pub(crate) fn holds_components(&self) -> bool {
        fs::read_dir(self.blobs()).is_ok_and(|mut entries| entries.next().is_some())
    }

    pub(crate) fn compiled(&self) -> PathBuf {
        self.0.join(COMPILED)
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.0.join(SETTINGS)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("api.sock")
    }

    pub(crate) fn token(&self) -> PathBuf {
        self.0.join("api.token")
    }
}

fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}
