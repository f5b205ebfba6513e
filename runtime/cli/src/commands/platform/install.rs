//! `platform install`: from a folder, showing what the platform may do from now on.

use std::path::PathBuf;

use innominatus_api::wire::{InstallReport, InstallRequest};
use innominatus_model::Code;

use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::{platform, receipt};

/// Install a platform from a folder
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder with `platform.yaml` and its components, on the server's machine
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Prints the receipt, what the platform makes, and each capability with its reason.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    let shown = args.folder.display().to_string();
    let folder = std::path::absolute(&args.folder)
        .map_err(|error| Failure::new(Code::FileUnreadable, format!("`{shown}` is no folder: {error}")))?;
    let Some(folder) = folder.to_str() else {
        let detail = format!("the path `{}` is not UTF-8", shown.escape_debug());
        return Err(Failure::new(Code::FileUnreadable, detail).hint("rename the folder"));
    };
    let receipt = server.install(&InstallRequest { folder: folder.to_owned() }).await?;
    let platform = server.platform(&receipt.requested.name).await?;
    let report = InstallReport { receipt, platform };
    let table = |view: &_| {
        format!("{}\n{}", receipt::text(view, &report.receipt), platform::summary(view, &report.platform))
    };
    let names = || vec![format!("{}@{}", report.platform.summary.name, report.platform.summary.version)];
    session.ui.done("InstallReport", &report, table, names)?;
    Ok(Exit::OK)
}
