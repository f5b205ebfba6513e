//! Third-party code is compiled elsewhere, once, within limits; what is kept is believed only if it is ours.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use innominatus_model::{Code, Coded, Digest};
use innominatus_sandbox::{Call, CompileLimits, CompilerCommand, LoadError, Sandbox, SandboxConfig};
use support::guest::provisioner;
use support::port::Answers;

/// The one entry of a cache.
fn entry(folder: &Path) -> PathBuf {
    let mut entries = entries(folder);
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let list = fs::read_dir(folder.join("components")).unwrap().map(|entry| entry.unwrap().path());
    list.filter(|path| path.file_name().is_some_and(|name| name != "key")).collect()
}

/// A program in place of the compiler, and a file that it leaves when it is run.
fn program(folder: &Path, script: &str) -> CompilerCommand {
    let path = folder.join("compiler.sh");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    CompilerCommand { program: "/bin/sh".into(), args: vec![path.into()] }
}

fn sandbox_of(folder: &Path, compiler: CompilerCommand, compile_limits: CompileLimits) -> Sandbox {
    Sandbox::new(SandboxConfig { cache: folder.join("components"), compiler, compile_limits }).unwrap()
}

async fn works(sandbox: &Sandbox, bytes: &[u8]) {
    let component = support::load(sandbox, bytes).await;
    let info = component.provisioner(Call::new(Answers::new())).metadata().await.unwrap().value;
    assert_eq!(info.name, "tester");
}

#[tokio::test]
async fn what_was_compiled_once_needs_no_compiler_again() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = provisioner("");
    works(&support::sandbox(folder.path()), &bytes).await;
    let none = CompilerCommand { program: folder.path().join("no-such-program"), args: vec![] };
    works(&sandbox_of(folder.path(), none, CompileLimits::default()), &bytes).await;
}

#[tokio::test]
async fn a_poisoned_entry_is_compiled_again_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = provisioner("");
    works(&support::sandbox(folder.path()), &bytes).await;
    let path = entry(folder.path());
    let good = fs::read(&path).unwrap();

    // A real entry of another component, machine code and all: the worst that someone could put there.
    let other = tempfile::tempdir().unwrap();
    works(&support::sandbox(other.path()), &provisioner(";; part: more\n(global i32 (i32.const 1))")).await;
    let foreign = fs::read(entry(other.path())).unwrap();
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for poison in [foreign, flipped, good[..good.len() / 2].to_vec(), b"\x7fELF".to_vec(), vec![]] {
        fs::write(&path, &poison).unwrap();
        works(&support::sandbox(folder.path()), &bytes).await;
        assert_ne!(fs::read(&path).unwrap(), poison, "the entry was replaced");
        // And what replaced it is believed.
        let none = CompilerCommand { program: folder.path().join("no-such-program"), args: vec![] };
        works(&sandbox_of(folder.path(), none, CompileLimits::default()), &bytes).await;
    }
}

#[tokio::test]
async fn two_sandboxes_share_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = provisioner("");
    let sandboxes = [support::sandbox(folder.path()), support::sandbox(folder.path())];
    tokio::join!(works(&sandboxes[0], &bytes), works(&sandboxes[1], &bytes));
    let mode = fs::metadata(folder.path().join("components")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    entry(folder.path());
}

#[tokio::test]
async fn concurrent_loads_compile_once() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = provisioner("");
    // Counts its runs, then becomes the real compiler.
    let real = support::compiler().program;
    let script = format!("echo run >> '{}'\nexec '{}'", folder.path().join("runs").display(), real.display());
    let sandbox = sandbox_of(folder.path(), program(folder.path(), &script), CompileLimits::default());
    let mut loads = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (sandbox, bytes) = (sandbox.clone(), bytes.clone());
        loads.spawn(async move { works(&sandbox, &bytes).await });
    }
    loads.join_all().await;
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "run\n");
}

#[tokio::test]
async fn the_child_has_an_empty_environment_and_limits() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("env");
    let script = format!("env > '{}'\nexec '{}'", out.display(), support::compiler().program.display());
    works(
        &sandbox_of(folder.path(), program(folder.path(), &script), CompileLimits::default()),
        &provisioner(""),
    )
    .await;
    let found = fs::read_to_string(out).unwrap();
    // The shell sets a few of its own.
    let own = ["PWD=", "_=", "SHLVL=", "OLDPWD=", "RAYON_NUM_THREADS=", "MALLOC_ARENA_MAX="];
    for line in found.lines() {
        assert!(own.iter().any(|name| line.starts_with(name)), "the child sees `{line}`");
    }
}

#[tokio::test]
async fn a_compilation_that_needs_too_much_is_refused_and_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = provisioner("");
    let limits = CompileLimits { address_space: 16 << 20, ..CompileLimits::default() };
    let real = support::compiler().program;
    let script = format!("echo run >> '{}'\nexec '{}'", folder.path().join("runs").display(), real.display());
    let sandbox = sandbox_of(folder.path(), program(folder.path(), &script), limits);
    for _ in 0..2 {
        let error = sandbox.load(&Digest::of(&bytes), &bytes).await.unwrap_err();
        assert_eq!(error.code(), Code::ComponentUncompilable, "{error}");
        assert!(error.remedy().is_some());
    }
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "run\n", "it is not tried again");
    assert!(entries(folder.path()).is_empty());
}

