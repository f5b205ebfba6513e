//! `kill -9` in the middle of a run, at many points, then the same command again: it converges, and nothing
//! is made twice. The delays only choose where the run is cut; no outcome depends on them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use innominatus_testkit::{fixtures, programs};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_innominatus");
/// Points at which a run is cut.
const CUTS: u64 = 24;
/// Between one point and the next.
const STEP: Duration = Duration::from_millis(9);

fn command(home: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("--home").arg(home).env_remove("INNOMINATUS_SERVER").env_remove("INNOMINATUS_KEY");
    command
}

fn run(home: &Path, output: &Path) -> Command {
    let mut command = command(home);
    command
        .args(["run", "deploy-compose"])
        .arg(fixtures::root().join("quickstart/shop.score.yaml"))
        .arg("--output")
        .arg(output)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn json(home: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = command(home).args(arguments).arg("--json").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::Deserializer::from_slice(&output.stdout).into_iter().map(Result::unwrap).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The resources of a home by identity: all ready, each once.
fn resources(home: &Path) -> BTreeMap<String, String> {
    let list = json(home, &["list", "resources"]);
    let mut found = BTreeMap::new();
    for item in list[0]["items"].as_array().unwrap() {
        let uid = item["uid"].as_str().unwrap().to_owned();
        assert_eq!(item["phase"], "ready", "{uid}");
        assert!(
            found.insert(uid.clone(), item["id"].as_str().unwrap().to_owned()).is_none(),
            "{uid} stands twice"
        );
    }
    found
}

#[test]
fn a_run_that_is_killed_anywhere_converges_when_it_is_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template");
    let installed = command(&template)
        .args(["platform", "install", "--grant", "all"])
        .arg(programs::platform("compose"))
        .output()
        .unwrap();
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));

    let undisturbed = folder.path().join("undisturbed");
    copy(&template, &undisturbed);
    let expected = folder.path().join("expected");
    assert!(run(&undisturbed, &expected).status().unwrap().success());
    let compose = fs::read_to_string(expected.join("compose.yaml")).unwrap();
    let uids: Vec<String> = resources(&undisturbed).into_keys().collect();

    let mut cut = 0;
    for point in 0..CUTS {
        let home = folder.path().join(format!("home-{point}"));
        let output = folder.path().join(format!("output-{point}"));
        copy(&template, &home);
        let mut child = run(&home, &output).spawn().unwrap();
        std::thread::sleep(STEP * u32::try_from(point).unwrap());
        if child.try_wait().unwrap().is_none() {
            cut += 1;
        }
        let _ = child.kill();
        child.wait().unwrap();

        let again = run(&home, &output).stderr(Stdio::piped()).output().unwrap();
        assert!(again.status.success(), "cut {point}: {}", String::from_utf8_lossy(&again.stderr));
        let found = resources(&home);
        assert_eq!(found.keys().cloned().collect::<Vec<_>>(), uids, "cut {point}");
        assert_eq!(fs::read_to_string(output.join("compose.yaml")).unwrap(), compose, "cut {point}");
        let secrets = fs::read_to_string(output.join(".env")).unwrap();

        // Each password was made once, whatever happened in between.
        let events = json(&home, &["events", "list", "--application", "shop"]);
        let listed: Vec<&Value> = match &events[..] {
            [one] if one["items"].is_array() => one["items"].as_array().unwrap().iter().collect(),
            many => many.iter().collect(),
        };
        let made = listed.iter().filter(|event| event["type"] == "secret.generated").count();
        assert!(made <= 2, "cut {point}: {made} secrets were made");

        // And a third run changes nothing.
        assert!(run(&home, &output).status().unwrap().success());
        assert_eq!(resources(&home), found, "cut {point}");
        assert_eq!(fs::read_to_string(output.join(".env")).unwrap(), secrets, "cut {point}");
    }
    assert!(cut > 0, "no run was cut: the points lie too late for this machine");
}
