//! `platform rollback`: an older installed version serves again.

use clap::builder::NonEmptyStringValueParser;
use innominatus_api::wire::RollbackRequest;

use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::receipt;

/// Let an older installed version of a platform serve what is new again
///
/// What the newer version made stays with it; `platform migrate` moves it. An older version may have faults that the
/// newer one mended, so it has to be meant.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The platform
    #[arg(value_name = "PLATFORM", value_parser = NonEmptyStringValueParser::new())]
    platform: String,

    /// To this version; without it the one that served before
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,

    /// It is meant
    #[arg(long)]
    allow_downgrade: bool,
}

/// Prints the receipt.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let name = args.platform.strip_prefix("platform/").unwrap_or(&args.platform);
    let server = session.connect().await?;
    let request = RollbackRequest { to: args.to, allow_downgrade: args.allow_downgrade };
    let receipt = server.rollback(name, &request).await?;
    let names = || vec![receipt.requested.name.clone()];
    session.ui.done("Receipt", &receipt, |view| receipt::text(view, &receipt), names)?;
    Ok(Exit::OK)
}
