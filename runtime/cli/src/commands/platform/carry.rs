//! `platform save`, `platform load`: to where no network is, and out again.

use innominatus_api::wire::CarryReport;
use innominatus_author::publish::carry;

use super::publishing::{access, reference, size};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::text::{count, show};

/// Save a platform with its signatures into a file that can be carried
#[derive(Debug, clap::Args)]
pub(crate) struct SaveArgs {
    /// What to save
    #[arg(value_name = "REFERENCE")]
    reference: String,

    /// The file, `acme.tar`, or a folder
    #[arg(value_name = "PATH")]
    path: String,

    /// Move the tag, should it be another artifact's there
    #[arg(long)]
    replace: bool,
}

/// Put a saved platform with its signatures into a registry
#[derive(Debug, clap::Args)]
pub(crate) struct LoadArgs {
    /// The saved platform: `oci-layout:acme.tar:1.0.0`
    #[arg(value_name = "SAVED")]
    saved: String,

    /// The repository, with a tag or without
    #[arg(value_name = "REFERENCE")]
    to: String,

    /// Move the tag, should it be another artifact's there
    #[arg(long)]
    replace: bool,
}

/// Prints where it is now.
pub(crate) async fn save(session: &Session, args: SaveArgs) -> Result<Exit, Failure> {
    run(session, &reference(&args.reference)?, &format!("oci-layout:{}", args.path), args.replace).await
}

/// Prints where it is now.
pub(crate) async fn load(session: &Session, args: LoadArgs) -> Result<Exit, Failure> {
    let saved = match args.saved.starts_with("oci-layout:") {
        true => args.saved,
        false => format!("oci-layout:{}", args.saved),
    };
    run(session, &saved, &reference(&args.to)?, args.replace).await
}

async fn run(session: &Session, from: &str, to: &str, replace: bool) -> Result<Exit, Failure> {
    let carried = carry(&access(session)?, from, to, replace).await?;
    let report = CarryReport {
        digest: carried.digest.to_string(),
        reference: carried.reference,
        referrers: carried.referrers,
        moved_bytes: carried.moved_bytes,
    };
    let text = |_: &_| {
        format!(
            "here    {}\ndigest  {}\nwith    {}, {} moved\n",
            show(&report.reference),
            report.digest,
            count(report.referrers, "attachment"),
            size(report.moved_bytes)
        )
    };
    session.ui.done("CarryReport", &report, text, || vec![report.reference.clone()])?;
    Ok(Exit::OK)
}
