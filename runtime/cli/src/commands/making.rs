//! What `run` and `apply` have in common: ask, wait, write files, tell.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use innominatus_api::client::Filter;
use innominatus_api::wire::{
    ApplicationDetail, ApplyRequest, Receipt, RunDetail, RunReport, RunState, WrittenFile,
};

use super::request::Wish;
use super::{ending, following, plan};
use crate::args::duration;
use crate::files::aside;
use crate::output::{self, Output, OutputError};
use crate::problem::{Exit, Failure};
use crate::server::Server;
use crate::session::Session;
use crate::ui::plan::has_changes;
use crate::ui::text::{count, show};
use crate::ui::{application, receipt, run};

/// Options of `run` and `apply`.
#[derive(Debug, Args)]
pub(crate) struct Making {
    #[command(flatten)]
    wish: Wish,

    /// Folder for the files that the golden path renders
    #[arg(long, value_name = "DIR", default_value = ".")]
    output: PathBuf,

    /// Write no files
    #[arg(long, conflicts_with_all = ["output", "overwrite"])]
    no_output: bool,

    /// Replace files that innominatus did not write
    #[arg(long)]
    overwrite: bool,

    /// Show the plan and do nothing
    #[arg(long, conflicts_with_all = ["no_wait", "overwrite"])]
    dry_run: bool,

    /// Do not wait for the end; needs a server that goes on with the work
    #[arg(long, conflicts_with_all = ["output", "overwrite", "timeout"])]
    no_wait: bool,

    /// How long to wait; `0` is as long as it takes
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_hyphen_values = true, default_value = "30m")]
    timeout: Duration,
}

/// Asks for what the files say, and sees it through.
pub(super) async fn make(
    session: &Session,
    making: &Making,
    golden_path: Option<String>,
) -> Result<Exit, Failure> {
    if making.dry_run {
        plan::show(session, &making.wish, golden_path).await?;
        return Ok(Exit::OK);
    }
    let server = match making.no_wait {
        true => session.connect_to_lasting().await?,
        false => session.connect().await?,
    };
    let request = making.wish.request(&server, golden_path).await?;
    if !making.no_wait && !making.no_output {
        foresee(&server, making, &request).await?;
    }
    let receipt = server.apply(&request).await?;
    if session.ui.tells() {
        session.ui.data(&receipt::text(&session.ui.view(), &receipt));
    }
    if making.no_wait {
        let report = RunReport { receipt, outcome: None, resources: Vec::new(), files: Vec::new() };
        print(session, &report)?;
        return Ok(Exit::OK);
    }
    Box::pin(see_through(session, making, &request, receipt)).await
}

/// What would keep the files from being written is said before anything is made, as far as it can be known: whether
/// the folder takes files, and whether the files that are to be expected would meet something that is not ours.
async fn foresee(server: &Server<'_>, making: &Making, request: &ApplyRequest) -> Result<(), Failure> {
    let early = |error: OutputError| Failure::from(error).and("nothing was asked for yet");
    if !output::probe(&making.output).map_err(early)? {
        return Ok(());
    }
    let plan = server.plan(request).await?;
    // Where nothing is made, writing comes next, and knows what is to be written.
    if !has_changes(&plan) {
        return Ok(());
    }
    output::check(&making.to(&plan.application, &plan.environment), &plan.expected_files).map_err(early)
}

impl Making {
    /// Where files of an application go.
    fn to(&self, application: &str, environment: &str) -> Output {
        Output {
            folder: self.output.clone(),
            application: application.to_owned(),
            environment: environment.to_owned(),
            overwrite: self.overwrite,
        }
    }
}

