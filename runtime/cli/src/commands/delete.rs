//! `delete`: remove an application, one workload of it, or a resource.

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use innominatus_api::wire::{Receipt, RunReport};

use super::{ending, following};
use crate::args::{Environment, duration};
use crate::files::aside;
use crate::output;
use crate::problem::{Exit, Failure};
use crate::server::Server;
use crate::session::Session;
use crate::target::{Place, Target};
use crate::ui::text::{count, show};
use crate::ui::{self, receipt, run};

/// Remove an application with its resources, one workload of it, or a resource
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// An application's name, a resource's id, or `<application>/<type>.<class>#<id>`
    #[arg(value_name = "WHAT")]
    what: String,

    /// Only this workload of the application; what nobody claims any more is removed
    #[arg(long, value_name = "NAME")]
    workload: Option<String>,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Do not wait for the end; needs a server that goes on with the work
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,

    /// How long to wait; `0` is as long as it takes
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_hyphen_values = true, default_value = "30m")]
    timeout: Duration,

    /// The application whose resource is meant
    #[arg(long, value_name = "NAME")]
    application: Option<String>,

    #[command(flatten)]
    environment: Environment,
}

/// Ends when it is gone (or the receipt is there, with `--no-wait`).
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let server = match args.no_wait {
        true => session.connect_to_lasting().await?,
        false => session.connect().await?,
    };
    let place = Place {
        environment: args.environment.environment.as_deref(),
        application: args.application.as_deref(),
    };
    let target = Target::find(&server, &args.what, place).await?;
    if !args.yes {
        confirm(question(&server, &target, &args, place).await?).await?;
    }
    let rendered = rendered(&server, &target, &args, place).await;
    let receipt = delete(&server, &target, &args, place).await?;
    if session.ui.tells() {
        session.ui.data(&receipt::text(&session.ui.view(), &receipt));
    }
    let outcome = match &receipt.run {
        Some(run) if !args.no_wait => {
            let name =
                if receipt.requested.subject == "application" { &receipt.requested.name } else { &args.what };
            Some(following::follow(session, run, name, args.timeout).await?)
        }
        _ => None,
    };
    let report = RunReport { receipt, outcome, resources: Vec::new(), files: Vec::new() };
    if !session.ui.is_for_people() {
        let name = report.receipt.run.clone().unwrap_or_else(|| report.receipt.requested.name.clone());
        session.ui.answer("RunReport", &report, |_| String::new(), || vec![name])?;
    }
    let Some(outcome) = &report.outcome else { return Ok(Exit::OK) };
    match ending::failure(outcome) {
        None => {
            let took = run::took(outcome).map(|took| format!(" in {took}")).unwrap_or_default();
            session.ui.remark(&format!("{} {}{took}", outcome.id, outcome.state.as_str()));
            if let Target::Application(name) = &target {
                left(session, name, &rendered);
            }
            Ok(Exit::OK)
        }
        Some(failure) => {
            ending::explain(session, Some(outcome));
            Err(failure)
        }
    }
}

async fn delete(
    server: &Server<'_>,
    target: &Target,
    args: &Args,
    place: Place<'_>,
) -> Result<Receipt, Failure> {
    match (target, &args.workload) {
        (Target::Application(name), workload) => {
            let filter = Place { application: None, ..place }.filter();
            Ok(server.delete_application(name, workload.as_deref(), &filter).await?)
        }
        (Target::Resource(_), Some(_)) => Err(Failure::usage(
            "`--workload` goes with an application",
            "name the application, not its resource",
        )),
        (Target::Resource(id), None) => Ok(server.delete_resource(id).await?),
        (Target::Run(_), _) => {
            Err(Failure::usage("a run is history and cannot be deleted", "name an application or a resource"))
        }
        (Target::Platform(name), _) => {
            let hint = format!("use `innominatus platform uninstall {name}`");
            Err(Failure::usage("a platform is not deleted but uninstalled", hint))
        }
    }
}

/// What is at stake, so that a person knows what they say yes to.
async fn question(
    server: &Server<'_>,
    target: &Target,
    args: &Args,
    place: Place<'_>,
) -> Result<String, Failure> {
    Ok(match (target, &args.workload) {
        (Target::Application(name), None) => {
            let filter = Place { application: None, ..place }.filter();
            let summary = server.application(name, &filter).await?.summary;
            let resources = count(summary.resources, "resource");
            format!("remove application `{}` with {resources}?", show(name))
        }
        (Target::Application(name), Some(workload)) => {
            format!(
                "remove workload `{}` of application `{}` and what only it claims?",
                show(workload),
                show(name)
            )
        }
        (Target::Resource(id), _) => {
            let summary = server.resource(id).await?.summary;
            format!(
                "remove `{}` of application `{}` and everything in it?",
                show(&summary.uid),
                show(&summary.application)
            )
        }
        // Refused when it is tried.
        (Target::Run(_) | Target::Platform(_), _) => format!("remove `{}`?", show(&args.what)),
    })
}

/// What was rendered for an application that is removed whole. Only for a remark, so nothing fails without it.
async fn rendered(server: &Server<'_>, target: &Target, args: &Args, place: Place<'_>) -> Vec<String> {
    match target {
        Target::Application(name) if args.workload.is_none() => {
            let filter = Place { application: None, ..place }.filter();
            server.application(name, &filter).await.map(|detail| detail.files).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Files are the person's: they stay, and what runs by them goes on. Where they were written is known of the current
/// folder only.
fn left(session: &Session, application: &str, rendered: &[String]) {
    let here = output::left(Path::new("."), application);
    if !here.is_empty() {
        let bare = |path: &PathBuf| path.strip_prefix(".").unwrap_or(path).display().to_string();
        let paths: Vec<_> = here.iter().map(|path| show(&bare(path))).collect();
        session.ui.remark(&format!("files stay as they were written: {}", paths.join(", ")));
    } else if !rendered.is_empty() {
        let names: Vec<_> = rendered.iter().map(|name| show(name)).collect();
        session.ui.remark(&format!("files stay where they were written: {}", names.join(", ")));
    } else {
        return;
    }
    session.ui.remark("what was started from them goes on until it is stopped");
}

async fn confirm(question: String) -> Result<(), Failure> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::usage("nobody is there to confirm the removal", "add `--yes`"));
    }
    ui::stderr(&format!("{question} [y/N] "));
    let answer = aside(|| {
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map(|_| answer)
    });
    if answer.await?.is_ok_and(|answer| matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")) {
        Ok(())
    } else {
        Err(Failure::usage("not confirmed: nothing was removed", "answer `y`, or add `--yes`"))
    }
}
