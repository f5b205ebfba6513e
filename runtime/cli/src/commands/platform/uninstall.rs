//! `platform uninstall`: only when nothing needs it.

use clap::builder::NonEmptyStringValueParser;

use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::receipt;

/// Uninstall a platform that no live resource needs
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// `name` or `name@version`
    #[arg(value_name = "PLATFORM", value_parser = NonEmptyStringValueParser::new())]
    name: String,
}

/// Prints the receipt.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    let receipt = server.uninstall(args.name.strip_prefix("platform/").unwrap_or(&args.name)).await?;
    let names = || vec![receipt.requested.name.clone()];
    session.ui.done("Receipt", &receipt, |view| receipt::text(view, &receipt), names)?;
    Ok(Exit::OK)
}
