//! `platform update`: a newer version takes over, or waits for a person.

use clap::builder::NonEmptyStringValueParser;
use innominatus_api::wire::{UpdateReport, UpdateRequest};
use innominatus_model::Code;

use super::answer::Grants;
use super::source::{Source, Trust};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::receipt;

/// Install the newest version of a platform that works here
///
/// A version that asks for the same or for less takes over at once, with what is granted already. One that asks for more
/// is verified and kept, and waits for `platform approve`, while the installed version goes on serving. What the
/// installed version made stays with it: `platform migrate` moves it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// `name`, or `name@1.2.3`, `name@1.2` for the newest that begins like this
    #[arg(value_name = "PLATFORM", value_parser = NonEmptyStringValueParser::new())]
    platform: String,

    /// From this folder or reference, instead of where it came from
    #[arg(long, value_name = "WHAT")]
    from: Option<String>,

    #[command(flatten)]
    grants: Grants,

    #[command(flatten)]
    trust: Trust,
}

/// Prints the receipt. What waits for a person is no success.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let text = args.platform.strip_prefix("platform/").unwrap_or(&args.platform);
    let (name, version) = text.split_once('@').map_or((text, None), |(name, pin)| (name, Some(pin)));
    let (folder, reference) = match &args.from {
        Some(what) => Source::of(what)?.split(),
        None => (None, None),
    };
    let (grant, grants) = args.grants.read().await?;
    let trust = args.trust.terms().await?;
    let request =
        UpdateRequest { version: version.map(str::to_owned), folder, reference, grant, grants, trust };
    let server = session.connect().await?;
    let report = server.update(name, &request).await?;
    tell(session, &report)
}

/// The same for an update and an approval.
pub(super) fn tell(session: &Session, report: &UpdateReport) -> Result<Exit, Failure> {
    let names = || vec![report.receipt.requested.name.clone()];
    session.ui.done("UpdateReport", report, |view| receipt::text(view, &report.receipt), names)?;
    let Some(held) = &report.held else { return Ok(Exit::OK) };
    let name = report.receipt.requested.name.split('@').next().unwrap_or_default().to_owned();
    Err(Failure::new(
        Code::ApprovalNeeded,
        format!("{name}@{} asks for more than {name}@{} and waits for you", held.version, report.serving),
    )
    .hint(format!("`innominatus platform approve {name}` says yes to what is new")))
}
