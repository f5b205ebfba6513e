//! The terminal: data to standard output, talk to standard error, colours only where they are seen.
//!
//! Views make text out of wire types and know no stream; this file writes.

pub(crate) mod application;
pub(crate) mod build;
pub(crate) mod dev;
pub(crate) mod diagnostic;
pub(crate) mod difference;
pub(crate) mod event;
pub(crate) mod grant;
pub(crate) mod migration;
pub(crate) mod offered;
pub(crate) mod plan;
pub(crate) mod platform;
pub(crate) mod platforms;
pub(crate) mod problem;
pub(crate) mod progress;
pub(crate) mod receipt;
pub(crate) mod resource;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod secret;
pub(crate) mod status;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod tree;

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::ProgressBar;
use innominatus_api::wire::{Envelope, Problem};
use innominatus_model::{Code, Coded};
use serde::Serialize;

use crate::args::{Color, Format, Global};
use crate::problem::Failure;
use time::Clock;

/// Below so many columns tables are not fitted to the terminal.
const NARROWEST: u16 = 60;

/// What a view needs to know of where it is shown.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// Now, and the reader's time zone.
    pub(crate) clock: Clock,
    /// Columns of the terminal; none when nobody looks.
    pub(crate) width: Option<u16>,
}

/// Standard output cannot take any more.
#[derive(Debug, thiserror::Error)]
#[error("standard output cannot be written")]
pub(crate) struct OutputError(#[from] io::Error);

impl Coded for OutputError {
    fn code(&self) -> Code {
        Code::OutputFailed
    }

    fn remedy(&self) -> Option<String> {
        Some("look at where standard output goes; what was asked for has been done".into())
    }
}

/// Both streams, and how to write to them.
#[derive(Debug)]
pub(crate) struct Ui {
    format: Format,
    quiet: bool,
    verbose: u8,
    /// Whoever read standard output has gone.
    closed: AtomicBool,
    broken: Mutex<Option<io::Error>>,
    bar: Mutex<Option<ProgressBar>>,
}

impl Ui {
    /// By the global options.
    pub(crate) fn new(global: &Global) -> Self {
        match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        Self {
            format: global.format(),
            quiet: global.quiet,
            verbose: global.verbose,
            closed: AtomicBool::new(false),
            broken: Mutex::new(None),
            bar: Mutex::new(None),
        }
    }

    /// The form of what is printed.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether the reader is a person.
    pub(crate) fn is_for_people(&self) -> bool {
        self.format == Format::Table
    }

    /// Whether a person wants to be told what was done.
    pub(crate) fn tells(&self) -> bool {
        self.is_for_people() && !self.quiet
    }

    /// How much more is wanted.
    pub(crate) fn verbose(&self) -> u8 {
        self.verbose
    }

    /// What views need to know, as of now.
    pub(crate) fn view(&self) -> View {
        View { clock: Clock::now(), width: terminal_width() }
    }

    /// Prints an answer in the form that was asked for. Only the closure that is needed is called.
    pub(crate) fn answer<T: Serialize>(
        &self,
        kind: &str,
        body: &T,
        table: impl FnOnce(&View) -> String,
        names: impl FnOnce() -> Vec<String>,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Table => self.data(&table(&self.view())),
            Format::Json => self.data(&json_pretty(&Envelope::new(kind, body))?),
            Format::Yaml => self.data(&yaml(&Envelope::new(kind, body))?),
            Format::Name => names().iter().for_each(|name| self.data(&format!("{}\n", text::show(name)))),
        }
        Ok(())
    }

    /// Prints what a mutation answers; a person who asked for quiet hears of failures only.
    pub(crate) fn done<T: Serialize>(
        &self,
        kind: &str,
        body: &T,
        table: impl FnOnce(&View) -> String,
        names: impl FnOnce() -> Vec<String>,
    ) -> Result<(), Failure> {
        if self.is_for_people() && self.quiet { Ok(()) } else { self.answer(kind, body, table, names) }
    }

    /// Prints one object of a stream: a line of JSON, a YAML document, or what `line` and `name` make of it.
    pub(crate) fn item<T: Serialize>(
        &self,
        kind: &str,
        body: &T,
        line: impl FnOnce(&View) -> String,
        name: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Table => self.data(&line(&self.view())),
            Format::Json => self.data(&format!("{}\n", json_line(&Envelope::new(kind, body))?)),
            Format::Yaml => self.data(&format!("---\n{}", yaml(&Envelope::new(kind, body))?)),
            Format::Name => self.data(&format!("{}\n", text::show(&name()))),
        }
        Ok(())
    }

    /// Writes text with style sequences to standard output. When its reader has gone, nothing happens.
    pub(crate) fn data(&self, text: &str) {
        self.write(|| {
            let mut stdout = anstream::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()
        });
    }

    /// Writes bytes to standard output as they are.
    pub(crate) fn raw(&self, bytes: &[u8]) {
        self.write(|| {
            let mut stdout = io::stdout().lock();
            stdout.write_all(bytes)?;
            stdout.flush()
        });
    }

    /// Whether anybody still reads standard output.
    pub(crate) fn is_read(&self) -> bool {
        !self.closed.load(Ordering::Relaxed)
    }

    /// A line of talk, set apart from what happens.
    pub(crate) fn remark(&self, text: &str) {
        self.talk(&style::paint(style::DIM, text));
    }

    /// A line of talk, for people who did not ask for quiet.
    pub(crate) fn talk(&self, text: &str) {
        if !self.tells() {
            return;
        }
        let bar = self.bar.lock().expect("nothing panics while it is held");
        match &*bar {
            Some(bar) => bar.suspend(|| stderr(&format!("{text}\n"))),
            None => stderr(&format!("{text}\n")),
        }
    }

    /// Tells of a problem: text for people, one JSON object on the last line for programs.
    pub(crate) fn problem(&self, problem: &Problem, headline: Option<&str>) {
        self.clear_progress();
        match self.format {
            Format::Json => stderr(&format!("{}\n", problem::json(problem))),
            // Only people were told the rest.
            _ => stderr(&problem::text(problem, headline.filter(|_| self.is_for_people()))),
        }
    }

    /// What a person who interrupted should know.
    pub(crate) fn interruption(&self, text: &str) {
        match self.format {
            Format::Json => {
                let problem = Problem { exit_code: 130, ..Problem::new(Code::Interrupted, text) };
                stderr(&format!("{}\n", problem::json(&problem)));
            }
            _ => stderr(&format!("\n{text}\n")),
        }
    }

    /// Shows a bar on a terminal, if a person looks. `talk` goes around it.
    pub(crate) fn show_progress(&self, bar: ProgressBar) {
        *self.bar.lock().expect("nothing panics while it is held") = Some(bar);
    }

    /// Whether a bar makes sense: a person looks at a terminal.
    pub(crate) fn can_show_progress(&self) -> bool {
        self.tells() && io::stderr().is_terminal()
    }

    /// Takes the bar away.
    pub(crate) fn clear_progress(&self) {
        if let Some(bar) = self.bar.lock().expect("nothing panics while it is held").take() {
            bar.finish_and_clear();
        }
    }

    /// Changes the text of the bar, if there is one.
    pub(crate) fn set_progress(&self, text: String) {
        if let Some(bar) = &*self.bar.lock().expect("nothing panics while it is held") {
            bar.set_message(text);
        }
    }

    /// Says whether all data arrived. A reader that went away wanted no more, which is no error.
    pub(crate) fn finish(&self) -> Result<(), OutputError> {
        match self.broken.lock().expect("nothing panics while it is held").take() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    fn write(&self, write: impl FnOnce() -> io::Result<()>) {
        if !self.is_read() {
            return;
        }
        let bar = self.bar.lock().expect("nothing panics while it is held");
        let result = match &*bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        };
        if let Err(error) = result {
            self.closed.store(true, Ordering::Relaxed);
            if error.kind() != io::ErrorKind::BrokenPipe {
                *self.broken.lock().expect("nothing panics while it is held") = Some(error);
            }
        }
    }
}

