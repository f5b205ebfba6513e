//! What is asked of a person at a terminal: a yes, and a value that nobody sees.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::{Value, json};

use crate::samples::receipt;
use crate::stand_in::*;

/// A terminal with a command at it.
struct Terminal {
    person: File,
    child: Child,
    seen: String,
}

impl Terminal {
    fn with(server: &StandIn, arguments: &[&str]) -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let path = std::path::Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let open = || File::options().read(true).write(true).open(path).unwrap();
        let child = server
            .command(arguments)
            .stdin(Stdio::from(open()))
            .stderr(Stdio::from(open()))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { person: File::from(person), child, seen: String::new() }
    }

    /// Reads until this is to be seen.
    fn sees(&mut self, text: &str) {
        while !self.seen.contains(text) {
            assert!(self.read(), "`{text}` never came, but this: {}", self.seen);
        }
    }

    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.person.read(&mut bytes) {
            // An error is how a terminal says that nobody is at it any more.
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
                true
            }
        }
    }

    fn types(&mut self, text: &str) {
        self.person.write_all(text.as_bytes()).unwrap();
    }

    /// Everything that was to be seen, and the exit code.
    fn ends(mut self) -> (String, Option<i32>) {
        while self.read() {}
        let code = self.child.wait().unwrap().code();
        (self.seen, code)
    }
}

fn examination(installed: bool, names_secrets: bool) -> Value {
    json!({
        "name": "acme", "version": "1.2.3", "digest": "sha256:00", "installed": installed,
        "namesSecrets": names_secrets,
        "choices": ["acme/bucket:http", "acme/bucket:secrets"],
        "sample": "grants:\n  acme/bucket:\n    secrets:\n      generate: true\n",
        "asks": [
            { "entry": "acme/bucket", "type": "s3", "capability": {
                "name": "http", "reason": "makes buckets\u{1b}[2J", "granted": false,
                "asks": ["send requests: GET, PUT to https://s3.example.com"],
            } },
            { "entry": "acme/bucket", "type": "s3", "capability": {
                "name": "secrets", "reason": "makes keys", "granted": false,
                "asks": ["make secrets of its own; it holds tokens, never the values"],
            } },
        ],
    })
}

fn installing(installed: bool, names_secrets: bool) -> StandIn {
    let server = StandIn::new();
    let mut accepted = receipt(None);
    accepted.requested.operation = "install".into();
    accepted.requested.subject = "platform".into();
    accepted.requested.name = "acme@1.2.3".into();
    let detail = json!({
        "name": "acme", "version": "1.2.3", "digest": "sha256:00", "types": ["s3"], "goldenPaths": [],
        "installedAt": "2026-11-20T12:00:00Z", "compatibility": ">=1.0.0", "resources": 0, "goldenPathDetails": [],
        "provisioners": [],
    });
    server
        .on("POST /v1/examine", &examination(installed, names_secrets))
        .on("POST /v1/platforms", &accepted)
        .on("GET /v1/platforms/acme@1.2.3", &detail);
    server
}

#[test]
fn a_person_sees_what_is_asked_for_and_a_yes_grants_just_that() {
    let server = installing(false, false);
    let mut terminal = Terminal::with(&server, &["platform", "install", "dist"]);
    terminal.sees("[y/N]");
    for part in [
        "acme 1.2.3",
        "acme/bucket",
        "which makes s3",
        "http: makes buckets",
        "send requests: GET, PUT to https://s3.example.com",
        "secrets: makes keys",
        "Grant all of it, and install?",
    ] {
        assert!(terminal.seen.contains(part), "`{part}` is missing: {}", terminal.seen);
    }
    assert!(!terminal.seen.contains("\u{1b}[2J"), "the author writes no control characters");
    assert!(server.asked("POST /v1/platforms").is_empty(), "nothing happens before the answer");
    terminal.types("y\n");
    let (seen, code) = terminal.ends();
    assert_eq!(code, Some(0), "{seen}");
    let asked = server.asked("POST /v1/platforms");
    assert_eq!(asked[0].body["grant"], json!(["acme/bucket:http", "acme/bucket:secrets"]));
}

