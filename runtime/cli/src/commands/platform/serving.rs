//! `platform enable`, `platform disable`: whether a platform serves what is new.

use clap::builder::NonEmptyStringValueParser;
use innominatus_api::wire::ServingRequest;

use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::receipt;

/// Which platform.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The platform
    #[arg(value_name = "PLATFORM", value_parser = NonEmptyStringValueParser::new())]
    platform: String,
}

/// Prints the receipt.
pub(crate) async fn run(session: &Session, args: Args, enabled: bool) -> Result<Exit, Failure> {
    let name = args.platform.strip_prefix("platform/").unwrap_or(&args.platform);
    let server = session.connect().await?;
    let receipt = server.set_serving(name, &ServingRequest { enabled }).await?;
    let names = || vec![receipt.requested.name.clone()];
    session.ui.done("Receipt", &receipt, |view| receipt::text(view, &receipt), names)?;
    Ok(Exit::OK)
}
