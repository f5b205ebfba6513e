//! The store's key: where it lies, how it is made, and the keys that are derived from it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use hmac::{Hmac, Mac as _};
use innominatus_model::{Code, Coded, Digest};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

/// The key's place in the home folder.
pub const KEY_FILE: &str = "keys/store.key";

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
    /// The operating system gives no random bytes.
    #[error("cannot make a key without random bytes: {0}")]
    Random(getrandom::Error),
}

impl Coded for KeyError {
    fn code(&self) -> Code {
        match self {
            Self::Missing(_) | Self::Exposed { .. } | Self::Malformed(_) => Code::StoreKey,
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
            Self::Malformed(_) => Some("put the key of this store back from a backup".into()),
            Self::Io { .. } => Some("look at the owner and permissions of the home folder".into()),
            Self::Random(_) => None,
        }
    }
}

/// Tells keys apart without saying anything about them: the first eight bytes of the key's SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 8]);

impl KeyId {
    pub(super) const LENGTH: usize = 8;

    pub(super) fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

type Bytes = Zeroizing<[u8; 32]>;

/// The keys of one store: one to seal, one to make tokens, both derived from the store's key.
pub struct Keyring {
    id: KeyId,
    pub(super) sealing: Bytes,
    pub(super) tokens: Bytes,
}

impl Keyring {
    /// Reads `<home>/keys/store.key`. Use this when the store already holds sealed records: a new key would
    /// not open them.
    pub fn load(home: &Path) -> Result<Self, KeyError> {
        let path = home.join(KEY_FILE);
        let io = |doing, source| KeyError::Io { doing, path: path.clone(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(KeyError::Missing(path)),
            Err(error) => return Err(io("open the key file", error)),
        };
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

    /// Like [`Keyring::load`], and makes the key when there is none: 32 random bytes, durable before this
    /// returns. An existing file is never overwritten, also not by another process at the same moment.
    pub fn load_or_create(home: &Path) -> Result<Self, KeyError> {
        match Self::load(home) {
            Err(KeyError::Missing(path)) => {
                create(home, &path)?;
                Self::load(home)
            }
            other => other,
        }
    }

    /// From 64 hexadecimal digits, for a key that comes from the environment. White space around it counts
    /// for nothing.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        parse(text, || "the value handed in".to_owned())
    }

    /// Which key this is.
    pub fn id(&self) -> KeyId {
        self.id
    }

    fn from_key(key: &Bytes) -> Self {
        let mut id = [0; KeyId::LENGTH];
        id.copy_from_slice(&Digest::of(key.as_slice()).as_bytes()[..KeyId::LENGTH]);
        // A key of its own for each use: what one use lets out tells nothing about the other.
        let derive = |purpose: &[u8]| Zeroizing::new(hmac(key, &[purpose]));
        Self { id: KeyId(id), sealing: derive(b"innominatus seal 1"), tokens: derive(b"innominatus token 1") }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.id)
    }
}

/// HMAC-SHA256 over length-prefixed parts, so that no two lists of parts read the same.
pub(super) fn hmac(key: &Bytes, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn parse(text: &str, origin: impl FnOnce() -> String) -> Result<Keyring, KeyError> {
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
    Ok(Keyring::from_key(&key))
}

fn create(home: &Path, path: &Path) -> Result<(), KeyError> {
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
    let draft = folder.join(format!("store.key.{:016x}.new", u64::from_le_bytes(suffix)));
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_for_its_owner() {
        let home = tempfile::tempdir().unwrap();
        assert!(matches!(Keyring::load(home.path()), Err(KeyError::Missing(_))));
        let made = Keyring::load_or_create(home.path()).unwrap();
        let path = home.path().join(KEY_FILE);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.len(), 65);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left behind");

        assert_eq!(Keyring::load_or_create(home.path()).unwrap().id(), made.id());
        assert_eq!(Keyring::load(home.path()).unwrap().id(), made.id());
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(Keyring::from_text(&text).unwrap().id(), made.id());
        let other = tempfile::tempdir().unwrap();
        assert_ne!(Keyring::load_or_create(other.path()).unwrap().id(), made.id());
    }

    #[test]
    fn makers_at_the_same_moment_end_with_the_same_key() {
        let home = tempfile::tempdir().unwrap();
        let ids: Vec<_> = std::thread::scope(|scope| {
            let make = || Keyring::load_or_create(home.path()).unwrap().id();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }

    #[test]
    fn a_key_file_open_to_others_is_refused_with_the_remedy() {
        let home = tempfile::tempdir().unwrap();
        Keyring::load_or_create(home.path()).unwrap();
        let path = home.path().join(KEY_FILE);
        for mode in [0o640, 0o604, 0o622, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Keyring::load_or_create(home.path()).unwrap_err();
            assert_eq!(error.code(), Code::StoreKey, "{error}");
            assert!(error.remedy().unwrap().starts_with("chmod 600 "));
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        Keyring::load(home.path()).unwrap();
    }

    #[test]
    fn a_malformed_key_is_refused_without_being_shown_or_replaced() {
        let home = tempfile::tempdir().unwrap();
        Keyring::load_or_create(home.path()).unwrap();
        let path = home.path().join(KEY_FILE);
        let half = "0123456789abcdef".repeat(2);
        for bad in [Vec::new(), half.clone().into_bytes(), b"\xff\xfe".to_vec(), "é".repeat(32).into_bytes()]
        {
            fs::write(&path, &bad).unwrap();
            let error = Keyring::load_or_create(home.path()).unwrap_err();
            assert!(matches!(error, KeyError::Malformed(_)), "{error}");
            assert!(!error.to_string().contains(&half));
            assert_eq!(fs::read(&path).unwrap(), bad);
        }
        assert!(Keyring::from_text(&"g".repeat(64)).is_err());
        assert!(Keyring::from_text(&format!(" {}\n", "AF".repeat(32))).is_ok());
    }

    #[test]
    fn debug_shows_which_key_and_nothing_of_it() {
        let ring = Keyring::from_text(&"00".repeat(32)).unwrap();
        assert_eq!(format!("{ring:?}"), "Keyring(66687aadf862bd77)");
    }
}
