//! `apply`: make the world what Score files ask for.

use super::making::{Making, make};
use crate::problem::{Exit, Failure};
use crate::session::Session;

/// Make the world what Score files ask for, wait, and write what is rendered
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    making: Making,

    /// The golden path [default: the application's, or the only one installed]
    #[arg(long, value_name = "NAME")]
    golden_path: Option<String>,
}

/// Ends when the resources are ready (or the receipt is there, with `--no-wait`).
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    make(session, &args.making, args.golden_path).await
}
