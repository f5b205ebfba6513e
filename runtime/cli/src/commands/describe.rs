//! `describe`: everything about one thing, and why it is as it is.

use innominatus_api::client::Filter;

use crate::args::Environment;
use crate::problem::{Exit, Failure};
use crate::server::Server;
use crate::session::Session;
use crate::target::{Place, Target};
use crate::ui::{application, platform, resource, run};

/// How far back is looked for what guests said.
const EVENTS: usize = 500;
/// How many events of a single resource are shown.
const OF_RESOURCE: usize = 20;

/// Show everything about an application, a resource, a run or a platform
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// An application's name, the id of a resource or a run, `<application>/<type>.<class>#<id>`, or
    /// `platform/<name>`
    #[arg(value_name = "WHAT")]
    what: String,

    /// The application whose resource is meant
    #[arg(long, value_name = "NAME")]
    application: Option<String>,

    #[command(flatten)]
    environment: Environment,
}

/// Prints it for people, or as the API gives it.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    let environment = args.environment.environment.as_deref();
    let place = Place { environment, application: args.application.as_deref() };
    match Target::find(&server, &args.what, place).await? {
        Target::Application(name) => {
            let filter = Place { environment, application: None }.filter();
            let detail = server.application(&name, &filter).await?;
            let reach = Filter { application: Some(name.clone()), limit: Some(EVENTS), ..filter };
            let events =
                if session.ui.is_for_people() { server.events(&reach).await?.items } else { Vec::new() };
            let table = |view: &_| application::describe(view, &detail, &events);
            session.ui.answer("ApplicationDetail", &detail, table, || vec![name])?;
        }
        Target::Resource(id) => {
            let detail = server.resource(&id).await?;
            let reach = Filter {
                environment: Some(detail.summary.environment.clone()),
                resource: Some(id.clone()),
                limit: Some(OF_RESOURCE),
                ..Filter::default()
            };
            let events =
                if session.ui.is_for_people() { server.events(&reach).await?.items } else { Vec::new() };
            let table = |view: &_| resource::describe(view, &detail, &events);
            session.ui.answer("ResourceDetail", &detail, table, || vec![id])?;
        }
        Target::Run(id) => {
            let detail = server.run(&id, None).await?;
            let reach = Filter {
                environment: Some(detail.environment.clone()),
                run: Some(id.clone()),
                limit: Some(EVENTS),
                ..Filter::default()
            };
            let events =
                if session.ui.is_for_people() { server.events(&reach).await?.items } else { Vec::new() };
            session.ui.answer(
                "RunDetail",
                &detail,
                |view| run::describe(view, &detail, &events),
                || vec![id],
            )?;
        }
        Target::Platform(name) => platform(session, &server, &name).await?,
    }
    Ok(Exit::OK)
}

/// One platform; `platform inspect` is the same.
pub(super) async fn platform(session: &Session, server: &Server<'_>, name: &str) -> Result<(), Failure> {
    let detail = server.platform(name).await?;
    let names = || vec![format!("{}@{}", detail.summary.name, detail.summary.version)];
    session.ui.answer("PlatformDetail", &detail, |view| platform::describe(view, &detail), names)
}
