//! Damage to the files: the store refuses with words, or opens with everything in it. It never loses in silence.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use common::{Content, Dice, content, copy, fill, open, rounds};
use innominatus_store::sled::{SledOptions, SledStore};
use innominatus_store::{Error, Store, Txn};
use tempfile::TempDir;

/// A folder of a store, and what is in it.
struct Whole {
    folder: TempDir,
    content: Content,
}

/// As it is when the store was closed.
async fn whole(seed: u64) -> Whole {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    fill(&store, seed).await;
    let content = content(&store).await.unwrap();
    store.close().await.unwrap();
    Whole { folder, content }
}

/// As it is when the process was killed.
async fn killed(seed: u64) -> Whole {
    let (open_one, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(open_one.path()).await.unwrap();
    fill(&store, seed).await;
    copy(open_one.path(), folder.path());
    Whole { folder, content: content(&store).await.unwrap() }
}

impl Whole {
    /// A damaged copy, opened. Whole again, or refused; if refused, left as it is and refused the next time as well.
    async fn damaged(&self, damage: impl FnOnce(&Path)) -> Result<(), Error> {
        let folder = tempfile::tempdir().unwrap();
        copy(self.folder.path(), folder.path());
        damage(folder.path());
        let before = files(folder.path());
        match open(folder.path()).await {
            Ok(store) => {
                assert_eq!(content(&store).await?, self.content, "opened, but not whole");
                store.txn(Txn::new().put("more", "1")).await.unwrap();
                Ok(())
            }
            Err(error) => {
                assert!(matches!(error, Error::Damaged { .. } | Error::Format { .. }), "{error}");
                assert!(error.remedy().is_some_and(|remedy| !remedy.is_empty()));
                let again = open(folder.path()).await.map(|_| ()).unwrap_err();
                assert!(matches!(again, Error::Damaged { .. } | Error::Format { .. }), "{again}");
                assert!(files(folder.path()) == before, "looking at it changed it: {error}");
                Err(error)
            }
        }
    }
}

/// Every file, without the lock's.
fn files(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    let files = files.filter(|entry| entry.file_name() != "LOCK");
    files.map(|entry| (entry.path(), fs::read(entry.path()).unwrap_or_default())).collect()
}

fn what(answer: Result<(), Error>) -> String {
    match answer {
        Err(Error::Damaged { what, .. }) => what,
        other => panic!("not refused as damaged: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undamaged_copy_opens_whole() {
    whole(1).await.damaged(|_| ()).await.unwrap();
    killed(1).await.damaged(|_| ()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_is_refused_or_without_effect() {
    flip(whole(2).await).await;
    flip(killed(2).await).await;
}

async fn flip(whole: Whole) {
    let bytes = fs::read(whole.folder.path().join("db")).unwrap();
    let used: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    let mut dice = Dice::new(3);
    let mut refused = 0;
    for _ in 0..rounds(60) {
        let at = used[dice.below(used.len() as u64) as usize];
        let bit = 1 << dice.below(8);
        let answer = whole
            .damaged(|path| {
                let file = OpenOptions::new().write(true).open(path.join("db")).unwrap();
                file.write_all_at(&[bytes[at] ^ bit], at as u64).unwrap();
            })
            .await;
        refused += usize::from(answer.is_err());
    }
    assert!(refused > 10, "only {refused} of 60 flips were noticed: the test does not reach the data");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shortened_database_is_refused_or_opens_whole() {
    shorten(whole(4).await).await;
    shorten(killed(4).await).await;
}

async fn shorten(whole: Whole) {
    let length = fs::metadata(whole.folder.path().join("db")).unwrap().len();
    let mut dice = Dice::new(5);
    let mut refused = 0;
    for _ in 0..rounds(20) {
        let left = 1 + dice.below(length - 1);
        let answer = whole
            .damaged(|path| {
                OpenOptions::new().write(true).open(path.join("db")).unwrap().set_len(left).unwrap()
            })
            .await;
        refused += usize::from(answer.is_err());
    }
    assert!(refused > 5, "only {refused} of 20 cuts were noticed");
}

#[tokio::test(flavor = "multi_thread")]
async fn zeroed_blocks_are_refused_or_without_effect() {
    zero(whole(6).await).await;
    zero(killed(6).await).await;
}

async fn zero(whole: Whole) {
    let length = fs::metadata(whole.folder.path().join("db")).unwrap().len();
    let mut dice = Dice::new(7);
    for _ in 0..rounds(20) {
        let at = dice.below(length / 4096) * 4096;
        drop(
            whole
                .damaged(|path| {
                    let file = OpenOptions::new().write(true).open(path.join("db")).unwrap();
                    file.write_all_at(&[0; 4096], at).unwrap();
                })
                .await,
        );
    }
}

/// A database of several segments: here the engine does not return errors, it panics.
#[tokio::test(flavor = "multi_thread")]
async fn damage_that_makes_the_engine_panic_is_refused_as_well() {
    // Where it panics, and whether, depends on how its threads laid out the file: several files are made before giving
    // up.
    for _ in 0..8 {
        if panics_of_one_file().await > 0 {
            return;
        }
    }
    panic!("the engine did not panic: the test does not reach what it is for");
}

/// Cuts a file at many places; none of them is more than an error. How often the engine panicked.
async fn panics_of_one_file() -> usize {
    let (open_one, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(open_one.path()).await.unwrap();
    for n in 0..40u8 {
        let txn =
            (0..30).fold(Txn::new(), |txn, m| txn.put(format!("large/{}/{m}", n % 20), vec![n; 30_000]));
        store.txn(txn).await.unwrap();
    }
    copy(open_one.path(), folder.path());
    let whole = Whole { folder, content: content(&store).await.unwrap() };
    let length = fs::metadata(whole.folder.path().join("db")).unwrap().len();
    let mut panicked = 0;
    for part in 1..64 {
        if part > 8 && panicked > 0 {
            break;
        }
        let left = length * (part * 37 % 64) / 64;
        let answer = whole
            .damaged(|path| {
                OpenOptions::new().write(true).open(path.join("db")).unwrap().set_len(left).unwrap()
            })
            .await;
        panicked += usize::from(what(answer).starts_with("its engine panicked"));
    }
    panicked
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_or_missing_database_is_never_taken_for_a_new_one() {
    let whole = whole(8).await;
    let db = |path: &Path| path.join("db");
    let emptied = whole.damaged(|path| fs::write(db(path), "").unwrap()).await;
    assert_eq!(what(emptied), "the database file `db` is empty");
    let missing = whole.damaged(|path| fs::remove_file(db(path)).unwrap()).await;
    assert_eq!(what(missing), "the database file `db` is missing");
    let zeroed = whole.damaged(|path| fs::write(db(path), vec![0; 8 << 20]).unwrap()).await;
    assert!(zeroed.is_err());
    let all = whole
        .damaged(|path| {
            for name in ["db", "conf"] {
                fs::remove_file(path.join(name)).unwrap();
            }
            for entry in fs::read_dir(path).unwrap().map(|entry| entry.unwrap()) {
                if entry.file_name().to_string_lossy().starts_with("snap.") {
                    fs::remove_file(entry.path()).unwrap();
                }
            }
        })
        .await;
    assert_eq!(what(all), "the database file `db` is missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_of_another_store_is_refused() {
    let (whole, other) = (whole(9).await, whole(10).await);
    let swapped = whole
        .damaged(|path| {
            fs::remove_dir_all(path).unwrap();
            copy(other.folder.path(), path);
            fs::copy(whole.folder.path().join("STORE_ID"), path.join("STORE_ID")).unwrap();
        })
        .await;
    assert!(what(swapped).contains("is that of store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let older = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    fill(&store, 11).await;
    store.close().await.unwrap();
    copy(folder.path(), older.path());
    let store = open(folder.path()).await.unwrap();
    store.txn(Txn::new().put("later", "1")).await.unwrap();
    store.close().await.unwrap();
    for entry in fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap()) {
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    fs::copy(older.path().join("db"), folder.path().join("db")).unwrap();
    let error = open(folder.path()).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("ends at revision 400, but revision 401 was acknowledged"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_broken_marker_is_refused() {
    let whole = whole(12).await;
    let marker = |path: &Path| path.join("STORE_ID");
    let missing = whole.damaged(|path| fs::remove_file(marker(path)).unwrap()).await;
    assert!(what(missing).ends_with("but no `STORE_ID`"));
    let broken = whole.damaged(|path| fs::write(marker(path), "something").unwrap()).await;
    assert_eq!(what(broken), "`STORE_ID` does not hold an id");
    let witness = whole.damaged(|path| fs::remove_file(path.join("HEAD")).unwrap()).await;
    assert!(what(witness).starts_with("`HEAD`"));
    let zeroed = whole.damaged(|path| fs::write(path.join("HEAD"), [0; 1024]).unwrap()).await;
    assert!(what(zeroed).starts_with("`HEAD`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_other_things_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let error = open(folder.path()).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("holds `notes.txt` but no `STORE_ID`"), "{error}");
    assert!(!folder.path().join("db").exists());
    let whole = whole(13).await;
    whole.damaged(|path| fs::write(path.join("notes.txt"), "mine").unwrap()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_snapshot_of_a_killed_start_does_no_harm() {
    let whole = whole(14).await;
    let torn = "snap.FFFFFFFFFFFFFFFF.generating";
    whole.damaged(|path| fs::write(path.join(torn), [7; 100]).unwrap()).await.unwrap();
    whole.damaged(|path| fs::write(path.join(torn), "").unwrap()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_was_interrupted_is_begun_again() {
    let whole = whole(15).await;
    let folder = tempfile::tempdir().unwrap();
    copy(whole.folder.path(), folder.path());
    fs::rename(folder.path().join("STORE_ID"), folder.path().join("STORE_ID.making")).unwrap();
    let store = open(folder.path()).await.unwrap();
    assert_eq!(content(&store).await.unwrap(), Content::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_use_names_its_holder() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let error = open(folder.path()).await.map(|_| ()).unwrap_err();
    let holder = Some(std::process::id());
    assert_eq!(error, Error::Locked { path: folder.path().to_path_buf(), holder });
    assert!(error.retryable());
    drop(store);
    let store = open(folder.path()).await.unwrap();
    // Whoever closes, has it closed when the answer comes.
    let (first, second) = futures::join!(store.close(), async {
        store.close().await.unwrap();
        open(folder.path()).await.map(|_| ())
    });
    assert_eq!((first, second), (Ok(()), Ok(())));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await.unwrap().close().await.unwrap();
    let config = sled::Config::new().path(folder.path()).segment_size(4 << 20).flush_every_ms(None);
    let database = config.open().unwrap();
    database.insert(b"\0m/format", &7u32.to_be_bytes()).unwrap();
    drop(database);
    let error = open(folder.path()).await.map(|_| ()).unwrap_err();
    assert_eq!(error, Error::Format { path: folder.path().to_path_buf(), found: 7, known: 1 });
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_gives_up_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let options = SledOptions::default().open_timeout(std::time::Duration::ZERO);
    let error = SledStore::open(folder.path(), options).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("took longer than 0 seconds"), "{error}");
    // What came too late was closed again.
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while let Err(error) = open(folder.path()).await {
        assert!(matches!(error, Error::Locked { .. }) && std::time::Instant::now() < patience, "{error}");
    }
}
