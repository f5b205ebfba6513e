//! Component bytes: content-addressed files beside the store, shared by every version that has them.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use innominatus_model::{Code, Coded, Digest};

/// Why a blob cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The file system said no.
    #[error("cannot {doing} `{}`", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The bytes are gone.
    #[error("`{}` is gone", .path.display())]
    Missing {
        /// Which file.
        path: PathBuf,
    },
    /// A record does not say which bytes they are.
    #[error("the record does not name all of its blobs")]
    Unlisted,
    /// The bytes are not what they were.
    #[error("`{}` no longer has the digest {expected}", .path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What it should be.
        expected: Digest,
    },
}

impl Coded for BlobError {
    fn code(&self) -> Code {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => Code::StoreFull,
            Self::Io { .. } => Code::StoreFailed,
            Self::Missing { .. } => Code::PlatformNotFound,
            Self::Unlisted | Self::Damaged { .. } => Code::StoreIntegrity,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Io { .. } | Self::Unlisted => None,
            Self::Missing { .. } | Self::Damaged { .. } => {
                Some("install the same version of the platform again: its resources stay as they are".into())
            }
        }
    }
}

/// A folder of blobs.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    /// In this folder, which is created.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, BlobError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(io_error("create", &folder))?;
        Ok(Self { folder })
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(format!("sha256-{}", digest.hex()))
    }

    /// Keeps these bytes, durably: a crash leaves the whole blob or none. Blocks.
    pub fn keep(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        let digest = Digest::of(bytes);
        let path = self.path(&digest);
        if self.get(&digest).is_ok() {
            return Ok(digest);
        }
        // A name of its own for each attempt: two may keep the same bytes at once.
        static ATTEMPTS: AtomicU64 = AtomicU64::new(0);
        let attempt = ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        let temporary = self.folder.join(format!(".{}.{}.{attempt}", digest.hex(), std::process::id()));
        let write = || -> io::Result<()> {
            let mut file = File::create(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| {
            _ = fs::remove_file(&temporary);
            io_error("write", &path)(error)
        })?;
        Ok(digest)
    }

    /// The bytes, verified. Blocks.
    pub fn get(&self, digest: &Digest) -> Result<Vec<u8>, BlobError> {
        let path = self.path(digest);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BlobError::Missing { path });
            }
            read => read.map_err(io_error("read", &path))?,
        };
        if Digest::of(&bytes) == *digest {
            Ok(bytes)
        } else {
            Err(BlobError::Damaged { path, expected: *digest })
        }
    }

    /// Removes every blob that is not in use. Returns how many went. Blocks.
    pub fn retain(&self, in_use: impl Fn(&str) -> bool) -> Result<usize, BlobError> {
        let mut removed = 0;
        for entry in fs::read_dir(&self.folder).map_err(io_error("list", &self.folder))? {
            let entry = entry.map_err(io_error("list", &self.folder))?;
            let name = entry.file_name();
            let keep = name.to_str().and_then(|name| name.strip_prefix("sha256-")).is_some_and(&in_use);
            if !keep {
                fs::remove_file(entry.path()).map_err(io_error("remove", &entry.path()))?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BlobError {
    let path = path.to_owned();
    move |source| BlobError::Io { doing, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_are_verified_and_collected() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path().join("blobs")).unwrap();
        let (a, b) = (blobs.keep(b"a").unwrap(), blobs.keep(b"b").unwrap());
        assert_eq!(blobs.keep(b"a").unwrap(), a);
        fs::write(blobs.path(&b), b"x").unwrap();
        assert!(matches!(blobs.get(&b), Err(BlobError::Damaged { .. })));
        assert_eq!(blobs.keep(b"b").unwrap(), b, "damage is mended by keeping it again");
        assert_eq!(blobs.retain(|hex| hex == a.hex()).unwrap(), 1);
        assert!(blobs.get(&a).is_ok());
        assert!(matches!(blobs.get(&b), Err(BlobError::Missing { .. })));
    }

    #[test]
    fn the_same_bytes_may_be_kept_by_many_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let bytes = vec![7; 1 << 20];
        std::thread::scope(|scope| {
            let keepers: Vec<_> = (0..8).map(|_| scope.spawn(|| blobs.keep(&bytes).unwrap())).collect();
            for keeper in keepers {
                assert_eq!(keeper.join().unwrap(), Digest::of(&bytes));
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");
    }
}
