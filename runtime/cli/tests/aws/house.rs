//! A home with the platform `aws` installed, that works in an account.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_testkit::account::{Account, Key};
use innominatus_testkit::{fixtures, programs};
use serde_json::{Value, json};

/// A home of its own, whose names in the account begin with a prefix of its own.
pub(crate) struct House {
    folder: tempfile::TempDir,
    pub(crate) account: Account,
    pub(crate) prefix: String,
    /// All that the program said.
    said: RefCell<Vec<u8>>,
}

impl House {
    /// The platform is installed, and the operator's key is this one.
    pub(crate) fn new(account: &Account, name: &str, key: &Key) -> Self {
        let house = Self {
            folder: tempfile::tempdir().unwrap(),
            account: account.clone(),
            // Another one in each process: the account may live longer than the test.
            prefix: format!("{name}{}", std::process::id()),
            said: RefCell::default(),
        };
        house.set("set", key);
        let settings = house.home().join("settings");
        fs::create_dir_all(&settings).unwrap();
        let values = json!({"region": account.region, "endpoint": account.endpoint, "account": Account::NUMBER,
            "namePrefix": house.prefix, "pollSeconds": 1});
        fs::write(settings.join("aws.json"), values.to_string()).unwrap();
        let grants = house.folder.path().join("grants.yaml");
        fs::write(&grants, grants_file(account)).unwrap();
        let platform = programs::platform("aws");
        let output = house.run([
            "platform".as_ref(),
            "install".as_ref(),
            platform.as_os_str(),
            "--grants".as_ref(),
            grants.as_ref(),
        ]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        house
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Keeps the operator's key: `set`, or `rotate` for another one.
    pub(crate) fn set(&self, verb: &str, key: &Key) {
        for (name, value) in [("aws/access-key-id", &key.id), ("aws/secret-access-key", &key.secret)] {
            let mut child = self
                .command()
                .args(["secret", verb, name])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
            let output = self.heard(child.wait_with_output().unwrap());
            assert!(output.status.success(), "{}", text(&output.stderr));
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_innominatus"));
        command.arg("--home").arg(self.home());
        command.env_remove("INNOMINATUS_SERVER").env_remove("INNOMINATUS_KEY");
        command
    }

    fn heard(&self, output: Output) -> Output {
        let mut said = self.said.borrow_mut();
        said.extend_from_slice(&output.stdout);
        said.extend_from_slice(&output.stderr);
        output
    }

    pub(crate) fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a OsStr>) -> Output {
        self.heard(self.command().args(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs the program, which is to succeed.
    pub(crate) fn must(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments.iter().map(OsStr::new));
        assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs a Score file. Files are written to `output`.
    pub(crate) fn apply(&self, score: &str) -> Output {
        let file = self.folder.path().join("score.yaml");
        fs::write(&file, score).unwrap();
        let output = self.folder.path().join("output");
        let words: [&OsStr; 5] =
            ["run".as_ref(), "aws-resources".as_ref(), file.as_ref(), "--output".as_ref(), output.as_ref()];
        self.run(words)
    }

    /// The same, and it succeeds. Gives the variables of the container `web`.
    pub(crate) fn applied(&self, score: &str) -> Vec<(String, String)> {
        let output = self.apply(score);
        let events = || self.must(&["events", "list"]);
        assert!(output.status.success(), "{}\n{}", text(&output.stderr), events());
        let file = fs::read_to_string(self.folder.path().join("output/shop/web.env")).unwrap();
        let line = |line: &str| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), value.trim_matches('\'').to_owned())
        };
        file.lines().map(line).collect()
    }

    /// Everything that a component saw and said while it made a resource, as text.
    pub(crate) fn seen_by_guest(&self, resource: &str) -> String {
        let recording: Value = serde_json::from_str(&self.must(&["journal", "export", resource])).unwrap();
        let mut seen = String::new();
        collect(&recording, &mut seen);
        seen
    }

    /// No form of a secret stands in what was said, nor in any file of the home.
    pub(crate) fn assert_nowhere(&self, secrets: &[&str]) {
        let mut places = vec![(PathBuf::from("what was said"), self.said.borrow().clone())];
        files(&self.home(), &mut places);
        assert!(places.len() > 5, "there are files to look into");
        for secret in secrets {
            assert!(secret.len() > 10, "`{secret}` is too short to be looked for");
            let encoded = form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
            for form in [(*secret).to_owned(), BASE64.encode(secret), encoded] {
                for (place, bytes) in &places {
                    let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
                    assert!(!found, "a secret stands in {}", place.display());
                }
            }
        }
    }
}

/// Every text of a recording, and what the base64 ones among them stand for.
fn collect(value: &Value, seen: &mut String) {
    match value {
        Value::String(found) => {
            seen.push_str(found);
            seen.push('\n');
            if let Some(decoded) = BASE64.decode(found).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
                seen.push_str(&decoded);
                seen.push('\n');
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, seen)),
        Value::Object(entries) => entries.values().for_each(|entry| collect(entry, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn files(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.is_file() {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
}

/// What the operator grants: one address, one identity.
fn grants_file(account: &Account) -> String {
    let (host, port) = account.endpoint.strip_prefix("http://").unwrap().rsplit_once(':').unwrap();
    let entry = |name: &str, methods: &str, more: &str, rest: &str| {
        format!(
            "  aws/{name}:\n    http:\n      - {{scheme: http, host: {host}, port: {port}, methods: [{methods}], \
             addresses: [{host}/32]{more}}}\n    credentials:\n      aws: {{kind: aws-sigv4, accessKeyId: \
             aws/access-key-id, secretAccessKey: aws/secret-access-key, region: {}}}\n{rest}",
            account.region
        )
    };
    let all = "GET, PUT, POST, DELETE";
    format!(
        "grants:\n{}{}{}",
        entry("aws-s3", all, "", ""),
        entry("aws-storage", all, "", ""),
        entry("aws-rds", "GET, POST", ", secrets: true", "    secrets: {generate: true}\n"),
    )
}

/// A Score file of `fixtures/score/aws`.
pub(crate) fn score(name: &str) -> String {
    fs::read_to_string(fixtures::root().join("score/aws").join(format!("{name}.score.yaml"))).unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
