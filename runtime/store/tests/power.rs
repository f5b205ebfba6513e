//! Simulated loss of power: what was not synced is gone, what was acknowledged is not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use common::{Dice, content, copy, open, rounds};
use innominatus_store::sled::{Disk, SledOptions, SledStore};
use innominatus_store::{Store, Txn};

const BLOCK: usize = 4096;

/// What of the database file is left after a loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// Exactly what was synced.
    Unsynced,
    /// What was synced, and any of the blocks that were on their way.
    SomeBlocks { seed: u64 },
    /// What was synced, by a disk that never syncs after the store was made.
    LyingDisk,
}

/// A disk that remembers what was synced, and loses power at a given sync, before it is done.
struct Platter {
    store: PathBuf,
    after: PathBuf,
    loss: Loss,
    state: Mutex<State>,
}

struct State {
    synced: Vec<u8>,
    syncs: u64,
    cut_at: u64,
}

impl Platter {
    fn cut(&self, state: &State, database: &File) -> io::Result<()> {
        copy(&self.store, &self.after);
        let mut left = state.synced.clone();
        if let Loss::SomeBlocks { seed } = self.loss {
            let now = read(database)?;
            left.resize(now.len(), 0);
            let mut dice = Dice::new(seed);
            for (old, new) in left.chunks_mut(BLOCK).zip(now.chunks(BLOCK)) {
                if old != new && dice.below(2) == 0 {
                    old.copy_from_slice(new);
                }
            }
        }
        fs::write(self.after.join("db"), left)
    }
}

impl Disk for Platter {
    fn sync(&self, database: &File) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.syncs += 1;
        if state.syncs == state.cut_at {
            self.cut(&state, database)?;
        }
        if state.syncs >= state.cut_at {
            return Err(io::Error::other("no power"));
        }
        if self.loss != Loss::LyingDisk || state.syncs == 1 {
            state.synced = read(database)?;
        }
        Ok(())
    }
}

fn read(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; file.metadata()?.len() as usize];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// Writes until the power goes, then opens what is left. Gives what is missing, or why it does not open.
async fn survives(folder: &Path, cut_at: u64, loss: Loss) -> Result<usize, String> {
    let (before, after) = (folder.join("before"), folder.join("after"));
    let disk = Arc::new(Platter {
        store: before.clone(),
        after: after.clone(),
        loss,
        state: Mutex::new(State { synced: Vec::new(), syncs: 0, cut_at }),
    });
    let options = SledOptions::default().keep_revisions(50).disk(disk);
    let store = Arc::new(SledStore::open(&before, options).await.unwrap());
    let acked = Arc::new(Mutex::new(BTreeMap::new()));
    let writers: Vec<_> = (0..6u64)
        .map(|writer| {
            let (store, acked) = (store.clone(), acked.clone());
            tokio::spawn(async move {
                let mut dice = Dice::new(writer + 1);
                for n in 1u64.. {
                    let text = n.to_string();
                    let bulk = vec![b'x'; dice.below(6000) as usize];
                    let txn = Txn::new()
                        .put(format!("a/{writer}"), text.clone())
                        .put(format!("bulk/{}", dice.below(40)), bulk)
                        .put(format!("z/{writer}"), text);
                    if store.txn(txn).await.is_err() {
                        break;
                    }
                    acked.lock().unwrap().insert(writer, n);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    drop(store);

    let store = open(&after).await.map_err(|error| error.to_string())?;
    let found = content(&store).await.map_err(|error| error.to_string())?;
    let number = |key: String| match found.get(key.as_bytes()) {
        Some(item) => String::from_utf8_lossy(&item.value).parse::<u64>().unwrap(),
        None => 0,
    };
    let acked = acked.lock().unwrap().clone();
    for (writer, acked) in acked.iter() {
        let (a, z) = (number(format!("a/{writer}")), number(format!("z/{writer}")));
        if a != z {
            return Err(format!("writer {writer} has half a pair: {a} and {z}"));
        }
        if a < *acked {
            return Err(format!("writer {writer} has {a}, but {acked} was acknowledged"));
        }
    }
    // It goes on from there.
    store.txn(Txn::new().put("a/0", "0").put("z/0", "0")).await.map_err(|error| error.to_string())?;
    Ok(acked.len())
}

async fn cuts(loss: impl Fn(u64) -> Loss) -> Vec<Result<usize, String>> {
    let mut dice = Dice::new(7);
    let mut answers = Vec::new();
    for round in 0..rounds(12) {
        let folder = tempfile::tempdir().unwrap();
        // The first sync makes the store.
        answers.push(survives(folder.path(), 5 + dice.below(60), loss(round)).await);
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acknowledged_writes_survive_a_loss_of_power() {
    for answer in cuts(|_| Loss::Unsynced).await {
        assert_eq!(answer, Ok(6), "all six writers had something to lose");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acknowledged_writes_survive_whatever_else_reached_the_disk() {
    for answer in cuts(|seed| Loss::SomeBlocks { seed }).await {
        assert_eq!(answer, Ok(6), "all six writers had something to lose");
    }
}

/// The proof that the two tests above can fail: without the sync, nothing survives, and the store notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_the_sync_acknowledged_writes_are_lost_and_the_loss_is_noticed() {
    for answer in cuts(|_| Loss::LyingDisk).await {
        let error = answer.unwrap_err();
        assert!(error.contains("was acknowledged"), "{error}");
    }
}
