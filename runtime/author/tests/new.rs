//! A new platform builds, passes its own tests and stays in step, without a network.
//!
//! cargo builds it beside this project, in a folder that stays: only the first time takes long.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use innominatus_author::{BuildOptions, Project, Scaffold, ScaffoldError, build, scaffold, sync, validate};
use innominatus_model::{Code, Coded};
use innominatus_testkit::programs;
use support::{edit, silence, told, workshop};
use tempfile::TempDir;

fn written(kinds: &[&str], golden_path: bool) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    scaffold(&Scaffold::new("acme", &kinds, golden_path).unwrap(), folder.path()).unwrap();
    folder
}

fn cargo(arguments: &[&str], folder: &Path) {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Brings a project to a place that stays; what has not changed keeps its time, by which cargo goes.
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

#[tokio::test]
async fn it_builds_and_passes_its_tests() {
    let place = programs::shared("new-platform");
    // Beside the guests of this project, which are built of the same libraries.
    let (folder, target) = (place.join("project"), programs::target());
    carry(written(&["postgres", "dns", "Some-Thing"], false).path(), &folder);
    let project = async || Project::open(&folder).await.unwrap().with_target(target.clone());

    let options = BuildOptions { offline: true, locked: true, quiet: true, ..BuildOptions::default() };
    let built = build(&[project().await], &options, &workshop(), &mut silence).await.unwrap();
    let names: Vec<_> = built[0].components.iter().map(|component| component.path.as_str()).collect();
    assert_eq!(names, ["dns.wasm", "postgres.wasm", "some-thing.wasm"]);
    assert_eq!(built[0].folder, target.join("platforms/acme"));
    let found = validate(&project().await, &workshop(), &mut silence).await.unwrap();
    assert!(found.built && found.is_valid(), "{:?}", found.findings);

    // A schema that is changed by hand is found, and written anew.
    let schema = folder.join("schemas/dns.json");
    std::fs::write(&schema, "{\"type\": \"object\"}").unwrap();
    let found = validate(&project().await, &workshop(), &mut silence).await.unwrap();
    let drift = "dns.json:0: platform-drift: the schema is not the one that the component answers";
    assert!(told(&found.findings).contains(&drift.to_owned()), "{:?}", found.findings);
    let again = build(&[project().await], &options, &workshop(), &mut silence).await.unwrap();
    assert_eq!(
        (&again[0].schemas[..], again[0].digest),
        (&["schemas/dns.json".to_owned()][..], built[0].digest)
    );

    // What a component can do has to be asked for.
    let manifest = folder.join("platform.yaml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let (before, rest) = text.split_once("    capabilities:\n").unwrap();
    let rest = rest.splitn(3, '\n').nth(2).unwrap();
    std::fs::write(&manifest, format!("{before}{rest}")).unwrap();
    let found = validate(&project().await, &workshop(), &mut silence).await;
    std::fs::write(&manifest, text).unwrap();
    let found = told(&found.unwrap().findings);
    assert!(
        found.iter().any(|line| line.contains("capability-denied: `postgres` does not ask for `secrets`")),
        "{found:?}"
    );

    let native = place.join("native");
    cargo(&["test", "--quiet", "--offline", "--locked", "--target-dir", native.to_str().unwrap()], &folder);
}

#[tokio::test]
async fn versions_follow_the_manifest() {
    let folder = written(&["postgres", "redis"], false);
    let root = folder.path();
    let open = async || Project::open(root).await.unwrap();
    let manifest = std::fs::read_to_string(root.join("platform.yaml")).unwrap();
    // The platform's, then those of its entries.
    let mut versions = ["0.3.0", "0.2.0", "0.1.0"].into_iter();
    let parts: Vec<&str> = manifest.split("version: 0.1.0").collect();
    let joined = parts[1..]
        .iter()
        .fold(parts[0].to_owned(), |text, part| format!("{text}version: {}{part}", versions.next().unwrap()));
    std::fs::write(root.join("platform.yaml"), joined).unwrap();

    let drift = |synced: &innominatus_author::Synced| -> Vec<String> {
        synced
            .drift()
            .map(|place| format!("{}:{}: {} -> {}", place.file, place.line, place.found, place.wanted))
            .collect()
    };
    let looked = sync(&open().await, true).unwrap();
    let shown = |file: &str| root.join(file).display().to_string();
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap();
    let line = lock.lines().position(|line| line == "name = \"acme-postgres\"").unwrap() + 2;
    let expected = [
        format!("{}:5: 0.1.0 -> 0.2.0", shown("provisioners/postgres/Cargo.toml")),
        format!("{}:{line}: 0.1.0 -> 0.2.0", shown("Cargo.lock")),
        format!("{}:3: 0.1.0 -> 0.3.0", shown("README.md")),
    ];
    assert_eq!(drift(&looked), expected);
    assert_eq!((looked.written.len(), std::fs::read_to_string(root.join("Cargo.lock")).unwrap()), (0, lock));

    assert_eq!(sync(&open().await, false).unwrap().written.len(), 3);
    assert_eq!(drift(&sync(&open().await, true).unwrap()), [""; 0]);
    // The lock file is the one that cargo itself would write.
    cargo(&["metadata", "--offline", "--locked", "--format-version", "1"], root);
}

#[tokio::test]
async fn the_sdk_is_renewed_where_it_was_changed_by_hand() {
    let folder = written(&["postgres"], false);
    let root = folder.path();
    edit(root.join("sdk/rust/src/lib.rs"), "pub mod prelude;", "mod prelude;");
    let project = Project::open(root).await.unwrap();
    let looked = sync(&project, true).unwrap();
    assert_eq!(looked.drift().map(|place| place.what.as_str()).collect::<Vec<_>>(), ["this file of the SDK"]);
    assert_eq!(sync(&project, false).unwrap().written.len(), 1);

    // One of another innominatus goes on working, and is renewed when its author says so.
    std::fs::write(root.join("sdk/VERSION"), "innominatus 0.9.0 sha256:0\n").unwrap();
    std::fs::write(root.join("sdk/rust/src/older.rs"), "").unwrap();
    let looked = sync(&project, true).unwrap();
    assert_eq!(
        (looked.drift().count(), looked.derived.iter().filter(|place| place.differs()).count()),
        (0, 1)
    );
    assert_eq!(sync(&project, false).unwrap().written.len(), 1);
    assert!(!root.join("sdk/rust/src/older.rs").exists());
}

#[test]
fn a_golden_path_is_a_file_of_steps() {
    let folder = written(&["postgres"], true);
    let text = std::fs::read_to_string(folder.path().join("goldenpaths/deploy.yaml")).unwrap();
    for part in ["kind: GoldenPath", "{% for resource in resources %}", "path: \"${parameters.prefix}.txt\""]
    {
        assert!(text.contains(part), "{text}");
    }
    let manifest = std::fs::read_to_string(folder.path().join("platform.yaml")).unwrap();
    assert!(manifest.contains("file: ./goldenpaths/deploy.yaml"), "{manifest}");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let wish = |name: &str, kinds: &[&str]| {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        Scaffold::new(name, &kinds, false)
    };
    for (name, kinds) in [("A", &[][..]), ("9x", &[]), ("../x", &[]), ("x", &["y z"]), ("x", &["ab", "AB"])] {
        let error: ScaffoldError = wish(name, kinds).unwrap_err();
        assert_eq!((error.code(), error.remedy().is_some()), (Code::Usage, true), "{name} {kinds:?}");
    }
    let taken = tempfile::tempdir().unwrap();
    std::fs::write(taken.path().join("notes"), "mine").unwrap();
    let error = scaffold(&wish("acme", &[]).unwrap(), taken.path()).unwrap_err();
    assert_eq!(error.code(), Code::OutputExists);
    assert_eq!(taken.path().read_dir().unwrap().count(), 1);
    let fresh: PathBuf = taken.path().join("deep/acme");
    assert!(
        scaffold(&wish("acme", &[]).unwrap(), &fresh).unwrap().files.contains(&"platform.yaml".to_owned())
    );
}
