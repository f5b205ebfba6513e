//! What the tests of the sled store share.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use innominatus_store::sled::{SledOptions, SledStore};
use innominatus_store::{Error, Range, Revision, Store, Txn, Versioned, collect};

/// Numbers that are the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % bound
    }
}

/// How often a test of random points goes round: few times, or as many times more as `STORE_TEST_ROUNDS` says.
pub(crate) fn rounds(few: u64) -> u64 {
    let more = std::env::var("STORE_TEST_ROUNDS").ok().and_then(|text| text.parse().ok());
    few * more.unwrap_or(1u64)
}

pub(crate) async fn open(path: &Path) -> Result<SledStore, Error> {
    SledStore::open(path, SledOptions::default().keep_revisions(100)).await
}

pub(crate) type Content = BTreeMap<Vec<u8>, Versioned>;

pub(crate) async fn content(store: &dyn Store) -> Result<Content, Error> {
    let (items, _) = collect(store, Range::all()).await?;
    Ok(items.into_iter().map(|item| (item.key.clone(), item)).collect())
}

/// Some hundred transactions of all kinds: new, replaced and deleted keys, small and large values.
pub(crate) async fn fill(store: &dyn Store, seed: u64) -> Revision {
    let mut dice = Dice::new(seed);
    let mut last = Revision::ZERO;
    for n in 0..400u64 {
        let value = vec![dice.below(255) as u8 + 1; dice.below(3000) as usize];
        let mut txn =
            Txn::new().put(format!("record/{}", dice.below(60)), value).put(format!("event/{n:04}"), "e");
        if n % 7 == 6 {
            txn = txn.delete(format!("event/{:04}", dice.below(n + 1).saturating_sub(1)));
        }
        last = store.txn(txn).await.unwrap().applied().unwrap();
    }
    last
}

/// Copies a folder of files and folders.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