#[tokio::test]
async fn a_function_body_that_is_not_valid_is_refused_by_the_compiler() {
    // Types and names are in order, so only the compiler can find it.
    let mut bytes =
        provisioner(";; part: more\n(func (export \"mark\") (result i32) (i32.const 0x0badcafe))");
    let mark = [0x41, 0xfe, 0x95, 0xb7, 0xdd, 0x00];
    let at = bytes.windows(mark.len()).position(|window| window == mark).expect("the constant is there");
    bytes[at] = 0x42; // `i64.const` in place of `i32.const`: the wrong type
    let folder = tempfile::tempdir().unwrap();
    let error = support::sandbox(folder.path()).load(&Digest::of(&bytes), &bytes).await.unwrap_err();
    assert_eq!(error.code(), Code::ComponentUncompilable, "{error}");
}

#[tokio::test]
async fn a_compiler_that_hangs_is_ended_and_may_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = provisioner("");
    let limits = CompileLimits { wall: Duration::from_millis(100), ..CompileLimits::default() };
    let script = format!("echo $$ > '{}'\nexec sleep 600", folder.path().join("pid").display());
    let sandbox = sandbox_of(folder.path(), program(folder.path(), &script), limits);
    let error = sandbox.load(&Digest::of(&bytes), &bytes).await.unwrap_err();
    assert!(matches!(error, LoadError::Slow { .. }), "{error}");
    assert_eq!(error.code(), Code::Timeout);
}

#[tokio::test]
async fn how_the_child_ended_says_whose_fault_it_was() {
    let bytes = provisioner("");
    for (signal, code) in [
        ("XCPU", Code::ComponentUncompilable),
        ("ABRT", Code::ComponentUncompilable),
        ("KILL", Code::Internal),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let script = program(folder.path(), &format!("kill -{signal} $$"));
        let sandbox = sandbox_of(folder.path(), script, CompileLimits::default());
        let error = sandbox.load(&Digest::of(&bytes), &bytes).await.unwrap_err();
        assert_eq!(error.code(), code, "{signal}: {error}");
    }
}

/// One function that the optimiser needs more than the memory limit for; the processor limit ends it sooner.
#[tokio::test]
async fn a_component_that_takes_the_compiler_for_ever_is_ended() {
    let mut body = String::new();
    for at in 0..60_000 {
        body.push_str(&format!(
            "(local.set {} (i32.add (local.get {}) (local.get {})))\n",
            at % 9_000,
            at * 7 % 9_000,
            at * 13 % 9_000
        ));
        body.push_str("(br_if 0 (local.get 1))\n");
    }
    let locals = "i32 ".repeat(9_000);
    let parts = format!(";; part: slow\n(func (export \"slow\") (local {locals}) (block {body}))");
    let folder = tempfile::tempdir().unwrap();
    let limits = CompileLimits { cpu_seconds: 1, ..CompileLimits::default() };
    let bytes = provisioner(&parts);
    let error =
        support::sandbox_with(folder.path(), limits).load(&Digest::of(&bytes), &bytes).await.unwrap_err();
    assert_eq!(error.code(), Code::ComponentUncompilable, "{error}");
    assert!(
        error.to_string().contains("more processor time") || error.to_string().contains("more memory"),
        "{error}"
    );
}

#[tokio::test]
async fn a_compiler_that_is_not_there_is_our_own_error() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = provisioner("");
    let none = CompilerCommand { program: folder.path().join("no-such-program"), args: vec![] };
    let broken = program(folder.path(), "echo 'out of \u{1b}[31mluck' >&2; exit 3");
    for (compiler, words) in [(none, "no-such-program"), (broken, "out of \\u{1b}[31mluck")] {
        let sandbox = sandbox_of(folder.path(), compiler, CompileLimits::default());
        let error = sandbox.load(&Digest::of(&bytes), &bytes).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_compiler_that_lies_gets_nothing_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = provisioner("");
    let limits = CompileLimits { output: 1000, ..CompileLimits::default() };
    let sandbox =
        sandbox_of(folder.path(), program(folder.path(), "cat > /dev/null; echo nonsense"), limits.clone());
    let error = sandbox.load(&Digest::of(&bytes), &bytes).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal, "{error}");

    let flood = program(folder.path(), "cat > /dev/null; head -c 5000 /dev/zero");
    let error = sandbox_of(folder.path(), flood, limits).load(&Digest::of(&bytes), &bytes).await.unwrap_err();
    assert_eq!(error.code(), Code::ComponentUncompilable, "{error}");
}

#[tokio::test]
async fn bytes_that_are_not_the_digest_are_never_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = support::sandbox(folder.path());
    let error = sandbox.load(&Digest::of("another"), &provisioner("")).await.unwrap_err();
    assert!(matches!(error, LoadError::Digest { .. }), "{error}");
    assert!(entries(folder.path()).is_empty());

    let error = sandbox.load(&Digest::of("text"), b"text").await.unwrap_err();
    assert_eq!(
        error.code(),
        Code::ComponentInvalid,
        "the contract is read before anything is compiled: {error}"
    );
}
