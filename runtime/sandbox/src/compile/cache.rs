//! Compiled code on disk. A file is believed only if its authentication code holds; anything else is as good
//! as not there.

use std::fs::{self, DirBuilder, File, Permissions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use innominatus_model::Digest;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use wasmtime::Engine;

/// Counts changes of the layout of an entry. What is looked at before a component is compiled changes with the program,
/// whose version stands in an entry as well; whoever changes that within a version counts this up.
const FORMAT: u8 = 3;
const MAGIC: &[u8; 8] = b"innocode";
const KEY_FILE: &str = "key";
const KEY: usize = 32;
const TAG: usize = 32;
/// Of the number that says how long what is said is.
const LENGTH: usize = 4;
const PROGRAM: &str = env!("CARGO_PKG_VERSION");
/// A file that nobody used for so long goes: of a component that was uninstalled, of another wasmtime, or a draft.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How exactly it is known when a file was last used.
const USED_LATELY: Duration = Duration::from_secs(24 * 60 * 60);

/// Compiled code of our own making.
pub(crate) struct Sealed {
    /// The whole entry; the code begins after its header, and after what is said of the component.
    entry: Vec<u8>,
    said: std::ops::Range<usize>,
}

impl Sealed {
    /// From the pipe of our own child.
    pub(crate) fn from_child(code: Vec<u8>) -> Self {
        Self { entry: code, said: 0..0 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.entry[self.said.end..]
    }

    /// What is said of the component, as it was given with the code.
    pub(crate) fn said(&self) -> &[u8] {
        &self.entry[self.said.clone()]
    }
}

/// Why the cache cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("the folder for compiled components `{}` cannot be used: {reason}", .path.display())]
pub(crate) struct CacheError {
    path: PathBuf,
    reason: String,
}

/// The folder of compiled components, for one engine profile.
pub(crate) struct Cache {
    folder: PathBuf,
    key: [u8; KEY],
    engine: [u8; 32],
}

impl Cache {
    /// Opens the folder; makes it, and its key, if need be. Several processes may open one folder at once.
    pub(crate) fn open(folder: &Path, engine: &Engine) -> Result<Self, CacheError> {
        let wrap = |reason: String| CacheError { path: folder.to_owned(), reason };
        secure(folder).map_err(wrap)?;
        let key = read_or_make_key(folder).map_err(wrap)?;
        let mut hasher = Sha256Hasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { folder: folder.to_owned(), key, engine: hasher.0.finalize().into() })
    }

    /// The entry of a component, if there is one that can be trusted.
    pub(crate) fn get(&self, digest: &Digest) -> Option<Sealed> {
        let path = self.path(digest);
        let mut entry = Vec::new();
        let read = File::open(&path).and_then(|mut file| {
            file.read_to_end(&mut entry)?;
            Ok(file)
        });
        let file = match read {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "cannot read a compiled component; compiling again");
                return None;
            }
        };
        let header = self.header(digest);
        let start = TAG + header.len() + LENGTH;
        let sound = entry.len() >= start
            && entry[TAG..start - LENGTH] == header
            // The comparison takes the same time wherever they differ.
            && entry[..TAG].try_into().is_ok_and(|tag: [u8; TAG]| self.mac(&entry[TAG..]).finalize() == tag);
        if !sound {
            tracing::warn!(path = %path.display(), "a compiled component is damaged or not ours; compiling again");
            return None;
        }
        let length = entry[start - LENGTH..start].try_into().map(u32::from_le_bytes).unwrap_or(u32::MAX);
        let said = start..start.saturating_add(length as usize);
        if said.end > entry.len() {
            return None;
        }
        if file.metadata().is_ok_and(|found| unused_for(&found, USED_LATELY)) {
            // Where the time cannot be set, the component is compiled again one day.
            _ = file.set_modified(SystemTime::now());
        }
        Some(Sealed { entry, said })
    }

    /// Keeps compiled code with what is said of its component, and drops what nobody uses any more. A reader sees the
    /// whole entry or none.
    pub(crate) fn put(&self, digest: &Digest, said: &[u8], code: &Sealed) -> io::Result<()> {
        self.drop_unused();
        let length = u32::try_from(said.len()).map_err(io::Error::other)?.to_le_bytes();
        let head = [&self.header(digest)[..], &length, said].concat();
        let mut mac = self.mac(&head);
        mac.update(code.bytes());
        let mut file = NamedTempFile::new_in(&self.folder)?;
        file.write_all(mac.finalize().as_bytes())?;
        file.write_all(&head)?;
        file.write_all(code.bytes())?;
        file.persist(self.path(digest)).map_err(|error| error.error)?;
        Ok(())
    }

    /// Whatever cannot be looked at or removed stays: it is in nobody's way.
    fn drop_unused(&self) {
        for file in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let unused = file.metadata().is_ok_and(|found| found.is_file() && unused_for(&found, UNUSED));
            if unused && file.file_name() != KEY_FILE {
                tracing::debug!(path = %file.path().display(), "nobody used this compiled component lately");
                _ = fs::remove_file(file.path());
            }
        }
    }

    /// Where the entry of a component lies.
    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(Digest::of(self.header(digest)).hex())
    }

    /// What an entry is of: stands in the file and makes its name.
    fn header(&self, digest: &Digest) -> Vec<u8> {
        [MAGIC.as_slice(), &[FORMAT], digest.as_bytes(), &self.engine, PROGRAM.as_bytes()].concat()
    }

    fn mac(&self, bytes: &[u8]) -> blake3::Hasher {
        let mut mac = blake3::Hasher::new_keyed(&self.key);
        mac.update(bytes);
        mac
    }
}

