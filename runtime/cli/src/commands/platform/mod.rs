//! `platform`: what knows how to make resources.

mod answer;
mod approve;
mod install;
mod migrate;
mod rollback;
mod serving;
mod source;
mod uninstall;
mod update;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::{describe, list};
use crate::problem::{Exit, Failure};
use crate::session::Session;

/// Install, update, list, inspect and uninstall platforms
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Install(install::Args),
    /// List the installed platforms
    List,
    /// Show what a platform makes and what it asks for
    Inspect(Which),
    Update(update::Args),
    Approve(approve::Args),
    Rollback(rollback::Args),
    Migrate(migrate::Args),
    /// Let a platform serve what is new again
    Enable(serving::Args),
    /// Let a platform make nothing new; what it made is gone on with
    Disable(serving::Args),
    Uninstall(uninstall::Args),
}

/// One platform.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// `name` or `name@version`
    #[arg(value_name = "PLATFORM", value_parser = NonEmptyStringValueParser::new())]
    name: String,
}

/// Does what the verb says.
pub(crate) async fn run(session: &Session, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Install(args) => install::run(session, args).await,
        Command::List => {
            list::platforms(session, &session.connect().await?).await?;
            Ok(Exit::OK)
        }
        Command::Inspect(which) => {
            let name = which.name.strip_prefix("platform/").unwrap_or(&which.name);
            describe::platform(session, &session.connect().await?, name).await?;
            Ok(Exit::OK)
        }
        Command::Update(args) => update::run(session, args).await,
        Command::Approve(args) => approve::run(session, args).await,
        Command::Rollback(args) => rollback::run(session, args).await,
        Command::Migrate(args) => migrate::run(session, args).await,
        Command::Enable(args) => serving::run(session, args, true).await,
        Command::Disable(args) => serving::run(session, args, false).await,
        Command::Uninstall(args) => uninstall::run(session, args).await,
    }
}
