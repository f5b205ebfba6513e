//! `list`: what is there.

use clap::ValueEnum;
use innominatus_api::client::Filter;

use crate::args::{Environment, number};
use crate::problem::{Exit, Failure};
use crate::server::Server;
use crate::session::Session;
use crate::ui::{application, platform, resource, run};

/// List applications, resources, runs or platforms
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to list
    #[arg(value_enum, default_value_t = What::Applications)]
    what: What,

    /// Only of this application (resources and runs)
    #[arg(long, value_name = "NAME")]
    application: Option<String>,

    #[command(flatten)]
    environment: Environment,

    /// At most so many
    #[arg(long, value_name = "NUMBER", value_parser = number, allow_hyphen_values = true)]
    limit: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    #[value(alias = "application", alias = "apps", alias = "app")]
    Applications,
    #[value(alias = "resource", alias = "res")]
    Resources,
    #[value(alias = "run")]
    Runs,
    #[value(alias = "platform")]
    Platforms,
}

/// Prints a table, or the list as the API gives it.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    let most = args.limit.unwrap_or(usize::MAX);
    let filter = Filter { environment: args.environment.environment, ..Filter::default() };
    let of_application = Filter { application: args.application, ..filter.clone() };
    match args.what {
        What::Applications => {
            let mut list = server.applications(&filter).await?;
            list.items.truncate(most);
            let names = || list.items.iter().map(|item| item.name.clone()).collect();
            remark_if(session, list.items.is_empty(), "no applications; make one with `innominatus run`");
            let others = list.other_environments.join(", ");
            remark_if(session, !others.is_empty(), &format!("there are more with `--env`: {others}"));
            session.ui.answer(
                "ApplicationList",
                &list,
                |view| application::list(view, &list.items),
                names,
            )?;
        }
        What::Resources => {
            let mut list = server.resources(&of_application).await?;
            list.items.truncate(most);
            let names = || list.items.iter().map(|item| item.id.clone()).collect();
            remark_if(session, list.items.is_empty(), "no resources");
            session.ui.answer("ResourceList", &list, |view| resource::list(view, &list.items), names)?;
        }
        What::Runs => {
            let list = server.runs(&Filter { limit: args.limit, ..of_application }).await?;
            let names = || list.items.iter().map(|item| item.id.clone()).collect();
            remark_if(session, list.items.is_empty(), "no runs");
            session.ui.answer("RunList", &list, |view| run::list(view, &list.items), names)?;
        }
        What::Platforms => platforms(session, &server).await?,
    }
    Ok(Exit::OK)
}

/// The installed platforms; `platform list` is the same.
pub(super) async fn platforms(session: &Session, server: &Server<'_>) -> Result<(), Failure> {
    let list = server.platforms().await?;
    let names = || list.items.iter().map(|item| format!("{}@{}", item.name, item.version)).collect();
    remark_if(
        session,
        list.items.is_empty(),
        "no platforms; install one with `innominatus platform install <folder>`",
    );
    session.ui.answer("PlatformList", &list, |view| platform::list(view, &list.items), names)
}

fn remark_if(session: &Session, holds: bool, text: &str) {
    if holds {
        session.ui.remark(text);
    }
}
