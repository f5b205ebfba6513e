//! One process at a time: a locked file that names its holder.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::error::io;
use crate::Error;

/// The lock file's name. It stays when the lock is gone: removing it would let two processes lock two files.
pub(super) const LOCK: &str = "LOCK";

/// The lock, held until it is dropped. The system lets go of it when the process ends, however it ends.
pub(super) struct DirLock {
    _file: File,
}

impl DirLock {
    pub(super) fn take(path: &Path) -> Result<Self, Error> {
        let fail = |error: &std::io::Error| io("the lock file cannot be used", error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join(LOCK))
            .map_err(|e| fail(&e))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                // Without a number the message says "another process"; that is all a failed read costs.
                let holder = file.read_to_string(&mut holder).ok().and_then(|_| holder.trim().parse().ok());
                return Err(Error::Locked { path: path.to_path_buf(), holder });
            }
            Err(errno) => return Err(fail(&errno.into())),
        }
        let write = file.set_len(0).and_then(|()| file.rewind());
        write.and_then(|()| writeln!(file, "{}", std::process::id())).map_err(|e| fail(&e))?;
        Ok(Self { _file: file })
    }
}
