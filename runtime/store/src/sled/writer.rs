//! The writing thread: takes what waits, decides it as one group, writes it, syncs once, then answers.
//!
//! The order is the promise: batch, flush, sync, witness; only then is the revision published and anybody told.
//! If one of the steps fails, nothing is known about the disk any more: the store ends, and every later call says
//! why. A failed sync is never tried again, because the system may have dropped what it could not write.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use super::error::{self, guarded, io};
use super::group::{Finished, Group, Keep};
use super::lock::DirLock;
use super::open::Opened;
use super::record::Head;
use super::shared::Shared;
use super::weights::Weights;
use super::witness::Witness;
use super::{Disk, SledOptions};
use crate::{Committed, Error, Txn};

/// Transactions that may wait for the writer before callers wait to hand theirs in.
const QUEUE: usize = 256;
/// A group, at most: transactions, and the bytes that end it.
const GROUP: (usize, usize) = (256, 1024 * 1024);

pub(super) enum Request {
    Txn {
        txn: Txn,
        answer: Answer,
    },
    /// Answered through [`Shared::closed`], which tells all who wait.
    Close,
}

type Answer = oneshot::Sender<Result<Committed, Error>>;

type Started = (Arc<Shared>, mpsc::Sender<Request>, JoinHandle<()>);

pub(super) fn start(opened: Opened, options: &SledOptions) -> Result<Started, Error> {
    let Opened { path, database, file, witness, head, weights, lock } = opened;
    let shared = Arc::new(Shared::new(path, database.clone(), head.revision, head.oldest));
    let writer = Writer {
        shared: Arc::clone(&shared),
        database,
        file,
        disk: Arc::clone(&options.disk),
        witness,
        head,
        weights,
        keep: Keep { revisions: options.keep_revisions, bytes: options.keep_bytes },
        lock,
    };
    let (send, receive) = mpsc::channel(QUEUE);
    let thread = thread::Builder::new()
        .name("store-write".into())
        .spawn(move || writer.run(receive))
        .map_err(|e| io("no thread to write the store", &e))?;
    Ok((shared, send, thread))
}

struct Writer {
    shared: Arc<Shared>,
    database: ::sled::Db,
    file: File,
    disk: Arc<dyn Disk>,
    witness: Witness,
    /// As of the last group.
    head: Head,
    weights: Weights,
    keep: Keep,
    /// The last field: let go when all else is dropped.
    lock: DirLock,
}

impl Writer {
    fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let _end = End(Arc::clone(&self.shared));
        let mut closing = false;
        while !closing && let Some(first) = requests.blocking_recv() {
            let group;
            (group, closing) = gather(first, &mut requests);
            self.serve(group);
        }
        self.shared.progress.end(Error::Closed);
        // Whoever got in behind the close.
        requests.close();
        while let Some(request) = requests.blocking_recv() {
            if let Request::Txn { answer, .. } = request {
                drop(answer.send(Err(Error::Closed)));
            }
        }
        self.close();
    }

    fn serve(&mut self, group: Vec<(Txn, Answer)>) {
        if group.is_empty() {
            return;
        }
        if let Err(end) = self.shared.progress.durable() {
            for (_, answer) in group {
                drop(answer.send(Err(end.clone().not_applied())));
            }
            return;
        }
        let (txns, answers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        match self.commit(txns) {
            Ok(committed) => {
                for (answer, committed) in answers.into_iter().zip(committed) {
                    // Somebody who does not wait for the answer any more is no concern of the writer.
                    drop(answer.send(committed));
                }
            }
            Err(end) => {
                tracing::error!(error = %end, "the store has failed and takes no more calls");
                self.shared.progress.end(end.clone().not_applied());
                for answer in answers {
                    drop(answer.send(Err(end.clone())));
                }
            }
        }
    }

    /// Decides and writes a group. An error here is the end of the store.
    fn commit(&mut self, txns: Vec<Txn>) -> Result<Vec<Result<Committed, Error>>, Error> {
        let shared = Arc::clone(&self.shared);
        let (committed, finished) = guarded(&shared.path, || {
            let mut group = Group::new(&shared, &self.database, self.head);
            let committed: Vec<_> = txns.into_iter().map(|txn| group.add(txn)).collect();
            Ok((committed, group.finish(self.keep, &self.weights)?))
        })?;
        if let Some(finished) = finished {
            self.write(finished).map_err(maybe_applied)?;
        }
        for answer in &committed {
            match answer {
                Ok(Committed::Applied(_)) => shared.counters.committed.fetch_add(1, Ordering::Relaxed),
                Ok(Committed::Refused { .. }) => shared.counters.refused.fetch_add(1, Ordering::Relaxed),
                Err(_) => continue,
            };
        }
        Ok(committed)
    }

    fn write(&mut self, group: Finished) -> Result<(), Error> {
        let Finished { batch, head, history, weights, compacted } = group;
        let shared = &self.shared;
        guarded(&shared.path, || {
            let applying = shared.applying(head.revision, head.oldest);
            let applied = self.database.apply_batch(batch);
            drop(applying);
            applied.and_then(|()| self.database.flush()).map_err(|e| error::sled(&shared.path, e))
        })?;
        self.disk.sync(&self.file).map_err(|e| io("the database cannot be synced", &e))?;
        self.witness.write(head.revision).map_err(|e| io("the witness file cannot be written", &e))?;
        self.weights.forget(head.oldest.0 - self.head.oldest.0);
        weights.into_iter().for_each(|bytes| self.weights.push(bytes));
        self.head = head;
        {
            let mut recent = shared.recent();
            history.into_iter().for_each(|batch| recent.push(batch));
        }
        shared.counters.groups.fetch_add(1, Ordering::Relaxed);
        shared.counters.compacted.fetch_add(compacted, Ordering::Relaxed);
        shared.progress.publish(head.revision);
        Ok(())
    }

    /// Lets go of everything, the lock last, then says so.
    fn close(self) {
        let Self { shared, database, witness, lock, .. } = self;
        let synced = witness.sync().map_err(|e| io("the witness file cannot be synced", &e));
        // sled writes once more when the last handle is dropped: nothing that was not durable already.
        let dropped = guarded(&shared.path, || {
            drop(database);
            drop(shared.take_database());
            Ok(())
        });
        drop(lock);
        shared.closed.close(synced.and(dropped));
    }
}

/// However the thread ends, nobody waits for it in vain.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        let error = Error::unavailable("the writing thread ended");
        self.0.progress.end(error.clone());
        self.0.closed.close(Err(error));
    }
}

/// Everything that waits, up to the size of a group or to a close, and whether there was one.
fn gather(first: Request, requests: &mut mpsc::Receiver<Request>) -> (Vec<(Txn, Answer)>, bool) {
    let (mut group, mut bytes, mut next) = (Vec::new(), 0, Some(first));
    while let Some(request) = next {
        match request {
            Request::Close => return (group, true),
            Request::Txn { txn, answer } => {
                bytes += txn.size();
                group.push((txn, answer));
            }
        }
        let full = group.len() >= GROUP.0 || bytes >= GROUP.1;
        next = if full { None } else { requests.try_recv().ok() };
    }
    (group, false)
}

/// A failed write as the members of its group see it.
fn maybe_applied(error: Error) -> Error {
    match error {
        Error::Full { reason, .. } => Error::Full { maybe_applied: true, reason },
        Error::Unavailable { reason, .. } => Error::Unavailable { maybe_applied: true, reason },
        // Damage met while writing: whether the group is there shows the next start.
        Error::Damaged { what, .. } => Error::Unavailable { maybe_applied: true, reason: what },
        other => other,
    }
}
