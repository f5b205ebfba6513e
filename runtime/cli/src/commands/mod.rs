//! The verbs, one file each; what several share comes last.

pub(crate) mod apply;
pub(crate) mod completions;
pub(crate) mod delete;
pub(crate) mod describe;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod get_outputs;
pub(crate) mod grants;
pub(crate) mod journal;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod plan;
pub(crate) mod platform;
pub(crate) mod resolve;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod test_platform;
pub(crate) mod validate;
pub(crate) mod wait;

mod asked;
mod ending;
mod following;
mod making;
mod request;

use crate::args::Command;
use crate::problem::{Exit, Failure};
use crate::session::{Session, Signals};

/// Does what the command line asks for.
pub(crate) async fn dispatch(
    session: &Session,
    command: Command,
    signals: &mut Signals,
) -> Result<Exit, Failure> {
    match command {
        Command::Validate(args) => Box::pin(validate::run(session, args)).await,
        Command::Plan(args) => Box::pin(plan::run(session, args)).await,
        Command::Run(args) => Box::pin(run::run(session, args)).await,
        Command::Apply(args) => Box::pin(apply::run(session, args)).await,
        Command::List(args) => Box::pin(list::run(session, args)).await,
        Command::Describe(args) => Box::pin(describe::run(session, args)).await,
        Command::Status(args) => Box::pin(status::run(session, args)).await,
        Command::Wait(args) => Box::pin(wait::run(session, args)).await,
        Command::Events(command) => Box::pin(events::run(session, command)).await,
        Command::Delete(args) => Box::pin(delete::run(session, args)).await,
        Command::GetOutputs(args) => Box::pin(get_outputs::run(session, args)).await,
        Command::TestPlatform(args) => Box::pin(test_platform::run(session, args)).await,
        Command::Grants(command) => Box::pin(grants::run(session, command)).await,
        Command::Secret(command) => Box::pin(secret::run(session, command)).await,
        Command::Resolve(args) => Box::pin(resolve::run(session, args)).await,
        Command::Journal(command) => Box::pin(journal::run(session, command)).await,
        Command::Platform(command) => Box::pin(platform::run(session, command)).await,
        Command::Serve(args) => Box::pin(serve::run(session, args, signals)).await,
        Command::Explain(args) => explain::run(session, args),
        Command::Schema(args) => schema::run(session, args),
        Command::Completions(args) => completions::run(session, args),
        Command::Man(args) => man::run(session, args),
    }
}
