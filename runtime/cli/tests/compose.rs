//! What the program writes is a Compose project: as the journey shows it, and given to Docker taken by Compose,
//! started, healthy, and answering. Where there is no Docker this says so, and what can be known without it is
//! still looked at.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use innominatus_testkit::{fixtures, programs};
use serde_json::Value;

/// How long services may take to become healthy, seconds.
const PATIENCE: &str = "300";

/// Runs the program with a home below this folder.
fn innominatus(folder: &Path, arguments: &[&OsStr]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_innominatus"));
    command.arg("--home").arg(folder.join("home")).args(arguments);
    command.env_remove("INNOMINATUS_SERVER").env_remove("INNOMINATUS_KEY");
    command.output().unwrap()
}

fn install(folder: &Path) {
    let platform = programs::platform("compose");
    let words = ["platform", "install", "--grant", "all"].map(OsStr::new);
    let output = innominatus(folder, &[words.as_slice(), &[platform.as_ref()]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Runs a Score file with these further arguments, and sees that it succeeds; the files are then in
/// `folder/output`.
fn write(folder: &Path, score: &Path, arguments: &[&str]) {
    let output = run(folder, score, arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn run(folder: &Path, score: &Path, arguments: &[&str]) -> Output {
    let output = folder.join("output");
    let mut all: Vec<&OsStr> = vec!["run".as_ref(), "deploy-compose".as_ref(), score.as_ref()];
    all.extend([OsStr::new("--output"), output.as_ref()]);
    all.extend(arguments.iter().map(OsStr::new));
    innominatus(folder, &all)
}

fn quickstart() -> PathBuf {
    fixtures::root().join("quickstart/shop.score.yaml")
}

/// A Compose project, and whatever of it Docker keeps: gone when this is dropped, however the test ends.
struct Project<'a> {
    folder: &'a Path,
    name: String,
}

impl Project<'_> {
    fn compose(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("docker");
        command
            .args(["compose", "--project-directory"])
            .arg(self.folder)
            .args(["--project-name", &self.name]);
        // Nothing of this machine's own settings decides what is tested.
        command.env_remove("COMPOSE_FILE").env_remove("COMPOSE_PROFILES").env_remove("COMPOSE_ENV_FILES");
        command.args(arguments).stdin(Stdio::null()).output().unwrap()
    }

    fn must(&self, arguments: &[&str]) -> String {
        let output = self.compose(arguments);
        let (out, talk) = (text(&output.stdout), text(&output.stderr));
        if !output.status.success() {
            let state = self.compose(&["ps", "--all"]);
            let logs = self.compose(&["logs", "--no-color", "--tail", "20"]);
            panic!("docker compose {arguments:?}: {talk}\n{}\n{}", text(&state.stdout), text(&logs.stdout));
        }
        out
    }

    /// The containers as Compose tells of them: one object per line, or in a list, by its version.
    fn containers(&self) -> Vec<Value> {
        let told = self.must(&["ps", "--all", "--format", "json"]);
        let values = serde_json::Deserializer::from_str(&told).into_iter::<Value>();
        let values = values.map(Result::unwrap);
        values
            .flat_map(|value| match value {
                Value::Array(items) => items,
                other => vec![other],
            })
            .collect()
    }
}

impl Drop for Project<'_> {
    fn drop(&mut self) {
        self.compose(&["down", "--volumes", "--remove-orphans", "--timeout", "5"]);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether this part of Docker is here; if not, says what is skipped.
fn has(arguments: &[&str], skipped: &str) -> bool {
    let found = Command::new("docker").args(arguments).stdin(Stdio::null()).output();
    let here = found.is_ok_and(|output| output.status.success());
    if !here {
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: {skipped}: `docker {}` does not work here", arguments.join(" "));
        }
    }
    here
}

/// A port of this machine that nobody uses.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn compose_file(folder: &Path) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(folder.join("compose.yaml")).unwrap()).unwrap()
}

/// The journey's files are held against the Compose Specification by the platform's own tests; here it is made
/// sure that they are what a person gets.
#[test]
fn the_program_writes_what_the_journey_shows() {
    let folder = tempfile::tempdir().unwrap();
    install(folder.path());
    write(folder.path(), &quickstart(), &[]);
    let journey = fixtures::root().join("journeys/shop");
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    assert_eq!(read(&quickstart()), read(&journey.join("01-score.yaml")), "two files that should be one");
    let output = folder.path().join("output");
    assert_eq!(read(&output.join("compose.yaml")), read(&journey.join("07-compose.yaml")));
    // The same variables; their values are this run's own, and none is missing.
    let names = |path: &Path| -> Vec<String> {
        let env = read(path);
        let lines = env.lines().map(|line| line.split_once('=').unwrap());
        lines
            .inspect(|(name, value)| assert!(!value.is_empty(), "{name}"))
            .map(|(name, _)| name.into())
            .collect()
    };
    assert_eq!(names(&output.join(".env")), names(&journey.join("08-env")));
}

#[test]
fn environments_stand_beside_each_other() {
    let folder = tempfile::tempdir().unwrap();
    install(folder.path());
    let output = folder.path().join("output");
    let seen = |arguments: &[&str]| {
        write(folder.path(), &quickstart(), arguments);
        let document = compose_file(&output);
        let port = document["services"]["router"]["ports"][0].as_str().unwrap().to_owned();
        fs::remove_dir_all(&output).unwrap();
        (document["name"].as_str().unwrap().to_owned(), port)
    };
    let (name, port) = seen(&[]);
    let (other, elsewhere) = seen(&["--env", "staging"]);
    assert_eq!((name.as_str(), other.as_str(), port.as_str()), ("shop", "shop_staging", "8080:80"));
    assert_ne!(port, elsewhere);
}

/// A stale file with secrets would be read by Compose, and by whoever finds it.
#[test]
fn the_file_of_secrets_goes_with_the_last_of_them() {
    let folder = tempfile::tempdir().unwrap();
    install(folder.path());
    let score = folder.path().join("app.yaml");
    let head = "apiVersion: score.dev/v1b1\nmetadata: {name: app}\ncontainers: {main: {image: 'x:1'}}\n";
    let env = folder.path().join("output/.env");
    for (resources, secrets) in [("", false), ("resources: {cache: {type: redis}}\n", true), ("", false)] {
        fs::write(&score, format!("{head}{resources}")).unwrap();
        write(folder.path(), &score, &[]);
        assert_eq!(env.exists(), secrets, "{resources}");
        let text = fs::read_to_string(folder.path().join("output/compose.yaml")).unwrap();
        assert_eq!(text.contains("Secrets are in .env"), secrets, "{text}");
    }
    // And a person's own is nobody's business where there is nothing to write.
    fs::write(&env, "MINE=1\n").unwrap();
    write(folder.path(), &score, &[]);
    assert_eq!(fs::read_to_string(&env).unwrap(), "MINE=1\n");
}

#[test]
fn another_major_version_on_the_same_data_is_refused_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    install(folder.path());
    let score = folder.path().join("app.yaml");
    let with = |params: &str| {
        let text = format!(
            "apiVersion: score.dev/v1b1\nmetadata: {{name: app}}\ncontainers: {{main: {{image: 'x:1'}}}}\n\
             resources: {{db: {{type: postgres, params: {{{params}}}}}}}\n"
        );
        fs::write(&score, text).unwrap();
        run(folder.path(), &score, &[])
    };
    let compose = || fs::read_to_string(folder.path().join("output/compose.yaml")).unwrap();
    assert!(with("version: 16").status.success());
    let before = compose();

    let refused = with("version: 17");
    let talk = text(&refused.stderr);
    assert!(!refused.status.success());
    for words in ["PostgreSQL 16", "PostgreSQL 17", "`postgres-app-db-data`", "`volume: v17`"] {
        assert!(talk.contains(words), "{words} is not in: {talk}");
    }
    assert_eq!(compose(), before);

    assert!(with("version: 16").status.success(), "the way back");
    assert_eq!(compose(), before);
    assert!(with("version: 17, volume: v17").status.success());
    assert!(compose().contains("source: postgres-app-db-v17"), "{}", compose());
}

#[test]
fn docker_starts_what_was_written_and_it_is_healthy() {
    if !has(&["compose", "version"], "whether Compose takes what was written") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Of its own, so that no project of this machine is touched.
    let name = format!("innominatus-test-{}", std::process::id());
    let port = free_port();
    install(folder.path());
    let (project, route) = (format!("project={name}"), format!("routePort={port}"));
    write(folder.path(), &quickstart(), &["--param", &project, "--param", &route]);
    let output = folder.path().join("output");
    let project = Project { folder: &output, name };
    let config = project.must(&["config"]);
    assert!(config.contains("postgres-shop-orders"), "{config}");

    if !has(&["info"], "whether what was written starts") {
        return;
    }
    let pulled = project.compose(&["pull", "--quiet"]);
    let talk = text(&pulled.stderr);
    if !pulled.status.success() {
        let missing = ["not found", "manifest unknown", "no such"].iter().any(|words| talk.contains(words));
        assert!(!missing, "an image does not exist: {talk}");
        {
            eprintln!("skipped: whether what was written starts: the images cannot be fetched here: {talk}");
        }
        return;
    }
    project.must(&["up", "--detach", "--wait", "--wait-timeout", PATIENCE]);
    healthy(&project, &compose_file(&output));
    let answer = ask(port, "shop-address.localhost", "/hello");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("shop: /hello\n"), "{answer}");

    // Who starts it again finds it as it was.
    project.must(&["up", "--detach", "--wait", "--wait-timeout", PATIENCE]);
    healthy(&project, &compose_file(&output));
}

/// Every service is there: healthy where it can say so, at its good end where it runs once, else running.
fn healthy(project: &Project<'_>, document: &Value) {
    let containers = project.containers();
    for (name, service) in document["services"].as_object().unwrap() {
        let found = containers.iter().find(|container| container["Service"] == name.as_str());
        let found = found.unwrap_or_else(|| panic!("no container of `{name}` in {containers:#?}"));
        if !service["healthcheck"].is_null() {
            assert_eq!(found["Health"], "healthy", "{name}: {found:#}");
        }
        if service["restart"] == "unless-stopped" {
            assert_eq!(found["State"], "running", "{name}: {found:#}");
        } else {
            assert_eq!(
                (&found["State"], &found["ExitCode"]),
                (&"exited".into(), &0.into()),
                "{name}: {found:#}"
            );
        }
    }
}

/// A request for a host, as a browser makes it.
fn ask(port: u16, host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
