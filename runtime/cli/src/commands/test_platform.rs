//! `test-platform`: does a platform do what platforms have to do? Needs no server, and leaves the home's store alone.

use std::path::{Path, PathBuf};

use innominatus_author::harness::{self, CHECKS, Options, Report, Selection, Status};
use innominatus_model::{Code, ExitClass};
use serde_json::json;

use crate::args::Format;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::style::{BAD, DIM, GOOD, WARN, paint};
use crate::ui::text;

/// Test a platform: contract, lifecycle, faults, crashes, secrets, limits, and its table tests; no cloud is needed
///
/// Every component is called in worlds that are made up: a generic store behind HTTP, tokens without secrets behind
/// them. Tests in the folder `tests` beside the manifest give targets, answers and expectations. Exits with 9 when a
/// check fails, with 3 when the platform or a test cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A platform's folder, or its `platform.yaml`
    #[arg(value_name = "PLATFORM", required_unless_present = "list")]
    platform: Option<PathBuf>,

    /// Test this entry only; may be given several times
    #[arg(long = "entry", value_name = "NAME")]
    entries: Vec<String>,

    /// Make only checks whose `<entry>/<check>` contains this; may be given several times
    #[arg(long = "filter", value_name = "TEXT")]
    filters: Vec<String>,

    /// List the checks and make none
    #[arg(long, conflicts_with_all = ["entries", "filters", "junit"])]
    list: bool,

    /// Write the report as JUnit XML as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Prints the report.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let Some(target) = args.platform.filter(|_| !args.list) else {
        return list(session);
    };
    let selection = Selection { entries: args.entries, filters: args.filters };
    make(session, target, selection, args.junit).await
}

/// All checks on this folder.
pub(crate) async fn on(session: &Session, target: PathBuf, junit: Option<PathBuf>) -> Result<Exit, Failure> {
    make(session, target, Selection::default(), junit).await
}

async fn make(
    session: &Session,
    target: PathBuf,
    selection: Selection,
    junit: Option<PathBuf>,
) -> Result<Exit, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::internal(format!("this program does not know where it lies: {error}")))?;
    let options = Options {
        target,
        selection,
        cache: session.connector.author_cache()?,
        compiler: harness::CompilerCommand { program, args: vec![crate::COMPILE_COMPONENT.into()] },
    };
    let report = Box::pin(harness::test_platform(&options)).await?;
    if let Some(file) = &junit {
        write(file, &report)?;
    }
    let ui = &session.ui;
    match ui.format() {
        Format::Table => ui.data(&coloured(&report.text(ui.verbose() > 0))),
        Format::Name => {
            for (entry, finding) in report.findings().filter(|(_, finding)| finding.status == Status::Fail) {
                ui.data(&format!("{}/{}\n", entry.name, finding.check.id));
            }
        }
        Format::Json | Format::Yaml => {
            let mut body = report.json();
            // The envelope says both.
            if let Some(fields) = body.as_object_mut() {
                fields.remove("apiVersion");
                fields.remove("kind");
            }
            ui.answer("PlatformTestReport", &body, |_| String::new(), Vec::new)?;
        }
    }
    match report.count(Status::Fail) {
        0 => Ok(Exit::OK),
        _ if !ui.is_for_people() => Ok(ExitClass::Failed.into()),
        failed => {
            let what = text::count(failed, "check");
            let detail = format!("{what} of platform `{}` failed", report.platform);
            Err(Failure::new(Code::PlatformTestFailed, detail)
                .hint("do what the lines say, and run it again; `-v` shows the checks that passed as well"))
        }
    }
}

fn write(file: &Path, report: &Report) -> Result<(), Failure> {
    let xml = report.junit()?;
    std::fs::write(file, xml).map_err(|error| {
        let detail = format!("cannot write `{}`: {error}", file.display());
        Failure::new(Code::OutputFailed, detail).hint("name a file in a folder that is there")
    })
}

/// The list of checks.
fn list(session: &Session) -> Result<Exit, Failure> {
    let items: Vec<_> = CHECKS
        .iter()
        .map(|check| json!({"id": check.id, "scope": check.scope.as_str(), "what": check.what, "remedy": check.remedy}))
        .collect();
    let table = |_: &_| {
        let lines = CHECKS
            .iter()
            .map(|check| format!("{:<12} {:<20} {}\n", check.scope.as_str(), check.id, check.what));
        lines.collect()
    };
    let names = || CHECKS.iter().map(|check| check.id.to_owned()).collect();
    session.ui.answer("PlatformTestCheckList", &json!({"items": items}), table, names)?;
    Ok(Exit::OK)
}

/// The report's text, safe for a terminal, with its words in colour.
fn coloured(report: &str) -> String {
    let mut out = String::new();
    for line in report.lines() {
        let line = text::show(line);
        let found = [("  FAIL  ", BAD), ("  warn  ", WARN), ("  pass  ", GOOD), ("  skip  ", DIM)];
        match found
            .into_iter()
            .find_map(|(word, style)| line.strip_prefix(word).map(|rest| (word, style, rest)))
        {
            Some((word, style, rest)) => out.push_str(&format!("{}{rest}\n", paint(style, word))),
            None => out.push_str(&format!("{line}\n")),
        }
    }
    out
}
