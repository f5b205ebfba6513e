//! `status`: how is the server, or one thing, in a line.

use crate::args::Environment;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::target::{Place, Target};
use crate::ui::status;

/// Show the server's state, or one line about an application, a resource or a run
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// An application's name, the id of a resource or a run, or `<application>/<type>.<class>#<id>`
    #[arg(value_name = "WHAT")]
    what: Option<String>,

    /// The application whose resource is meant
    #[arg(long, value_name = "NAME")]
    application: Option<String>,

    #[command(flatten)]
    environment: Environment,
}

/// A look, never a judgement: exits with 0 also when the thing has failed.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    let Some(what) = args.what else {
        let answer = server.status().await?;
        session.ui.answer(
            "ServerStatus",
            &answer,
            |view| status::server(view, &answer),
            || vec![answer.version.clone()],
        )?;
        return Ok(Exit::OK);
    };
    let environment = args.environment.environment.as_deref();
    let place = Place { environment, application: args.application.as_deref() };
    let ui = &session.ui;
    match Target::find(&server, &what, place).await? {
        Target::Application(name) => {
            let filter = Place { environment, application: None }.filter();
            let summary = server.application(&name, &filter).await?.summary;
            let phase = || vec![summary.phase.clone()];
            ui.answer("ApplicationSummary", &summary, |view| status::application(view, &summary), phase)?;
        }
        Target::Resource(id) => {
            let summary = server.resource(&id).await?.summary;
            let phase = || vec![summary.phase.clone()];
            ui.answer("ResourceSummary", &summary, |view| status::resource(view, &summary), phase)?;
        }
        Target::Run(id) => {
            let detail = server.run(&id, None).await?;
            let state = || vec![detail.state.as_str().to_owned()];
            ui.answer("RunDetail", &detail, |view| status::run(view, &detail), state)?;
        }
        Target::Platform(name) => {
            let hint = format!("see it with `innominatus platform inspect {name}`");
            return Err(Failure::usage("a platform has no status", hint));
        }
    }
    Ok(Exit::OK)
}
