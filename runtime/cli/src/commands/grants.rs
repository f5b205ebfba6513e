//! `grants`: what installed platforms may do.

use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::grant;

/// See what installed platforms may do
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show what every entry is granted, as a grants file
    ///
    /// What is printed can be kept, changed and handed to `platform install --grants`.
    Show(Show),
}

/// Of which platform.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Only this platform
    #[arg(value_name = "PLATFORM")]
    platform: Option<String>,
}

/// Prints the file, or the view it is made of.
pub(crate) async fn run(session: &Session, command: Command) -> Result<Exit, Failure> {
    let Command::Show(show) = command;
    let mut view = session.connect().await?.grants().await?;
    if let Some(platform) = &show.platform {
        let platform = platform.strip_prefix("platform/").unwrap_or(platform);
        let (name, version) =
            platform.split_once('@').map_or((platform, None), |(name, version)| (name, Some(version)));
        let prefix = format!("{name}/");
        view.items.retain(|item| {
            item.entry.starts_with(&prefix) && version.is_none_or(|version| item.version == version)
        });
        view.file = grant::of_platform(&view.file, &prefix);
    }
    if view.items.is_empty() {
        session.ui.remark("nothing is granted beyond what every component has");
    }
    let names = || view.items.iter().map(|item| item.entry.clone()).collect();
    session.ui.answer("GrantsView", &view, |_| grant::file(&view.file), names)?;
    Ok(Exit::OK)
}
