//! A stand-in for the server: answers on `<home>/api.sock` with what a test told it to, and remembers what it
//! was asked. So the command line is tested for what it says and does, apart from any engine.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};

use innominatus_api::wire::*;
use serde::Serialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::samples::status;

/// What is answered.
#[derive(Clone)]
enum Answer {
    Json(u16, String),
    /// Nothing: the connection ends.
    HangUp,
    /// Server-sent events; then the stream ends, or stays open for ever.
    Events {
        events: Vec<EventView>,
        open: bool,
    },
}

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) streams: bool,
}

#[derive(Default)]
struct Script {
    /// By method and path; answers are given in order, the last one again and again.
    answers: HashMap<(String, String), Vec<Answer>>,
    asked: Vec<Asked>,
    open: Vec<UnixStream>,
}

type Shared = Arc<(Mutex<Script>, Condvar)>;

/// A home with a stand-in, and a folder to work in.
pub(crate) struct StandIn {
    pub(crate) home: TempDir,
    pub(crate) work: TempDir,
    script: Shared,
}

impl StandIn {
    /// Answers `GET /v1/status` and nothing else yet.
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(home.path().join("api.sock")).unwrap();
        let script = Shared::default();
        let shared = script.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || answer(stream, &shared));
            }
        });
        let stand_in = Self { home, work: tempfile::tempdir().unwrap(), script };
        stand_in.on("GET /v1/status", &status());
        stand_in
    }

    /// Answers this with an object; said again, the next one differs.
    pub(crate) fn on(&self, question: &str, body: &impl Serialize) -> &Self {
        self.push(question, Answer::Json(200, serde_json::to_string(body).unwrap()))
    }

    /// Answers this with an object from now on, whatever was to be answered.
    pub(crate) fn instead(&self, question: &str, body: &impl Serialize) -> &Self {
        let (method, path) = question.split_once(' ').unwrap();
        self.script.0.lock().unwrap().answers.remove(&(method.to_owned(), path.to_owned()));
        self.on(question, body)
    }

    /// Answers this with a problem.
    pub(crate) fn refuse(&self, question: &str, problem: &Problem) -> &Self {
        self.push(question, Answer::Json(problem.status, serde_json::to_string(problem).unwrap()))
    }

    /// Goes away without an answer.
    pub(crate) fn hang_up(&self, question: &str) -> &Self {
        self.push(question, Answer::HangUp)
    }

    /// Streams these events and keeps the stream open.
    pub(crate) fn stream(&self, events: &[EventView]) -> &Self {
        self.push("STREAM /v1/events", Answer::Events { events: events.to_vec(), open: true })
    }

    /// Streams these events, then goes away.
    pub(crate) fn stream_and_close(&self, events: &[EventView]) -> &Self {
        self.push("STREAM /v1/events", Answer::Events { events: events.to_vec(), open: false })
    }

    fn push(&self, question: &str, answer: Answer) -> &Self {
        let (method, path) = question.split_once(' ').unwrap();
        let key = (method.to_owned(), path.to_owned());
        self.script.0.lock().unwrap().answers.entry(key).or_default().push(answer);
        self
    }

    /// Everything that was asked of this method and path.
    pub(crate) fn asked(&self, question: &str) -> Vec<Asked> {
        let (method, path) = question.split_once(' ').unwrap();
        let script = self.script.0.lock().unwrap();
        let of = |asked: &&Asked| asked.method == method && asked.path.split('?').next() == Some(path);
        script.asked.iter().filter(of).cloned().collect()
    }

    /// Waits until an event stream was asked for.
    pub(crate) fn await_stream(&self) {
        self.wait_until(|asked| asked.streams);
    }

    /// Waits until this was asked.
    pub(crate) fn await_asked(&self, question: &str) {
        let (method, path) = question.split_once(' ').unwrap();
        self.wait_until(|asked| asked.method == method && asked.path.split('?').next() == Some(path));
    }

    fn wait_until(&self, is_meant: impl Fn(&Asked) -> bool) {
        let (script, changed) = &*self.script;
        let script = script.lock().unwrap();
        drop(changed.wait_while(script, |script| !script.asked.iter().any(&is_meant)).unwrap());
    }

    /// A file in the folder to work in.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.work.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.work.path().join(name)).unwrap()
    }

    /// The program, in the folder to work in, without anything of the caller's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        innominatus(self.home.path(), self.work.path(), arguments)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.command(arguments).output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Standard output as one JSON object.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The last line of standard error as a problem.
    #[track_caller]
    pub(crate) fn problem(&self) -> Problem {
        let line = self.stderr.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// The program with this home.
pub(crate) fn innominatus(home: &Path, work: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_innominatus"));
    command
        .args(arguments)
        .current_dir(work)
        .env_clear()
        .env("INNOMINATUS_HOME", home)
        .env("TZ", "UTC")
        .stdin(Stdio::null());
    command
}

fn answer(stream: UnixStream, shared: &Shared) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let (mut length, mut streams) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        match header.split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().ok()?,
            Some(("accept", value)) => streams = value.contains("event-stream"),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let asked = Asked { method: method.clone(), path: path.clone(), body, streams };
    let bare = path.split('?').next()?.to_owned();
    let key = (if streams { "STREAM".to_owned() } else { method }, bare);
    let found = {
        let mut script = shared.0.lock().unwrap();
        script.asked.push(asked);
        let answers = script.answers.get_mut(&key);
        let found =
            answers.map(|answers| if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() });
        shared.1.notify_all();
        found
    };
    let mut stream = stream;
    match found {
        Some(Answer::Json(status, body)) => write_json(&mut stream, status, &body),
        Some(Answer::Events { events, open }) => {
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n: hello\n\n";
            stream.write_all(head.as_bytes()).ok()?;
            for event in events {
                let json = serde_json::to_string(&event).unwrap();
                stream.write_all(format!("id: {}\ndata: {json}\n\n", event.cursor).as_bytes()).ok()?;
            }
            if open {
                shared.0.lock().unwrap().open.push(stream);
            }
            Some(())
        }
        Some(Answer::HangUp) => Some(()),
        None => {
            let problem = Problem::new(
                innominatus_model::Code::NotFound,
                format!("the test has no answer for {key:?}"),
            );
            write_json(&mut stream, 404, &serde_json::to_string(&problem).unwrap())
        }
    }
}

fn write_json(stream: &mut UnixStream, status: u16, body: &str) -> Option<()> {
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()
}
