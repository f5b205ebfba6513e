//! `platform`: what knows how to make resources.

mod answer;
mod apply;
mod approve;
mod author;
mod build;
mod carry;
mod ci;
mod dev;
mod index;
mod install;
mod look;
mod migrate;
mod new;
mod pack;
pub(super) mod publishing;
mod push;
mod rollback;
mod serving;
mod sign;
mod source;
mod sync;
mod test;
mod uninstall;
mod update;
mod validate;

pub(crate) use build::{BuildReport, BuiltView};

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::{describe, list};
use crate::problem::{Exit, Failure};
use crate::session::Session;

/// Write, build, publish, install, update and remove platforms
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    New(new::Args),
    Build(build::Args),
    Dev(dev::Args),
    Validate(validate::Args),
    Sync(sync::Args),
    Test(test::Args),
    Ci(ci::Args),
    Install(install::Args),
    /// List the installed platforms
    List,
    /// Show what a platform makes and what it asks for
    Inspect(Which),
    Apply(apply::Args),
    Discover(look::DiscoverArgs),
    /// List the platforms that have something newer where they came from
    Outdated,
    /// Show which versions, installed and available, work with which core
    Compat,
    Diff(look::DiffArgs),
    Verify(look::VerifyArgs),
    Update(update::Args),
    Approve(approve::Args),
    Rollback(rollback::Args),
    Migrate(migrate::Args),
    /// Let a platform serve what is new again
    Enable(serving::Args),
    /// Let a platform make nothing new; what it made is gone on with
    Disable(serving::Args),
    Uninstall(uninstall::Args),
    Pack(pack::Args),
    Push(push::Args),
    Keygen(sign::KeyArgs),
    Sign(sign::Args),
    Index(index::Args),
    Save(carry::SaveArgs),
    Load(carry::LoadArgs),
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
        Command::New(args) => new::run(session, args).await,
        Command::Build(args) => build::run(session, args).await,
        Command::Dev(args) => Box::pin(dev::run(session, args)).await,
        Command::Validate(args) => validate::run(session, args).await,
        Command::Sync(args) => sync::run(session, args).await,
        Command::Ci(args) => ci::run(session, args).await,
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
        Command::Test(args) => Box::pin(test::run(session, args)).await,
        Command::Apply(args) => Box::pin(apply::run(session, args)).await,
        Command::Discover(args) => look::discover(session, args).await,
        Command::Outdated => look::outdated(session).await,
        Command::Compat => look::compat(session).await,
        Command::Diff(args) => look::diff(session, args).await,
        Command::Verify(args) => look::verify(session, args).await,
        Command::Pack(args) => Box::pin(pack::run(session, args)).await,
        Command::Push(args) => Box::pin(push::run(session, args)).await,
        Command::Keygen(args) => sign::keygen(session, &args),
        Command::Sign(args) => Box::pin(sign::run(session, args)).await,
        Command::Index(args) => index::run(session, args).await,
        Command::Save(args) => Box::pin(carry::save(session, args)).await,
        Command::Load(args) => Box::pin(carry::load(session, args)).await,
        Command::Update(args) => update::run(session, args).await,
        Command::Approve(args) => approve::run(session, args).await,
        Command::Rollback(args) => rollback::run(session, args).await,
        Command::Migrate(args) => migrate::run(session, args).await,
        Command::Enable(args) => serving::run(session, args, true).await,
        Command::Disable(args) => serving::run(session, args, false).await,
        Command::Uninstall(args) => uninstall::run(session, args).await,
    }
}
