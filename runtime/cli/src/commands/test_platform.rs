//! `test-platform`: does a platform do what platforms have to do? Needs no server and leaves the home's store alone; but
//! for `--record`, which asks the server what a resource of it came from.

use std::path::{Path, PathBuf};

use innominatus_author::harness::{self, CHECKS, Options, Recorded, Report, Selection, Status};
use innominatus_model::{Code, ExitClass};
use innominatus_package::folder_of;
use serde_json::json;

use super::platform::publishing;
use crate::args::{Environment, Format};
use crate::connect::compiler;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::target::{Place, Target};
use crate::ui::style::{BAD, DIM, GOOD, WARN, paint};
use crate::ui::text;

/// The check that table tests are found under.
const TABLE_TEST: &str = "test";

/// Test a platform: contract, lifecycle, faults, crashes, secrets, limits, and its table tests; no cloud is needed
///
/// Every component is called in worlds that are made up: a generic store behind HTTP, tokens without secrets behind
/// them. Tests in the folder `tests` beside the manifest give targets, answers and expectations. Exits with 9 when a
/// check fails, with 3 when the platform or a test cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A platform's folder, or its `platform.yaml`; where its components are built elsewhere, what was built
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

    #[command(flatten)]
    record: Record,
}

/// What a test is made of first.
#[derive(Debug, Default, clap::Args)]
struct Record {
    /// Make a table test of what this platform last did for a resource, and run it: the recording goes to
    /// `tests/recordings`, the test that replays it offline to `tests`
    #[arg(long = "record", value_name = "RESOURCE", conflicts_with = "list")]
    resource: Option<String>,

    /// The application whose resource is recorded
    #[arg(long, value_name = "NAME", requires = "resource")]
    application: Option<String>,

    #[command(flatten)]
    environment: Environment,
}

/// Prints the report.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let Some(target) = args.platform.filter(|_| !args.list) else {
        return list(session);
    };
    let sources = folder_of(&target).to_path_buf();
    let target = publishing::built(&sources).await?;
    if target != sources {
        session.ui.remark(&format!("testing what was built of it: `{}`", target.display()));
    }
    let mut selection = Selection { entries: args.entries, filters: args.filters };
    if args.record.resource.is_some() {
        let recorded = record(session, &target, &sources, &args.record).await?;
        if selection == Selection::default() {
            let filters = vec![format!("{}/{TABLE_TEST}", recorded.entry)];
            selection = Selection { entries: vec![recorded.entry.to_string()], filters };
        }
    }
    make(session, target, selection, args.junit).await
}

/// Makes a test of what the platform last did for a resource.
async fn record(
    session: &Session,
    target: &Path,
    sources: &Path,
    record: &Record,
) -> Result<Recorded, Failure> {
    let server = session.connect().await?;
    let place = Place {
        environment: record.environment.environment.as_deref(),
        application: record.application.as_deref(),
    };
    let resource = record.resource.as_deref().unwrap_or_default();
    let id = Target::find_resource(&server, resource, place).await?;
    let document = server.journal(&id).await?;
    let options = options(session, target.to_path_buf(), Selection::default())?;
    let recorded = Box::pin(harness::record(&options, document, sources)).await?;
    let (test, recording) = (recorded.test.display(), recorded.recording.display());
    session.ui.remark(&format!("written: `{test}`, which replays `{recording}`"));
    Ok(recorded)
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
    let options = options(session, target, selection)?;
    let report = Box::pin(harness::test_platform(&options)).await?;
    if report.findings().next().is_none() {
        let hint = "`innominatus test-platform --list` lists them; a part of `<entry>/<check>` is enough";
        return Err(Failure::usage("no check fits `--filter`", hint));
    }
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

fn options(session: &Session, target: PathBuf, selection: Selection) -> Result<Options, Failure> {
    let (program, args) = compiler()?;
    let cache = session.connector.author_cache()?;
    Ok(Options { target, selection, cache, compiler: harness::CompilerCommand { program, args } })
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
