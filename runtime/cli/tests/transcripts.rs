//! Transcripts: what a person types and what they see, from the real program with the real server in it.
//!
//! A file in `tests/transcripts` holds `$ command` lines (a shell runs them, in a folder of their own and with
//! a home of their own that all commands of the file share), remarks that begin with `; `, orders to a fake cloud that
//! begin with `% ` (its address is in `$CLOUD`, its port in `$CLOUD_PORT`), and what the commands answered: standard output as it is, standard error behind `! `, and `? <code>` when the command
//! did not exit with 0. What differs from run to run is redacted. `BLESS=1` writes the answers anew.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use innominatus_testkit::cloud::{Cloud, Fault};
use innominatus_testkit::redact::Redactor;
use innominatus_testkit::{fixtures, golden, programs};
use regex::Regex;

/// What differs from run to run beyond what the redactor knows: times of day, processes, ports, and how far
/// a run has come by the time its receipt is written.
const DIFFERS: &[(&str, &str)] = &[
    (r"\b(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\b", "<time>"),
    (r"(process +|pid:? +)\d+", "$1<pid>"),
    (r"\b\d+ ms\b", "<duration>"),
    // What components take changes with their bytes.
    (r"\b\d+\.\d M fuel, \d+(\.\d)? [KM]iB memory\b", "<fuel>, <memory>"),
    (r"(?m)(\.wasm  )\d+(\.\d)? [KM]iB$", "$1<size>"),
    // The width of a column of durations.
    (r"STARTED +TOOK", "STARTED  TOOK"),
    (r"<duration> ago +", "<duration> ago  "),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:<port>"),
    (r"\bport: \d{5}\b", "port: <port>"),
    // Ids of keys.
    (r"\b[0-9a-f]{16}\b", "<key>"),
    // How many there still are when it is told.
    (r"(?m)^  observed   (deleting: .*|absent: the application is gone .*)$", "  observed   <observed>"),
    (
        r"(?m)^  observed   \w+: (?:\d+ of (\d+ resources) are ready|(it has no resources)) .*$",
        "  observed   <observed> $1$2",
    ),
];
/// The first words of lines of progress, which come in any order where steps run beside each other.
const PROGRESS: &[&str] =
    &["making", "made", "failed", "files", "log", "retry", "fault", "removing", "removed"];

macro_rules! transcripts {
    ($($name:ident: $what:ident,)*) => {
        $(
            #[test]
            fn $what() {
                check(stringify!($name));
            }
        )*

        #[test]
        fn every_transcript_is_played() {
            for file in fixtures::files(folder(), ".txt") {
                let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
                assert!([$(stringify!($name)),*].contains(&name.as_str()), "nobody plays `{name}`");
            }
        }
    };
}

