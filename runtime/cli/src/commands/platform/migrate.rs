//! `platform migrate`: what older versions made moves to a newer one, with a plan first.

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use innominatus_api::wire::{MigrateRequest, MigrationReport};
use innominatus_model::Code;

use crate::args::duration;
use crate::commands::{asked, ending, following};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::migration;

/// Move resources from other versions of a platform to the one that serves
///
/// Shows what would be done to each application, asks, and does it: the new version takes over the state of the old one
/// and makes the resource what the Score file asks for.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The platform
    #[arg(value_name = "PLATFORM", value_parser = NonEmptyStringValueParser::new())]
    platform: String,

    /// To this installed version; without it the one that serves
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,

    /// Only this application
    #[arg(long, value_name = "NAME")]
    application: Option<String>,

    /// Only what is in this environment
    #[arg(long = "env", value_name = "NAME")]
    environment: Option<String>,

    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// How long to wait for each application; `0` is as long as it takes
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_hyphen_values = true, default_value = "30m")]
    timeout: Duration,
}

/// Shows the plan, asks, moves, and waits for each run.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let name = args.platform.strip_prefix("platform/").unwrap_or(&args.platform).to_owned();
    let server = session.connect().await?;
    let request = |dry_run| MigrateRequest {
        to: args.to.clone(),
        environment: args.environment.clone(),
        application: args.application.clone(),
        dry_run,
    };
    let planned = server.migrate(&name, &request(true)).await?;
    if args.dry_run || planned.applications.is_empty() {
        show(session, &planned)?;
        return blocked(&planned);
    }
    if !args.yes {
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return Err(Failure::usage("nobody is there to confirm the migration", "add `--yes`"));
        }
        let plan = migration::text(&session.ui.view(), &planned);
        if !asked::yes(&format!("{plan}\nMove them? [y/N] ")).await? {
            return Err(Failure::usage("not confirmed: nothing was moved", "answer `y`, or add `--yes`"));
        }
    }
    let moved = server.migrate(&name, &request(false)).await?;
    show(session, &moved)?;
    for application in &moved.applications {
        let Some(run) = &application.run else { continue };
        let outcome = following::follow(session, run, &application.application, args.timeout).await?;
        if let Some(failure) = ending::failure(&outcome) {
            ending::explain(session, Some(&outcome));
            return Err(failure);
        }
        session.ui.remark(&format!("`{}` moved to {name}@{}", application.application, moved.to));
    }
    blocked(&moved)
}

fn show(session: &Session, report: &MigrationReport) -> Result<(), Failure> {
    let names = || report.applications.iter().map(|it| it.application.clone()).collect();
    session.ui.answer("MigrationReport", report, |view| migration::text(view, report), names)?;
    Ok(())
}

/// One that cannot be moved makes it no success, though the others are.
fn blocked(report: &MigrationReport) -> Result<Exit, Failure> {
    let Some((application, problem)) =
        report.applications.iter().find_map(|it| Some((&it.application, it.problem.as_ref()?)))
    else {
        return Ok(Exit::OK);
    };
    let code = Code::parse(&problem.code).unwrap_or(Code::Internal);
    let failure = Failure::new(code, format!("`{application}` cannot be moved: {}", problem.detail));
    Err(match &problem.hint {
        Some(hint) => failure.hint(hint.clone()),
        None => failure,
    })
}
