//! Platforms as their authors and users live with them, from nothing: against the registry that `cargo xtask test` starts;
//! where there is none the tests say so and end.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod ci;
mod cosign;
mod guide;
mod trap;
mod way;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

use innominatus_testkit::programs;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_innominatus");

/// A person at a prompt.
struct Person {
    home: PathBuf,
    folder: PathBuf,
}

impl Person {
    fn types(&self, arguments: &[&str]) -> Output {
        Command::new(PROGRAM)
            .args(arguments)
            .current_dir(&self.folder)
            .env("INNOMINATUS_HOME", &self.home)
            .env("HOME", &self.folder)
            .env_remove("DOCKER_CONFIG")
            .env_remove("STAGE")
            .output()
            .unwrap()
    }

    /// What was printed, where it works.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.types(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} ended with {}:\n{said}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// The exit code and what was said, where it does not work.
    fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.types(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?} worked");
        (output.status.code().unwrap(), said)
    }
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "`{from}` is not in {}", file.display());
    std::fs::write(file, text.replace(from, to)).unwrap();
}

/// Brings a new project to a place that stays, so that cargo compiles its libraries once.
fn carry(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().map(Result::unwrap) {
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
        } else if std::fs::read(&target).ok() != std::fs::read(entry.path()).ok() {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// The registry's host and port; none where nobody started one.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn registry() -> Option<String> {
    let found = std::env::var("INNOMINATUS_TEST_REGISTRY").ok();
    if found.is_none() {
        eprintln!("SKIPPED: no registry; `cargo xtask test` starts one");
    }
    found
}

/// A new project at a place that stays, for one test at a time.
struct Project {
    folder: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Project {
    /// As `platform new` writes it.
    fn new(author: &Person, arguments: &[&str]) -> Self {
        static PLACE: Mutex<()> = Mutex::new(());
        let alone = PLACE.lock().unwrap_or_else(PoisonError::into_inner);
        author.ok(&[&["platform", "new", "acme"], arguments].concat());
        let folder = programs::shared("walk").join("acme");
        let _ = std::fs::remove_dir_all(folder.with_file_name("theirs"));
        // What an earlier test wrote into it is gone; what cargo built stays.
        for entry in std::fs::read_dir(&folder).into_iter().flatten().map(Result::unwrap) {
            match entry.path() {
                path if path.ends_with("target") => {}
                path if path.is_dir() && !has_rust(&path) => std::fs::remove_dir_all(path).unwrap(),
                path if path.is_file() => std::fs::remove_file(path).unwrap(),
                _ => {}
            }
        }
        carry(&author.folder.join("acme"), &folder);
        // This project's guests are built of the same libraries; a link, because people find what is built below theirs.
        let here = folder.join("target");
        if std::fs::symlink_metadata(&here).is_err() {
            std::os::unix::fs::symlink(programs::target(), here).unwrap();
        }
        Self { folder, _alone: alone }
    }
}

/// Files that cargo compares by their times are left alone.
fn has_rust(folder: &Path) -> bool {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .any(|entry| entry.unwrap().path().extension().is_some_and(|ending| ending == "rs"))
}