/// Writes text with style sequences to standard error. Where talk cannot be heard, it is lost.
pub(crate) fn stderr(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}

fn terminal_width() -> Option<u16> {
    let terminal = io::stdout().is_terminal();
    let width = terminal.then(|| comfy_table::Table::new().width()).flatten();
    // A terminal that says nonsense, or one in which columns of a few letters would help nobody.
    width.filter(|width| *width >= NARROWEST)
}

fn json_pretty(body: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(body).map_err(unprintable)?;
    Ok(format!("{}\n", text::escape_json(&json)))
}

fn json_line(body: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string(body).map_err(unprintable)?;
    Ok(text::escape_json(&json))
}

/// YAML, or JSON (which is YAML too) where a text holds characters that deceive a reader and that YAML would
/// print as they are.
fn yaml(body: &impl Serialize) -> Result<String, Failure> {
    let yaml = serde_saphyr::to_string(body).map_err(unprintable)?;
    if yaml.chars().all(|c| c == '\n' || !text::is_deceptive(c)) { Ok(yaml) } else { json_pretty(body) }
}

fn unprintable(error: impl std::fmt::Display) -> Failure {
    Failure::internal(format!("the answer cannot be printed: {error}"))
}

#[cfg(test)]
mod goldens;
#[cfg(test)]
mod samples;

#[cfg(test)]
impl View {
    /// A fixed moment in UTC, 2026-11-20 12:00, and no terminal: for goldens.
    pub(crate) fn fixed() -> Self {
        Self { clock: Clock::fixed(), width: None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn machine_output_carries_version_and_kind_beside_the_objects_own_fields() {
        let text = json_line(&Envelope::new("Thing", json!({ "name": "a" }))).unwrap();
        assert_eq!(text, r#"{"apiVersion":"innominatus.io/v1","kind":"Thing","name":"a"}"#);
    }

    #[test]
    fn what_deceives_a_reader_is_escaped_in_every_form() {
        let evil = json!({ "name": "a\u{202e}b\u{1b}[31m\u{9b}" });
        for text in [json_line(&evil).unwrap(), json_pretty(&evil).unwrap(), yaml(&evil).unwrap()] {
            assert!(!text.chars().any(|c| c != '\n' && text::is_deceptive(c)), "{text:?}");
            let back: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
            assert_eq!(back, evil, "and nothing is lost");
        }
    }

    #[test]
    fn ordinary_objects_are_block_yaml() {
        assert_eq!(yaml(&json!({ "a": [1, "x"] })).unwrap(), "a:\n- 1\n- x\n");
    }
}
