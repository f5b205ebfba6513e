//! `HEAD`: the last acknowledged revision, written beside the database after every group.
//!
//! A database that lost its end opens without complaint at an earlier revision. The witness remembers. It is not
//! synced with every group: after a loss of power it may be older than the database, never newer.
//! Two slots, each in a disk sector of its own and written in turn, so that a torn write leaves the other.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::error::{damaged, io};
use crate::{Error, Revision};

const FILE: &str = "HEAD";
const SECTOR: u64 = 512;
/// Revision and checksum.
const SLOT: usize = 12;

pub(super) struct Witness {
    file: File,
    /// Where the next revision goes: not over the latest one.
    next: u64,
}

impl Witness {
    /// Makes the file of a new store, durably.
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        let create = || {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(path.join(FILE))?;
            file.set_len(2 * SECTOR)?;
            let mut witness = Self { file, next: 0 };
            witness.write(Revision::ZERO)?;
            witness.sync()?;
            Ok(witness)
        };
        create().map_err(|error| io("the witness file cannot be written", &error))
    }

    /// Opens the file of a store and reads the highest revision it names.
    pub(super) fn open(path: &Path) -> Result<(Self, Revision), Error> {
        let missing =
            || damaged(path, format!("`{FILE}`, which names the last revision, is missing or damaged"));
        let file = match OpenOptions::new().read(true).write(true).open(path.join(FILE)) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
            Err(error) => return Err(io("the witness file cannot be read", &error)),
        };
        let (first, second) = (read(&file, 0), read(&file, SECTOR));
        let revision = first.max(second).ok_or_else(missing)?;
        let next = if first == Some(revision) { SECTOR } else { 0 };
        Ok((Self { file, next }, revision))
    }

    /// Notes a revision that is durable in the database.
    pub(super) fn write(&mut self, revision: Revision) -> std::io::Result<()> {
        let number = revision.0.to_be_bytes();
        let mut slot = [0; SLOT];
        slot[..8].copy_from_slice(&number);
        slot[8..].copy_from_slice(&crc32c::crc32c(&number).to_be_bytes());
        self.file.write_all_at(&slot, self.next)?;
        self.next = SECTOR - self.next;
        Ok(())
    }

    pub(super) fn sync(&self) -> std::io::Result<()> {
        self.file.sync_all()
    }
}

fn read(file: &File, at: u64) -> Option<Revision> {
    let mut slot = [0; SLOT];
    file.read_exact_at(&mut slot, at).ok()?;
    let (number, sum) = slot.split_first_chunk::<8>()?;
    // A slot never written is all zeros, and the checksum of eight zeros is not zero.
    (crc32c::crc32c(number).to_be_bytes() == sum).then(|| Revision(u64::from_be_bytes(*number)))
}
