//! How fast a store commits, and how fast the disk below it could: two measurements for one ratio.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{Committed, Error, Revision, Store, Txn};

/// So many of something in so long.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// How many.
    pub count: u64,
    /// In which time.
    pub elapsed: Duration,
}

impl Measured {
    /// Per second.
    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }
}

/// Durable transactions by concurrent writers, each of which waits for its answer before the next.
///
/// A transaction is what the runtime does most: replace a record of `value` bytes if it is unchanged, and append an
/// event of a fifth of that.
///
/// # Errors
/// Those of [`Store::txn`]. The store should be fresh: keys begin with `measure/`.
pub async fn durable_txns(
    store: Arc<dyn Store>,
    writers: usize,
    each: u64,
    value: usize,
) -> Result<Measured, Error> {
    let begin = Instant::now();
    let tasks = (0..writers).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut seen = Revision::ZERO;
            for nth in 0..each {
                let txn = Txn::new()
                    .when_unchanged(format!("measure/record/{writer:04}"), seen)
                    .put(format!("measure/record/{writer:04}"), noise(writer as u64 ^ nth << 16, value))
                    .put(format!("measure/event/{writer:04}/{nth:012}"), noise(nth, value / 5));
                match store.txn(txn).await? {
                    Committed::Applied(revision) => seen = revision,
                    Committed::Refused { .. } => {
                        return Err(Error::Invalid("the store to be measured is used by others".into()));
                    }
                }
            }
            Ok(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.map_err(Error::unavailable)??;
    }
    Ok(Measured { count: writers as u64 * each, elapsed: begin.elapsed() })
}

/// Blocks of 4 KiB appended to a file in `folder` and synced in groups: what a store could do if it wrote one block
/// a transaction and did nothing else. Blocks the calling thread; removes the file.
///
/// # Errors
/// Those of the file system.
pub fn disk_groups(folder: &Path, group: usize, groups: u64) -> io::Result<Measured> {
    const BLOCK: usize = 4096;
    let path = folder.join("measure.raw");
    let mut file = File::create(&path)?;
    let bytes = noise(1, BLOCK * group);
    let begin = Instant::now();
    for _ in 0..groups {
        file.write_all(&bytes)?;
        file.sync_data()?;
    }
    let elapsed = begin.elapsed();
    drop(file);
    std::fs::remove_file(path)?;
    Ok(Measured { count: group as u64 * groups, elapsed })
}

/// Bytes that do not compress, the same for the same seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