#[test]
fn anything_but_a_yes_installs_nothing() {
    for answer in ["n\n", "\n", "\u{4}", "maybe\n"] {
        let server = installing(false, false);
        let mut terminal = Terminal::with(&server, &["platform", "install", "dist"]);
        terminal.sees("[y/N]");
        terminal.types(answer);
        let (seen, code) = terminal.ends();
        assert_eq!(code, Some(11), "{answer:?}: {seen}");
        assert!(seen.contains("capability-not-granted") && seen.contains("--grant none"), "{seen}");
        assert!(server.asked("POST /v1/platforms").is_empty());
    }
}

#[test]
fn what_is_typed_before_the_question_does_not_answer_it() {
    let server = installing(false, false);
    let mut terminal = Terminal::with(&server, &["platform", "install", "dist"]);
    terminal.types("y\n");
    terminal.sees("[y/N]");
    terminal.types("n\n");
    assert_eq!(terminal.ends().1, Some(11));
    assert!(server.asked("POST /v1/platforms").is_empty());
}

#[test]
fn where_secrets_have_to_be_named_a_file_to_begin_with_is_shown() {
    let server = installing(false, true);
    let mut terminal = Terminal::with(&server, &["platform", "install", "dist"]);
    terminal.sees("[y/N]");
    assert!(terminal.seen.contains("      generate: true"), "{}", terminal.seen);
    assert!(terminal.seen.contains("Grant the rest of it, and install?"), "{}", terminal.seen);
    terminal.types("n\n");
    assert_eq!(terminal.ends().1, Some(11));
}

#[test]
fn nobody_is_asked_twice_or_for_nothing() {
    // Installed already, answered by a flag, or for a program.
    let installed = installing(true, false);
    let (seen, code) = Terminal::with(&installed, &["platform", "install", "dist"]).ends();
    assert_eq!(code, Some(0), "{seen}");
    assert_eq!(installed.asked("POST /v1/platforms")[0].body.get("grant"), None);
    for flags in [&["--grant", "none"][..], &["--json"]] {
        let server = installing(false, false);
        let arguments = [&["platform", "install", "dist"], flags].concat();
        let (seen, code) = Terminal::with(&server, &arguments).ends();
        assert_eq!(code, Some(0), "{seen}");
        assert!(server.asked("POST /v1/examine").is_empty());
    }
}

#[test]
fn a_value_is_typed_unseen() {
    let server = StandIn::new();
    server.on("PUT /v1/secrets/team%2Fdb", &receipt(None));
    let mut terminal = Terminal::with(&server, &["secret", "set", "team/db"]);
    terminal.sees("it is not shown");
    terminal.types("hunter2 typed\n");
    let (seen, code) = terminal.ends();
    assert_eq!(code, Some(0), "{seen}");
    assert!(!seen.contains("hunter2"), "{seen}");
    assert_eq!(server.asked("PUT /v1/secrets/team%2Fdb")[0].body, json!({ "value": "hunter2 typed" }));
}

#[test]
fn a_grants_file_is_sent_as_it_is() {
    let server = installing(false, false);
    server.file("grants.yaml", "grants: {}\n");
    std::fs::create_dir(server.work.path().join("dist")).unwrap();
    server.run(&["platform", "install", "dist", "--grants", "grants.yaml"]).exits(0);
    let body = &server.asked("POST /v1/platforms")[0].body;
    assert_eq!(body["grants"], json!({ "name": "grants.yaml", "text": "Z3JhbnRzOiB7fQo=" }));
    assert_eq!(body.get("grant"), None);
    let folder = server.work.path().join("dist");
    assert_eq!(body["folder"], folder.to_str().unwrap());
}
