//! A home with the guests of the fake cloud installed, and what is typed in it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use innominatus_testkit::cloud::Cloud;
use innominatus_testkit::crash::Failpoints;
use innominatus_testkit::programs;
use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_innominatus");
/// What the operator gave for the cloud.
pub(crate) const BEARER: &str = "canary/bearer: \"a\\b\" +=&c";
/// What the operator lets guests refer to.
pub(crate) const LICENCE: &str = "canary/licence: \"d\\e\" +=&f";

/// A home.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    /// Everything that was printed, also by those that were killed.
    said: Mutex<Vec<u8>>,
}

impl Home {
    /// Everything the guests ask for is granted.
    pub(crate) fn new(cloud: &Cloud) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap(), said: Mutex::default() };
        cloud.demand_bearer(BEARER);
        let settings = home.path().join("settings");
        std::fs::create_dir_all(&settings).unwrap();
        std::fs::write(settings.join("cloudy.json"), json!({"endpoint": cloud.endpoint()}).to_string())
            .unwrap();
        home.typed(&["secret", "set", "cloud/token"], BEARER);
        home.typed(&["secret", "set", "team/licence"], LICENCE);
        let grants = home.write("grants.yaml", &grants(cloud));
        let (cloudy, fixtures) = (programs::platform("cloudy"), programs::platform("fixtures"));
        home.ok(&["platform", "install", cloudy.to_str().unwrap(), "--grants", &grants]);
        home.ok(&["platform", "install", fixtures.to_str().unwrap(), "--grant", "all"]);
        home
    }

    /// The same in another folder.
    pub(crate) fn copied(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(self.path(), &folder.path().join("home"));
        Self { folder, said: Mutex::default() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A file beside the home; its path as text.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A Score file of the workload `web`.
    pub(crate) fn wish(&self, resources: &Value) -> String {
        let score = json!({
            "apiVersion": "score.dev/v1b1",
            "metadata": {"name": "web"},
            "containers": {"main": {"image": "example.org/web:1"}},
            "resources": resources,
        });
        self.write("web.score.yaml", &score.to_string())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .arg("--home")
            .arg(self.path())
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("INNOMINATUS_SERVER")
            .env_remove("INNOMINATUS_KEY")
            // Whatever can be logged is.
            .env("INNOMINATUS_LOG", "trace")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.heard(self.command(arguments).output().unwrap())
    }

    /// The same, and it has to end well; what it printed.
    #[track_caller]
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// One JSON document.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// With something on standard input, which is not kept.
    fn typed(&self, arguments: &[&str], input: &str) {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = self.heard(child.wait_with_output().unwrap());
        assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    }

    /// Runs it until it comes to its end, or to the place where it is killed with `kill -9`.
    pub(crate) fn run_until_killed(&self, arguments: &[&str], points: &Failpoints) -> Output {
        let slot: Arc<Mutex<Option<u32>>> = Arc::default();
        // Held until it is known whom to kill.
        let mut known = slot.lock().unwrap();
        let killed = slot.clone();
        points.will(move || {
            let id = killed.lock().unwrap().unwrap();
            let done = Command::new("kill").args(["-9", &id.to_string()]).status().unwrap();
            assert!(done.success());
        });
        let child = self.command(arguments).spawn().unwrap();
        *known = Some(child.id());
        drop(known);
        let output = self.heard(child.wait_with_output().unwrap());
        assert_eq!(output.status.code().is_none(), points.is_dead(), "{}", told(&output));
        output
    }

    fn heard(&self, output: Output) -> Output {
        let mut said = self.said.lock().unwrap();
        said.extend_from_slice(&output.stdout);
        said.push(b'\n');
        said.extend_from_slice(&output.stderr);
        said.push(b'\n');
        output
    }

    /// Everything that was printed so far; from now on it begins anew.
    pub(crate) fn take_said(&self) -> Vec<u8> {
        std::mem::take(&mut self.said.lock().unwrap())
    }
}

pub(crate) fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    // Without the logs.
    text.lines()
        .filter(|line| !line.contains(" TRACE ") && !line.contains(" DEBUG "))
        .collect::<Vec<_>>()
        .join("\n")
}

fn grants(cloud: &Cloud) -> String {
    let port = cloud.address().port();
    let mut text = "grants:\n".to_owned();
    for entry in ["widget", "gadget", "locket"] {
        let references = match entry {
            "locket" => ", references: {licence: {secret: team/licence, hosts: [127.0.0.1]}}",
            _ => "",
        };
        text.push_str(&format!(
            "  cloudy/{entry}:\n    http:\n      - {{host: 127.0.0.1, scheme: http, port: {port}, \
             methods: [GET, PUT, POST, DELETE], secrets: true, addresses: [127.0.0.1/32]}}\n    \
             credentials:\n      cloud: {{kind: bearer, token: cloud/token}}\n    \
             secrets: {{generate: true{references}}}\n"
        ));
    }
    text
}

fn copy(from: impl AsRef<Path>, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (target, kind) = (to.join(entry.file_name()), entry.file_type().unwrap());
        if kind.is_dir() {
            copy(entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
    std::fs::set_permissions(to, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
}
