//! The key's file: where it lies, how it is made, how another takes its place.

use std::fs;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use innominatus_model::{Code, Coded};
use zeroize::{Zeroize as _, Zeroizing};

/// A key in memory, overwritten when dropped.
pub(super) type Bytes = Zeroizing<[u8; 32]>;

/// The key's place in the home folder.
pub const KEY_FILE: &str = "keys/store.key";
/// The place of the key that is to come, while it takes over.
pub const NEXT_FILE: &str = "keys/store.key.next";

/// Why there is no key to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file is not there.
    #[error("there is no key file `{}`", .0.display())]
    Missing(PathBuf),
    /// Others than the owner may read or write the file.
    #[error("the key file `{}` is open to others: its mode is {mode:03o}", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The text is not a key. It is not shown.
    #[error("{0} is not a key: expected 64 hexadecimal digits")]
    Malformed(String),
    /// The file system said no.
    #[error("cannot {doing} `{}`", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A key that came from the environment is somebody else's to replace.
    #[error("the key was handed in by the environment, so there is no file to replace")]
    HandedIn,
    /// The operating system gives no random bytes.
    #[error("cannot make a key without random bytes: {0}")]
    Random(getrandom::Error),
}

impl Coded for KeyError {
    fn code(&self) -> Code {
        match self {
            Self::Missing(_) | Self::Exposed { .. } | Self::Malformed(_) | Self::HandedIn => Code::StoreKey,
            Self::Io { .. } => Code::StoreFailed,
            Self::Random(_) => Code::Internal,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Missing(path) => Some(format!(
                "put the key of this store back as `{}` with mode 600; without it sealed values are lost",
                path.display()
            )),
            Self::Exposed { path, .. } => Some(format!("chmod 600 {}", path.display())),
            Self::HandedIn => Some(format!(
                "write the key into `{KEY_FILE}` of the home folder with mode 600, unset the variable, and try again"
            )),
            Self::Malformed(_) => Some("put the key of this store back from a backup".into()),
            Self::Io { .. } => Some("look at the owner and permissions of the home folder".into()),
            Self::Random(_) => None,
        }
    }
}

/// Reads the key of a file that nobody but its owner may touch.
pub(super) fn read(path: &Path) -> Result<Bytes, KeyError> {
    let path = path.to_path_buf();
    let io = |doing, source| KeyError::Io { doing, path: path.clone(), source };
    // Looked at first: to open a pipe would wait for somebody at its other end.
    match fs::metadata(&path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(KeyError::Malformed(format!("`{}`, which is not a file,", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(KeyError::Missing(path)),
        Err(error) => return Err(io("look at the key file", error)),
    }
    let file = File::open(&path).map_err(|error| io("open the key file", error))?;
    let mode = file.metadata().map_err(|error| io("look at the key file", error))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed { path, mode });
    }
    let mut text = Zeroizing::new(String::with_capacity(128));
    match file.take(1024).read_to_string(&mut text) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidData => text.clear(),
        Err(error) => return Err(io("read the key file", error)),
    }
    parse(&text, || format!("the content of `{}`", path.display()))
}

/// 64 hexadecimal digits.
pub(super) fn parse(text: &str, origin: impl FnOnce() -> String) -> Result<Bytes, KeyError> {
    let digits = text.trim().as_bytes();
    let mut key: Bytes = Zeroizing::new([0; 32]);
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if digits.len() != 64 {
        return Err(KeyError::Malformed(origin()));
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        match (digit(pair[0]), digit(pair[1])) {
            (Some(high), Some(low)) => *byte = high << 4 | low,
            _ => return Err(KeyError::Malformed(origin())),
        }
    }
    Ok(key)
}

/// How the name of a draft begins; it ends with `.new`.
const DRAFT: &str = "store.key.";

/// Makes a key, unless there is one: 32 random bytes, durable before this returns.
pub(super) fn create(home: &Path, path: &Path) -> Result<(), KeyError> {
    let mut key: Bytes = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut_slice()).map_err(KeyError::Random)?;
    let mut text = Zeroizing::new(String::with_capacity(65));
    for byte in key.iter() {
        text.push(char::from_digit(u32::from(byte >> 4), 16).expect("below 16"));
        text.push(char::from_digit(u32::from(byte & 15), 16).expect("below 16"));
    }
    text.push('\n');

    let folder = path.parent().expect("the key file lies in a folder");
    let io = |doing, path: &Path| {
        let path = path.to_path_buf();
        move |source| KeyError::Io { doing, path, source }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io("make the folder", folder))?;
    // A name of its own for each attempt; what a crash leaves behind is in a folder of the owner's.
    let mut suffix = [0; 8];
    getrandom::fill(&mut suffix).map_err(KeyError::Random)?;
    let draft = folder.join(format!("{DRAFT}{:016x}.new", u64::from_le_bytes(suffix)));
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    // Unlike a rename, a link refuses to take the place of a file that another process made meanwhile.
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    key.zeroize();
    match linked {
        Ok(()) => removed.map_err(io("remove the draft", &draft))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(io("write the key file", path)(error)),
    }
    // The names must be durable too: of the file in its folder, and of the folder in the home.
    for folder in [folder, home] {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(io("make durable the folder", folder))?;
    }
    Ok(())
}

/// Puts the key that was to come in the place of the one there was, durably.
pub(super) fn replace(home: &Path) -> Result<(), KeyError> {
    let (key, next) = (home.join(KEY_FILE), home.join(NEXT_FILE));
    let io = |doing, path: &Path| {
        let path = path.to_path_buf();
        move |source| KeyError::Io { doing, path, source }
    };
    let folder = key.parent().expect("the key file lies in a folder");
    match fs::rename(&next, &key) {
        Ok(()) => File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(io("make durable the folder", folder))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io("put in place the key file", &key)(error)),
    }
    // The key is replaced, whether this works or not; the next replacement tries again.
    if let Err(error) = sweep(folder) {
        tracing::warn!(%error, folder = %folder.display(), "drafts of keys are left");
    }
    Ok(())
}

/// Takes away drafts that a crash left: each is a key by another name. To be called when there is a key, and by whoever
/// alone makes new ones.
fn sweep(folder: &Path) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(DRAFT) && name.ends_with(".new")) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_that_a_crash_left_goes_with_the_key_that_it_holds() {
        let home = tempfile::tempdir().unwrap();
        let (key, next) = (home.path().join(KEY_FILE), home.path().join(NEXT_FILE));
        create(home.path(), &key).unwrap();
        create(home.path(), &next).unwrap();
        let folder = key.parent().unwrap();
        let draft = folder.join(format!("{DRAFT}0123456789abcdef.new"));
        fs::hard_link(&next, &draft).unwrap();
        replace(home.path()).unwrap();
        let left: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [key]);
    }

    /// Opening it would wait for ever.
    #[test]
    fn a_pipe_is_not_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.key");
        let made = std::process::Command::new("mkfifo").arg("-m").arg("600").arg(&path).status().unwrap();
        assert!(made.success());
        assert!(matches!(read(&path), Err(KeyError::Malformed(_))));
    }
}