/// Whether a file was last written, or marked as used, longer ago than this.
fn unused_for(found: &fs::Metadata, time: Duration) -> bool {
    found.modified().is_ok_and(|used| used.elapsed().is_ok_and(|since| since > time))
}

/// A folder of our own that nobody else can look into or write to.
fn secure(folder: &Path) -> Result<(), String> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| error.to_string())?;
    let found = fs::metadata(folder).map_err(|error| error.to_string())?;
    let us = rustix::process::geteuid().as_raw();
    if found.uid() != us {
        return Err(format!("it belongs to user {}, and this is user {us}", found.uid()));
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn read_or_make_key(folder: &Path) -> Result<[u8; KEY], String> {
    let path = folder.join(KEY_FILE);
    // It guards nothing but this cache: where it is damaged, a new one makes every entry a stranger's, and those are
    // made anew. Looked at before it is opened, because to open a pipe would wait.
    match fs::symlink_metadata(&path) {
        Ok(found) if found.is_file() && found.len() == KEY as u64 => {}
        Ok(found) if found.is_dir() => return Err(format!("its key `{}` is a folder", path.display())),
        Ok(_) => {
            fs::remove_file(&path).map_err(|error| format!("cannot remove its damaged key: {error}"))?;
            make_key(folder, &path).map_err(|error| format!("cannot make its key: {error}"))?;
        }
        Err(_) => make_key(folder, &path).map_err(|error| format!("cannot make its key: {error}"))?,
    }
    let mut file = File::open(&path).map_err(|error| format!("cannot read its key: {error}"))?;
    let found = file.metadata().map_err(|error| error.to_string())?;
    if found.uid() != rustix::process::geteuid().as_raw() || found.mode() & 0o077 != 0 {
        return Err(format!("others can read its key; remove `{}`, it is made anew", path.display()));
    }
    let mut key = [0; KEY];
    match file.read_exact(&mut key) {
        Ok(()) => Ok(key),
        Err(_) => Err(format!("its key is damaged; remove `{}`, it is made anew", path.display())),
    }
}

/// Makes the key under another name and links it: of several processes, one wins and all read the winner's.
fn make_key(folder: &Path, path: &Path) -> io::Result<()> {
    let mut key = [0; KEY];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

/// Feeds `Hash` into SHA-256: 64 bits would be too few for a name that stands for trust.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let bytes: [u8; 32] = self.0.clone().finalize().into();
        u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes make a u64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine;

    fn open(folder: &Path) -> Cache {
        Cache::open(folder, engine::shared().unwrap()).unwrap()
    }

    #[test]
    fn an_entry_is_believed_only_whole_and_only_for_its_component() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        let (one, two) = (Digest::of("one"), Digest::of("two"));
        assert!(cache.get(&one).is_none());
        cache.put(&one, b"said", &Sealed::from_child(b"code".to_vec())).unwrap();
        let kept = cache.get(&one).unwrap();
        assert_eq!((kept.said(), kept.bytes()), (&b"said"[..], &b"code"[..]));

        // One component's code under another's name.
        fs::copy(cache.path(&one), cache.path(&two)).unwrap();
        assert!(cache.get(&two).is_none());

        let good = fs::read(cache.path(&one)).unwrap();
        for at in [0, TAG, TAG + 8, good.len() - 12, good.len() - 8, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(cache.path(&one), bad).unwrap();
            assert!(cache.get(&one).is_none(), "byte {at}");
        }
        for len in [0, TAG, good.len() - 1] {
            fs::write(cache.path(&one), &good[..len]).unwrap();
            assert!(cache.get(&one).is_none(), "length {len}");
        }
    }

    #[test]
    fn what_nobody_uses_goes_and_what_is_used_stays() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        let [one, two, three] = ["one", "two", "three"].map(Digest::of);
        for digest in [&one, &two] {
            cache.put(digest, b"", &Sealed::from_child(b"code".to_vec())).unwrap();
        }
        let draft = folder.path().join(".tmp-of-a-kill");
        fs::write(&draft, "half").unwrap();
        let long_ago = SystemTime::now() - UNUSED - USED_LATELY;
        for path in [&cache.path(&one), &cache.path(&two), &draft, &folder.path().join(KEY_FILE)] {
            File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
        }
        assert!(cache.get(&one).is_some());
        cache.put(&three, b"", &Sealed::from_child(b"code".to_vec())).unwrap();
        assert!(cache.get(&one).is_some(), "it was used just now");
        assert!(cache.get(&two).is_none() && !draft.exists());
        assert!(open(folder.path()).get(&one).is_some(), "the key is as old, and stays");
    }

    #[test]
    fn a_damaged_key_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path());
        let path = folder.path().join(KEY_FILE);
        for damaged in [&b""[..], b"short", &[0; KEY + 1]] {
            fs::write(&path, damaged).unwrap();
            open(folder.path());
            assert_eq!(fs::metadata(&path).unwrap().len(), KEY as u64);
        }
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        open(folder.path());
    }

    #[test]
    fn another_key_makes_another_cache() {
        let folder = tempfile::tempdir().unwrap();
        let digest = Digest::of("one");
        open(folder.path()).put(&digest, b"", &Sealed::from_child(b"code".to_vec())).unwrap();
        assert!(open(folder.path()).get(&digest).is_some(), "the same key is read again");
        fs::remove_file(folder.path().join(KEY_FILE)).unwrap();
        assert!(open(folder.path()).get(&digest).is_none());
    }

    #[test]
    fn the_folder_is_ours_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        open(&path);
        fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
        open(&path);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(path.join(KEY_FILE)).unwrap().mode() & 0o777, 0o600);

        fs::set_permissions(path.join(KEY_FILE), Permissions::from_mode(0o644)).unwrap();
        let error = Cache::open(&path, engine::shared().unwrap()).err().unwrap().to_string();
        assert!(error.contains("others can read its key"), "{error}");
    }
}