transcripts! {
    explain: codes_are_explained_without_a_server,
    schema: schemas_are_printed_without_a_server,
    usage: a_wrong_command_line_says_what_is_wrong,
    empty_home: an_empty_home_says_how_to_go_on,
    validate: findings_have_places_and_remedies,
    judged: what_no_platform_gives_is_found_beside_other_mistakes,
    parameters: parameters_stay_until_they_are_replaced,
    files: what_is_in_the_way_is_seen_before_anything_is_made,
    look: one_resource_is_seen_from_every_side,
    failing: a_failure_explains_itself,
    compose: a_wish_becomes_resources_and_goes_away_again,
    grants: what_a_platform_asks_for_is_answered,
    secrets: secrets_go_in_and_never_come_out,
    effects: what_was_done_to_the_world_is_seen_and_settled,
    author: a_platform_begins_without_a_network,
    dev: what_a_platform_does_is_seen_while_it_is_written,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

#[track_caller]
fn check(name: &str) {
    let file = folder().join(format!("{name}.txt"));
    let text = std::fs::read_to_string(&file).unwrap();
    golden::check(file, &Transcript::new(&text).play(&text));
}

struct Transcript {
    home: tempfile::TempDir,
    work: tempfile::TempDir,
    platforms: PathBuf,
    /// Where a file speaks of one.
    cloud: Option<(tokio::runtime::Runtime, Cloud)>,
    redactor: Redactor,
    differs: Vec<(Regex, &'static str)>,
}

impl Transcript {
    fn new(text: &str) -> Self {
        let (home, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let platforms = programs::target().join("platforms");
        for name in ["compose", "fixtures", "cloudy"] {
            if text.contains(&format!("$PLATFORMS/{name}")) {
                programs::platform(name);
            }
        }
        let cloud = text.contains("$CLOUD").then(|| {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let cloud = runtime.block_on(Cloud::start());
            (runtime, cloud)
        });
        let redactor = Redactor::new()
            .with_path(home.path(), "<home>")
            .with_path(work.path(), "<work>")
            .with_path(&platforms, "<platforms>")
            .with_path(fixtures::root(), "<fixtures>");
        Self {
            home,
            work,
            platforms,
            cloud,
            redactor,
            differs: DIFFERS.iter().map(|(pattern, with)| (Regex::new(pattern).unwrap(), *with)).collect(),
        }
    }

    fn play(mut self, text: &str) -> String {
        let mut played = String::new();
        for line in text.lines() {
            if let Some(remark) = line.strip_prefix("; ") {
                writeln!(played, "; {remark}").unwrap();
            } else if let Some(command) = line.strip_prefix("$ ") {
                writeln!(played, "$ {command}").unwrap();
                played.push_str(&self.answer(command));
                played.push('\n');
            } else if let Some(order) = line.strip_prefix("% ") {
                writeln!(played, "% {order}").unwrap();
                let (_, cloud) = self.cloud.as_ref().unwrap();
                cloud.fault(match order.split_once(' ').unwrap() {
                    ("lose-answer", "POST") => Fault::lose_answer("POST"),
                    ("lose-request", "POST") => Fault::lose_request("POST"),
                    _ => panic!("the cloud does not know the order `{order}`"),
                });
            }
        }
        played
    }

    fn answer(&mut self, command: &str) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_innominatus"));
        let folder = program.parent().unwrap().display();
        let output = Command::new("sh")
            .arg("-c")
            .arg(command)
            .current_dir(self.work.path())
            .env_clear()
            .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
            .env("INNOMINATUS_HOME", self.home.path())
            .env("FIXTURES", fixtures::root())
            .env("PLATFORMS", &self.platforms)
            .env("CLOUD", self.cloud.as_ref().map(|(_, cloud)| cloud.endpoint()).unwrap_or_default())
            .env(
                "CLOUD_PORT",
                self.cloud.as_ref().map(|(_, cloud)| cloud.address().port().to_string()).unwrap_or_default(),
            )
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let mut answer = self.redact(&String::from_utf8_lossy(&output.stdout));
        if !answer.is_empty() && !answer.ends_with('\n') {
            answer.push('\n');
        }
        let talk = self.redact(&String::from_utf8_lossy(&output.stderr));
        let mut talk: Vec<String> =
            talk.lines().map(|line| format!("! {line}").trim_end().to_owned()).collect();
        for progress in talk.chunk_by_mut(|a, b| is_progress(a) && is_progress(b)) {
            progress.sort();
        }
        talk.iter().for_each(|line| writeln!(answer, "{line}").unwrap());
        match output.status.code() {
            Some(0) => {}
            Some(code) => writeln!(answer, "? {code}").unwrap(),
            None => panic!("`{command}` was killed: {}", output.status),
        }
        answer
    }

    fn redact(&mut self, text: &str) -> String {
        let text = self.redactor.redact(text);
        self.differs.iter().fold(text, |text, (pattern, with)| pattern.replace_all(&text, *with).into_owned())
    }
}

fn is_progress(line: &str) -> bool {
    line.strip_prefix("!   ")
        .and_then(|line| line.split(' ').next())
        .is_some_and(|word| PROGRESS.contains(&word))
}
