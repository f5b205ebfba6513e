//! `kill -9` at any moment: every acknowledged transaction is there, and whole.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use common::{Dice, open, rounds};
use innominatus_store::{Range, Store, Txn, collect};

const FOLDER: &str = "STORE_KILL_TEST_FOLDER";
const WRITERS: u64 = 6;

/// The process that is killed: opens the store in the folder the environment names, goes on where the last one was,
/// and prints what was acknowledged. Without that folder, in the test run itself, it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn victim() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = Arc::new(open(Path::new(&folder)).await.unwrap());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let (a, z) = (format!("a/{writer}"), format!("z/{writer}"));
                let before = store.get(a.as_bytes()).await.unwrap();
                let mut n = before.map_or(0, |item| number(&item.value));
                loop {
                    n += 1;
                    let txn = Txn::new()
                        .put(a.clone(), n.to_string())
                        .put(format!("each/{writer}/{n:08}"), vec![b'x'; (n % 997) as usize])
                        .put(z.clone(), n.to_string());
                    let revision = store.txn(txn).await.unwrap().applied().unwrap();
                    // One write, so that a kill leaves whole lines but the last.
                    let line = format!("{writer} {n} {revision}\n");
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            })
        })
        .collect();
    // They write until they are killed.
    futures::future::join_all(writers).await;
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["victim", "--exact", "--nocapture", "--quiet"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// When a victim dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    /// So long after its start: while it opens, or soon after.
    Early(Duration),
    /// When it was told so often that a transaction is done: while it writes.
    Writing(u64),
}

/// Lets a victim live for a while. Gives the last number each writer was told is done, and the last revision.
fn kill(folder: &Path, death: Death) -> (BTreeMap<u64, u64>, u64) {
    let mut victim = start(folder);
    let output = BufReader::new(victim.stdout.take().unwrap());
    let (told, hear) = mpsc::channel();
    let reader = thread::spawn(move || {
        let (mut acked, mut last) = (BTreeMap::new(), 0);
        for line in output.split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            let numbers: Vec<u64> = line.split(' ').map_while(|word| word.parse().ok()).collect();
            if let [writer, n, revision] = numbers[..] {
                acked.insert(writer, n);
                last = last.max(revision);
                // Nobody listens any more once the count is reached.
                let _ = told.send(());
            }
        }
        (acked, last)
    });
    match death {
        Death::Early(life) => thread::sleep(life),
        Death::Writing(count) => {
            let heard = hear.iter().take(count as usize).count() as u64;
            assert_eq!(heard, count, "the victim ended by itself");
        }
    }
    // This child only, and only ours: SIGKILL.
    victim.kill().unwrap();
    victim.wait().unwrap();
    reader.join().unwrap()
}

/// Everything acknowledged is there; every transaction is there whole or not at all.
async fn verify(folder: &Path, acked: &BTreeMap<u64, u64>, revision: u64, round: u64) {
    let store = open(folder).await.unwrap_or_else(|error| panic!("round {round}: {error}"));
    assert!(store.revision().await.unwrap().0 >= revision, "round {round}");
    for writer in 0..WRITERS {
        let value = |item: Option<innominatus_store::Versioned>| item.map_or(0, |item| number(&item.value));
        let a = value(store.get(format!("a/{writer}").as_bytes()).await.unwrap());
        let z = value(store.get(format!("z/{writer}").as_bytes()).await.unwrap());
        assert_eq!(a, z, "round {round}: half a transaction of writer {writer}");
        let told = acked.get(&writer).copied().unwrap_or(0);
        assert!(a >= told, "round {round}: writer {writer} was told {told}, the store has {a}");
        let (each, _) = collect(&store, Range::prefix(format!("each/{writer}/"))).await.unwrap();
        assert_eq!(each.len() as u64, a, "round {round}: writer {writer}");
        for (item, n) in each.iter().zip(1..) {
            assert_eq!(item.key, format!("each/{writer}/{n:08}").into_bytes(), "round {round}");
            assert_eq!(item.value.len() as u64, n % 997, "round {round}");
        }
    }
    store.close().await.unwrap();
}

fn number(value: &[u8]) -> u64 {
    String::from_utf8_lossy(value).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (mut acked, mut revision) = (BTreeMap::new(), 0);
    let mut dice = Dice::new(11);
    for round in 0..rounds(20) {
        let early = round % 4 == 3;
        let death = if early {
            Death::Early(Duration::from_millis(1 + dice.below(25)))
        } else {
            Death::Writing(1 + dice.below(400))
        };
        let (told, last) = kill(folder.path(), death);
        acked.extend(told);
        revision = revision.max(last);
        // After an early death the next victim is the one to find what it left.
        if !early {
            verify(folder.path(), &acked, revision, round).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_a_store_is_made_leaves_one_that_opens() {
    let mut dice = Dice::new(13);
    for round in 0..rounds(12) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let death = Death::Early(Duration::from_millis(2 + 2 * (round % 12) + dice.below(3)));
        let (acked, revision) = kill(&path, death);
        verify(&path, &acked, revision, round).await;
    }
}
