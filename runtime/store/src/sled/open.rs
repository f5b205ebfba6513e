//! Opening: lock, marker, sled, check, in a thread of its own with a time limit.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::before::Before;
use super::error::{damaged, guarded, io};
use super::layout::{FORMAT, META_FORMAT, META_HEAD, META_ID};
use super::lock::DirLock;
use super::marker::{self, Folder};
use super::record::Head;
use super::shared::blocking;
use super::weights::Weights;
use super::witness::Witness;
use super::{SledOptions, check, error};
use crate::{Error, Revision};

/// sled's segments: so large that no page of values within the limits ever leaves the file for one of the "blob"
/// files that sled does not sync. Fixed when a store is made.
const SEGMENT: usize = 4 * 1024 * 1024;

/// The thread in which the engine may panic over damage; what it says then is in the error.
pub const OPENING_THREAD: &str = "store-open";

/// An open and checked store.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) database: ::sled::Db,
    /// Our own handle of the database file, to sync it.
    pub(super) file: File,
    pub(super) witness: Witness,
    pub(super) head: Head,
    pub(super) weights: Weights,
    /// The last to be dropped: until then nobody else may open.
    pub(super) lock: DirLock,
}

/// Opens within the time limit. What comes too late is dropped by the thread that opened it.
pub(super) async fn open_in_time(path: PathBuf, options: SledOptions) -> Result<Opened, Error> {
    blocking(move || {
        let limit = options.open_timeout;
        let (send, receive) = sync_channel(0);
        let work = move || {
            let opened = guarded(&path, || open(&path, &options));
            drop(send.send(opened));
        };
        thread::Builder::new()
            .name(OPENING_THREAD.into())
            .spawn(work)
            .map_err(|e| io("no thread to open the store", &e))?;
        receive.recv_timeout(limit).unwrap_or_else(|end| match end {
            RecvTimeoutError::Timeout => {
                Err(Error::unavailable(format_args!("opening took longer than {} seconds", limit.as_secs())))
            }
            RecvTimeoutError::Disconnected => Err(Error::unavailable("the opening thread ended")),
        })
    })
    .await
}

fn open(path: &Path, options: &SledOptions) -> Result<Opened, Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|e| io("the folder cannot be made", &e))?;
    let lock = DirLock::take(path)?;
    match marker::inspect(path)? {
        Folder::New => create(path, options, lock),
        Folder::Store(id) => reopen(path, options, lock, id),
    }
}

fn create(path: &Path, options: &SledOptions, lock: DirLock) -> Result<Opened, Error> {
    let id = Uuid::now_v7();
    marker::begin(path, id)?;
    let database = open_sled(path, options)?;
    let file = open_file(path)?;
    let head = Head::EMPTY;
    let mut batch = ::sled::Batch::default();
    batch.insert(META_FORMAT, &FORMAT.to_be_bytes());
    batch.insert(META_ID, id.as_bytes());
    batch.insert(META_HEAD, head.encode(META_HEAD));
    let written = database.apply_batch(batch).and_then(|()| database.flush());
    written.map_err(|e| error::sled(path, e))?;
    options.disk.sync(&file).map_err(|e| io("the database cannot be synced", &e))?;
    let witness = Witness::create(path)?;
    // sled syncs neither its settings nor the names of its files.
    let synced = File::open(path.join("conf")).and_then(|file| file.sync_all());
    synced.and_then(|()| marker::sync_folder(path)).map_err(|e| io("the folder cannot be synced", &e))?;
    marker::finish(path)?;
    tracing::debug!(path = %path.display(), %id, "store made");
    Ok(Opened { path: path.to_path_buf(), database, file, witness, head, weights: Weights::default(), lock })
}

fn reopen(path: &Path, options: &SledOptions, lock: DirLock, id: Uuid) -> Result<Opened, Error> {
    match fs::metadata(path.join("db")) {
        Ok(file) if file.len() > 0 => {}
        Ok(_) => return Err(damaged(path, "the database file `db` is empty")),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(damaged(path, "the database file `db` is missing"));
        }
        Err(e) => return Err(io("the database file cannot be read", &e)),
    }
    let (mut witness, acknowledged) = Witness::open(path)?;
    let before =
        Before::keep(path).map_err(|e| io("the database cannot be copied before it is opened", &e))?;
    remove_torn_snapshots(path)?;
    let whole = || {
        let database = open_sled(path, options)?;
        let file = open_file(path)?;
        let (head, weights) = check::check(path, &database, id, acknowledged)?;
        Ok((database, file, head, weights))
    };
    let looked = whole();
    // Whoever could not look has found nothing; sled may still hold the files of a store that was closed a moment ago.
    if !matches!(looked, Err(Error::Damaged { .. } | Error::Format { .. })) {
        before.forget().map_err(|e| io("the copy of the database cannot be removed", &e))?;
    }
    let (database, file, head, weights) = looked?;
    // Recovery may have found more than was acknowledged. It is seen from now on, so it must be durable.
    database.flush().map_err(|e| error::sled(path, e))?;
    options.disk.sync(&file).map_err(|e| io("the database cannot be synced", &e))?;
    note(&mut witness, head.revision)?;
    tracing::debug!(path = %path.display(), %id, revision = %head.revision, "store opened");
    Ok(Opened { path: path.to_path_buf(), database, file, witness, head, weights, lock })
}

fn note(witness: &mut Witness, revision: Revision) -> Result<(), Error> {
    let noted = witness.write(revision).and_then(|()| witness.sync());
    noted.map_err(|e| io("the witness file cannot be written", &e))
}

/// A start that was killed leaves half a snapshot under a name that the next start would take for the newest one,
/// and refuse. Snapshots only speed up the start, so half of one is worth nothing.
fn remove_torn_snapshots(path: &Path) -> Result<(), Error> {
    let fail = |e: std::io::Error| io("a leftover of an interrupted start cannot be removed", &e);
    for entry in fs::read_dir(path).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path()).map_err(fail)?;
        }
    }
    Ok(())
}

fn open_sled(path: &Path, options: &SledOptions) -> Result<::sled::Db, Error> {
    // Nobody but this process has the folder. A store closed a moment ago may still hold sled's own lock, because
    // sled's threads let go of their last references late.
    let patience = Instant::now() + Duration::from_secs(10);
    loop {
        let config = ::sled::Config::new()
            .path(path)
            .segment_size(SEGMENT)
            .flush_every_ms(None)
            .cache_capacity(options.cache_bytes)
            .mode(::sled::Mode::HighThroughput);
        match config.open() {
            Ok(database) => return Ok(database),
            Err(::sled::Error::Io(e)) if is_lock(&e) && Instant::now() < patience => {
                thread::sleep(Duration::from_millis(10));
            }
            Err(e) => return Err(error::sled(path, e)),
        }
    }
}

/// sled gives a failed lock no kind of its own, only this text.
fn is_lock(error: &std::io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

fn open_file(path: &Path) -> Result<File, Error> {
    File::open(path.join("db")).map_err(|e| io("the database file cannot be opened", &e))
}
