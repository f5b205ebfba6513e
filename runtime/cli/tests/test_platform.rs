//! `innominatus test-platform`: what it prints, and how it ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that finds anything else fails")]

use std::path::Path;
use std::process::{Command, Output};

use innominatus_testkit::programs;

fn test_platform(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_innominatus"))
        .arg("--home")
        .arg(programs::shared("author-home"))
        .arg("test-platform")
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

fn folder(name: &str) -> String {
    programs::platform(name).display().to_string()
}

#[test]
fn it_ends_as_the_checks_do() {
    let home = programs::shared("author-home");
    let good = test_platform(&[&format!("{}/platform.yaml", folder("compose")), "--entry", "service"]);
    assert_eq!(good.status.code(), Some(0), "{}", String::from_utf8_lossy(&good.stdout));
    assert!(String::from_utf8_lossy(&good.stdout).contains("provisioner service (service)"));
    assert!(!home.join("store").exists() && !home.join("api.sock").exists(), "no server is started for it");

    let bad = test_platform(&[&folder("bad"), "--entry", "littering"]);
    assert_eq!(bad.status.code(), Some(9));
    assert!(String::from_utf8_lossy(&bad.stdout).contains("FAIL  deprovision: it leaves 1 thing behind"));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("error[platform-test-failed]"));

    let json = test_platform(&[&folder("bad"), "--entry", "littering", "--json"]);
    assert_eq!(json.status.code(), Some(9));
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&report["kind"], &report["passed"]), (&"PlatformTestReport".into(), &false.into()));

    assert_eq!(test_platform(&["/nowhere/at/all"]).status.code(), Some(3));
    assert_eq!(test_platform(&[&folder("compose"), "--entry", "nobody"]).status.code(), Some(2));
    let slip = test_platform(&[&folder("compose"), "--entry", "volume", "--filter", "provsion"]);
    assert_eq!(slip.status.code(), Some(2), "what was tested is nothing");
}

#[test]
fn ci_systems_get_a_file() {
    let file = programs::shared("author-home").join("report.xml");
    let path = file.display().to_string();
    let done =
        test_platform(&[&folder("compose"), "--entry", "volume", "--filter", "provision", "--junit", &path]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let xml = std::fs::read_to_string(Path::new(&file)).unwrap();
    assert!(xml.contains("<testsuites name=\"innominatus test-platform compose\""), "{xml}");
}

#[test]
fn the_checks_can_be_listed_without_a_platform() {
    let listed = test_platform(&["--list"]);
    assert_eq!(listed.status.code(), Some(0));
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(text.lines().any(|line| line.starts_with("provisioner  crash")), "{text}");
}
