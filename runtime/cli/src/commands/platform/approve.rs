//! `platform approve`: yes to an update that asks for more.

use clap::builder::NonEmptyStringValueParser;
use innominatus_api::wire::ApproveRequest;

use super::answer::Grants;
use super::update;
use crate::problem::{Exit, Failure};
use crate::session::Session;

/// Install the update of a platform that waits, with what it asks for
///
/// Without `--grant` and `--grants` it is granted what is new in it, as `platform diff` shows, besides what is granted
/// already. What was asked for before and not granted stays so.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// `name`; `name@version` or `name@sha256:…` to say yes to nothing else
    #[arg(value_name = "PLATFORM", value_parser = NonEmptyStringValueParser::new())]
    platform: String,

    #[command(flatten)]
    grants: Grants,
}

/// Prints the receipt.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let text = args.platform.strip_prefix("platform/").unwrap_or(&args.platform);
    let (name, version) = text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)));
    let (grant, grants) = args.grants.read().await?;
    let (digest, version) = match version {
        Some(text) if text.starts_with("sha256:") => (Some(text.to_owned()), None),
        version => (None, version.map(str::to_owned)),
    };
    let request = ApproveRequest { version, digest, grant, grants };
    let server = session.connect().await?;
    let report = server.approve(name, &request).await?;
    update::tell(session, &report)
}
