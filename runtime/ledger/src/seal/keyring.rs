//! The keys of one store: one to seal with, those that still open, and one that tokens are made with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::{fmt, mem};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac as _};
use innominatus_model::Digest;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::envelope;
use super::keyfile::{self, Bytes, KEY_FILE, KeyError, NEXT_FILE};

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

/// What seals, derived from one key of the store.
pub(super) struct SealingKey {
    pub(super) id: KeyId,
    pub(super) bytes: Bytes,
}

/// A key of its own for each use: what one use lets out tells nothing about the other.
fn derive(key: &Bytes, purpose: &[u8]) -> Bytes {
    Zeroizing::new(hmac(key, &[purpose]))
}

impl SealingKey {
    fn of(key: &Bytes) -> Arc<Self> {
        let mut id = [0; KeyId::LENGTH];
        id.copy_from_slice(&Digest::of(key.as_slice()).as_bytes()[..KeyId::LENGTH]);
        Arc::new(Self { id: KeyId(id), bytes: derive(key, b"innominatus seal 1") })
    }
}

struct Keys {
    /// What is sealed now is sealed with this one.
    current: Arc<SealingKey>,
    /// What was sealed with these still opens.
    older: Vec<Arc<SealingKey>>,
    tokens: Arc<Bytes>,
}

/// The keys of one store. They are in memory only, and overwritten when dropped.
pub struct Keyring {
    keys: RwLock<Keys>,
    /// Where the key's file is; none for a key that was handed in.
    home: Option<PathBuf>,
    /// The key that is to come, of a replacement that was begun.
    next: Mutex<Option<Arc<SealingKey>>>,
}

impl Keyring {
    /// Reads `<home>/keys/store.key`, and beside it the key that is to come, if a replacement was interrupted. Use
    /// this when the store already holds sealed records: a new key would not open them.
    pub fn load(home: &Path) -> Result<Self, KeyError> {
        let key = keyfile::read(&home.join(KEY_FILE))?;
        let next = match keyfile::read(&home.join(NEXT_FILE)) {
            Ok(next) => Some(SealingKey::of(&next)),
            Err(KeyError::Missing(_)) => None,
            Err(error) => return Err(error),
        };
        let ring = Self::from_key(&key);
        Ok(Self { home: Some(home.to_path_buf()), next: Mutex::new(next), ..ring })
    }

    /// Like [`Keyring::load`], and makes the key when there is none: 32 random bytes, durable before this
    /// returns. An existing file is never overwritten, also not by another process at the same moment.
    pub fn load_or_create(home: &Path) -> Result<Self, KeyError> {
        match Self::load(home) {
            Err(KeyError::Missing(path)) => {
                keyfile::create(home, &path)?;
                Self::load(home)
            }
            other => other,
        }
    }

    /// From 64 hexadecimal digits, for a key that comes from the environment. White space around it counts
    /// for nothing.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        Ok(Self::from_key(&keyfile::parse(text, || "the value handed in".to_owned())?))
    }

    fn from_key(key: &Bytes) -> Self {
        let keys = Keys {
            current: SealingKey::of(key),
            older: Vec::new(),
            tokens: Arc::new(derive(key, b"innominatus token 1")),
        };
        Self { keys: RwLock::new(keys), home: None, next: Mutex::new(None) }
    }

    /// Which key seals now.
    pub fn id(&self) -> KeyId {
        self.current().id
    }

    pub(super) fn current(&self) -> Arc<SealingKey> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).current.clone()
    }

    /// The key of this id, if it is at hand.
    pub(super) fn find(&self, id: KeyId) -> Option<Arc<SealingKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(&keys.current).chain(&keys.older).find(|key| key.id == id).cloned()
    }

    pub(super) fn tokens(&self) -> Arc<Bytes> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).tokens.clone()
    }

    /// The key of tokens as bytes: to be kept, sealed, so that tokens outlive the key they were derived from.
    pub(crate) fn token_key(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.tokens().to_vec())
    }

    /// Makes tokens with a key that was kept. False if it is not one.
    pub(crate) fn set_token_key(&self, bytes: &[u8]) -> bool {
        let Ok(bytes) = bytes.try_into() else { return false };
        self.keys.write().unwrap_or_else(PoisonError::into_inner).tokens = Arc::new(Zeroizing::new(bytes));
        true
    }

    /// The key that is to come, if a replacement was begun.
    pub(crate) fn next_id(&self) -> Option<KeyId> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|next| next.id)
    }

    /// Makes the key that is to come, in a file beside the one there is; durable before this returns. One that an
    /// interrupted replacement left behind is taken.
    pub(crate) fn make_next(&self) -> Result<KeyId, KeyError> {
        let home = self.home.as_ref().ok_or(KeyError::HandedIn)?;
        let path = home.join(NEXT_FILE);
        keyfile::create(home, &path)?;
        let mut next = SealingKey::of(&keyfile::read(&path)?);
        if next.id == self.id() {
            // It took over already; only its file did not.
            keyfile::replace(home)?;
            keyfile::create(home, &path)?;
            next = SealingKey::of(&keyfile::read(&path)?);
        }
        let id = next.id;
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(next);
        Ok(id)
    }

    /// The key that was replaced last since this process began.
    pub(crate) fn replaced(&self) -> Option<KeyId> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.older.last().map(|key| key.id)
    }

    /// Seals with the key that is to come from now on. What older ones sealed still opens.
    pub(crate) fn switch(&self) {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = next {
            let old = mem::replace(&mut keys.current, next);
            keys.older.push(old);
        }
    }

    /// Puts the file of the key that came in the place of the one there was, which is gone with that. Nothing
    /// happens where that was done before.
    pub(crate) fn settle(&self) -> Result<(), KeyError> {
        match &self.home {
            Some(home) => keyfile::replace(home),
            None => Ok(()),
        }
    }

    /// What a sealed value of an older key begins with, in base64; none when no key was replaced since this process
    /// began.
    pub(crate) fn stale_beginnings(&self) -> Vec<String> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let older = keys.older.iter().filter(|key| key.id != keys.current.id);
        older.map(|key| BASE64.encode(envelope::beginning(key.id))).collect()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.id())
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use innominatus_model::{Code, Coded as _};

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
