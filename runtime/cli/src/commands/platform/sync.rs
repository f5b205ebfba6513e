//! `platform sync`: what derives from a manifest is made to agree with it.

use innominatus_api::wire::DiagnosticView;
use innominatus_author::{Derived, Project, Synced, sync};
use innominatus_model::{Code, Diagnostic};
use serde::Serialize;

use super::author::Source;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::text::{count, show};

/// Rewrite what derives from a platform's manifest: versions of packages and golden path files, the SDK
///
/// Versions have one source, `platform.yaml`. What derives: the `version` of each package that makes a component, in
/// `Cargo.toml` and `Cargo.lock`; `metadata.version` of golden path files; in `README.md` what stands between
/// `<!-- innominatus:version -->` and `<!-- /innominatus:version -->`; and the files under `sdk/`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,

    /// Change nothing; fail where something would change
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SyncReport {
    written: Vec<String>,
    changes: Vec<ChangeView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeView {
    file: String,
    line: u32,
    what: String,
    found: String,
    derived: String,
}

/// Exits with 3 when something does not agree and was not to be changed.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let project = args.source.open().await?;
    if args.check {
        checked(session, &project)?;
    } else {
        let synced = sync(&project, false)?;
        print(session, &synced)?;
    }
    Ok(Exit::OK)
}

/// Fails where something that derives does not agree.
pub(super) fn checked(session: &Session, project: &Project) -> Result<(), Failure> {
    let synced = sync(project, true)?;
    let findings: Vec<Diagnostic> = synced.drift().map(Derived::diagnostic).collect();
    if findings.is_empty() {
        let optional = synced.derived.iter().filter(|place| place.differs()).map(Derived::diagnostic);
        super::author::warn(session, &optional.collect::<Vec<_>>());
        session.ui.remark(&format!("in step with the manifest: {}", count(synced.derived.len(), "place")));
        return Ok(());
    }
    let places = count(findings.len(), "place");
    let views = findings.iter().map(DiagnosticView::from).collect();
    let verb = if findings.len() == 1 { "does" } else { "do" };
    Err(Failure::new(Code::PlatformDrift, format!("{places} {verb} not agree with the manifest"))
        .hint("run `innominatus platform sync`")
        .diagnostics(views))
}

fn print(session: &Session, synced: &Synced) -> Result<(), Failure> {
    let changes = synced.derived.iter().filter(|place| place.differs()).map(|place| ChangeView {
        file: place.file.clone(),
        line: place.line,
        what: place.what.clone(),
        found: place.found.clone(),
        derived: place.wanted.clone(),
    });
    let report = SyncReport { written: synced.written.clone(), changes: changes.collect() };
    let table = |_: &_| {
        let line = |change: &ChangeView| {
            let place = if change.line == 0 {
                change.file.clone()
            } else {
                format!("{}:{}", change.file, change.line)
            };
            format!(
                "{}: {}: {} -> {}\n",
                show(&place),
                show(&change.what),
                show(&change.found),
                show(&change.derived)
            )
        };
        report.changes.iter().map(line).collect::<String>()
    };
    session.ui.done("SyncReport", &report, table, || report.written.clone())?;
    if synced.written.is_empty() {
        session.ui.remark(&format!("in step with the manifest: {}", count(synced.derived.len(), "place")));
    } else {
        session.ui.remark(&format!("{} written", count(synced.written.len(), "file")));
    }
    Ok(())
}
