//! `run`: carry out Score files by a golden path.

use super::making::{Making, make};
use crate::problem::{Exit, Failure};
use crate::session::Session;

/// Run Score files through a golden path, wait, and write what it renders
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The golden path
    #[arg(value_name = "GOLDEN-PATH")]
    golden_path: String,

    #[command(flatten)]
    making: Making,
}

/// Ends when the resources are ready (or the receipt is there, with `--no-wait`).
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    make(session, &args.making, Some(args.golden_path)).await
}