async fn see_through(
    session: &Session,
    making: &Making,
    request: &ApplyRequest,
    receipt: Receipt,
) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    let name = receipt.requested.name.clone();
    let environment = making.wish.environment.environment.clone();
    let filter = Filter { environment: environment.clone(), ..Filter::default() };
    let run = if receipt::is_unchanged(&receipt) {
        // Nothing new, but perhaps the last wish is still being carried out.
        at_work(server.application(&name, &filter).await?)
    } else {
        receipt.run.clone()
    };
    let outcome = match &run {
        Some(run) => Some(attend(session, making, request, run, &name).await?),
        None => None,
    };
    let failure = outcome.as_ref().and_then(ending::failure);
    let detail = server.application(&name, &filter).await?;
    let files = match (&failure, making.no_output) {
        (None, false) => {
            // Another command may write there just now, and for a while.
            session.set_farewell(Some("interrupted: the same command writes the files".to_owned()));
            write(&server, making, &detail).await
        }
        _ => Ok(Vec::new()),
    };
    session.set_farewell(None);
    let written = files.as_deref().unwrap_or_default().to_vec();
    let next = detail.next.clone();
    let report = RunReport { receipt, outcome, resources: detail.resources_detail, files: written };
    print(session, &report)?;
    if session.ui.tells() {
        tell(session, &report, failure.is_some());
    }
    if let Some(failure) = failure {
        ending::explain(session, report.outcome.as_ref());
        return Err(failure);
    }
    files?;
    if session.ui.tells() {
        session.ui.data(&receipt::next(&next));
    }
    Ok(Exit::OK)
}

/// The run as it ended. One that gave way to a newer plan is followed by that one's: where all that was asked for
/// holds in the end, it does not matter who asked last.
async fn attend(
    session: &Session,
    making: &Making,
    request: &ApplyRequest,
    run: &str,
    name: &str,
) -> Result<RunDetail, Failure> {
    let first = following::follow(session, run, name, making.timeout).await?;
    let filter = Filter { environment: making.wish.environment.environment.clone(), ..Filter::default() };
    let mut last = first.clone();
    while last.state == RunState::Superseded {
        let server = session.connect().await?;
        let newer = match server.application(name, &filter).await {
            Ok(detail) => detail.last_run.map(|run| run.id).filter(|id| *id != last.id),
            // It gave way to its removal.
            Err(_) => None,
        };
        let Some(newer) = newer else { return Ok(first) };
        last = following::follow(session, &newer, name, making.timeout).await?;
    }
    if last.id != first.id && has_changes(&session.connect().await?.plan(request).await?) {
        return Ok(first);
    }
    Ok(last)
}

fn at_work(detail: ApplicationDetail) -> Option<String> {
    detail.last_run.filter(|run| !run.state.is_final()).map(|run| run.id)
}

/// Fetches the files that are the application's and puts them where they belong. They may be of an earlier run:
/// a folder that lost them gets them back.
async fn write(
    server: &Server<'_>,
    making: &Making,
    detail: &ApplicationDetail,
) -> Result<Vec<WrittenFile>, Failure> {
    let Some(run) = &detail.rendered else { return Ok(Vec::new()) };
    let artifacts = server.artifacts(run).await?.items;
    let environment = making.wish.environment.environment.as_deref();
    let output = making.to(&detail.summary.name, environment.unwrap_or("default"));
    Ok(aside(move || output::write(&output, &artifacts)).await??)
}

/// Programs get one object at the end, people were told as it happened.
fn print(session: &Session, report: &RunReport) -> Result<(), Failure> {
    if session.ui.is_for_people() {
        return Ok(());
    }
    let name = report.receipt.run.clone().unwrap_or_else(|| report.receipt.requested.name.clone());
    session.ui.answer("RunReport", report, |_| String::new(), || vec![name])
}

fn tell(session: &Session, report: &RunReport, failed: bool) {
    let view = session.ui.view();
    if let Some(outcome) = &report.outcome {
        let took = run::took(outcome).map(|took| format!(" in {took}")).unwrap_or_default();
        session.ui.remark(&format!("{} {}{took}", outcome.id, outcome.state.as_str()));
    }
    let made = application::made(&view, &report.resources);
    if !made.is_empty() {
        session.ui.data(&format!("\n{made}"));
    }
    if failed {
        return;
    }
    let lines: String = report.files.iter().map(file).collect();
    if !lines.is_empty() {
        session.ui.data(&format!("\n{lines}"));
    }
    if report.outcome.is_none() {
        session.ui.remark(&match report.resources.len() {
            0 => "nothing changed".to_owned(),
            number => format!("nothing changed: {} as asked for", count(number, "resource")),
        });
    }
}

fn file(file: &WrittenFile) -> String {
    let note = if file.sensitive { "  (secrets inside, for its owner alone)" } else { "" };
    format!("{:<9}  {}{note}\n", file.state, show(&file.path))
}
