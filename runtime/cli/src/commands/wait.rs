//! `wait`: come back when a thing is as it should be, or will never be.

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use innominatus_model::{Code, Phase};
use tokio::time::Instant;

use super::{ending, following};
use crate::args::{Environment, deadline, duration};
use crate::problem::{Exit, Failure};
use crate::server::Server;
use crate::session::Session;
use crate::target::{Place, Target};
use crate::ui::status;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(300);

/// Wait until an application or resource is in a phase, or until a run ends
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// An application's name, the id of a resource or a run, or `<application>/<type>.<class>#<id>`
    #[arg(value_name = "WHAT")]
    what: String,

    /// The phase, as `describe` shows it [default: ready; of a run, its end]
    #[arg(long = "for", value_name = "PHASE", value_parser = PossibleValuesParser::new(phases()))]
    phase: Option<String>,

    /// How long to wait; `0` is as long as it takes
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_hyphen_values = true, default_value = "5m")]
    timeout: Duration,

    /// The application whose resource is meant
    #[arg(long, value_name = "NAME")]
    application: Option<String>,

    #[command(flatten)]
    environment: Environment,
}

/// Of applications, as the API says them.
const OF_APPLICATIONS: &[&str] =
    &["ready", "progressing", "interrupted", "degraded", "failed", "deleting", "deleted"];

/// Of resources and of applications.
fn phases() -> Vec<&'static str> {
    let resources = Phase::ALL.iter().map(|phase| phase.as_str());
    let others = OF_APPLICATIONS.iter().copied().filter(|word| Phase::parse(word).is_none());
    resources.chain(others).collect()
}

impl Args {
    fn phase(&self) -> &str {
        self.phase.as_deref().unwrap_or(Phase::Ready.as_str())
    }

    /// Not every phase is one that this kind of thing can be in.
    fn check(&self, target: &Target) -> Result<(), Failure> {
        let Some(phase) = &self.phase else { return Ok(()) };
        let (what, known) = match target {
            Target::Application(_) if !OF_APPLICATIONS.contains(&phase.as_str()) => {
                ("an application", OF_APPLICATIONS.to_vec())
            }
            Target::Resource(_) if Phase::parse(phase).is_none() => {
                ("a resource", Phase::ALL.iter().map(|phase| phase.as_str()).collect())
            }
            Target::Run(_) => {
                let hint = "leave `--for` out: the command waits for its end";
                return Err(Failure::usage("a run has no phase", hint));
            }
            _ => return Ok(()),
        };
        let hint = format!("wait for one of {}", known.join(", "));
        Err(Failure::usage(format!("{what} is never `{phase}`"), hint))
    }
}

/// Exits with 0 when it is so, with 9 when it has failed, with 8 when the time is over.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    let place = Place {
        environment: args.environment.environment.as_deref(),
        application: args.application.as_deref(),
    };
    let target = Target::find(&server, &args.what, place).await;
    if let Ok(target) = &target {
        args.check(target)?;
    }
    match target {
        Ok(Target::Run(id)) => run_ends(session, &server, &id, args.timeout).await,
        Ok(Target::Platform(_)) => Err(Failure::usage(
            "a platform has no phase to wait for",
            "name an application, a resource or a run",
        )),
        Ok(target) => phase(session, &target, &args, place).await,
        // What is not there is deleted.
        Err(failure) if is_absent(&failure) && args.phase() == Phase::Deleted.as_str() => Ok(Exit::OK),
        Err(failure) => Err(failure),
    }
}

async fn run_ends(
    session: &Session,
    server: &Server<'_>,
    id: &str,
    timeout: Duration,
) -> Result<Exit, Failure> {
    let now = server.run(id, None).await?;
    let end = match now.state.is_final() {
        true => now,
        false => following::follow(session, id, &now.application, timeout).await?,
    };
    let state = || vec![end.state.as_str().to_owned()];
    session.ui.answer("RunDetail", &end, |view| status::run(view, &end), state)?;
    match ending::failure(&end) {
        None => Ok(Exit::OK),
        Some(failure) => {
            ending::explain(session, Some(&end));
            Err(failure)
        }
    }
}

async fn phase(session: &Session, target: &Target, args: &Args, place: Place<'_>) -> Result<Exit, Failure> {
    let deadline = deadline(args.timeout);
    let wanted = args.phase();
    session.set_farewell(Some(format!("no longer waiting for `{}`", args.what)));
    let server = session.connect().await?;
    let mut seen = String::from("unknown");
    loop {
        match look(&server, target, place).await {
            Ok(look) => {
                if look.is(wanted) {
                    look.print(session)?;
                    return Ok(Exit::OK);
                }
                if let Some(failure) = look.is_hopeless(wanted, &args.what) {
                    return Err(failure);
                }
                look.phase().clone_into(&mut seen);
            }
            Err(failure) if is_absent(&failure) && wanted == Phase::Deleted.as_str() => return Ok(Exit::OK),
            Err(failure) => return Err(failure),
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            let detail = format!("`{}` is `{seen}`, not `{wanted}`, after {:?}", args.what, args.timeout);
            let hint = format!("see why: `innominatus describe {}`", args.what);
            return Err(Failure::new(Code::WaitTimeout, detail).hint(hint));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

enum Look {
    Application(innominatus_api::wire::ApplicationSummary),
    Resource(innominatus_api::wire::ResourceSummary),
}

async fn look(server: &Server<'_>, target: &Target, place: Place<'_>) -> Result<Look, Failure> {
    match target {
        Target::Resource(id) => Ok(Look::Resource(server.resource(id).await?.summary)),
        Target::Application(name) | Target::Run(name) | Target::Platform(name) => {
            let filter = Place { application: None, ..place }.filter();
            Ok(Look::Application(server.application(name, &filter).await?.summary))
        }
    }
}

impl Look {
    fn phase(&self) -> &str {
        match self {
            Self::Application(summary) => &summary.phase,
            Self::Resource(summary) => &summary.phase,
        }
    }

    /// Whether it is in the phase, and the phase tells of what is wanted now.
    fn is(&self, wanted: &str) -> bool {
        self.phase() == wanted
            && match self {
                Self::Application(_) => true,
                Self::Resource(summary) => summary.observed_generation == summary.generation,
            }
    }

    /// It has failed, and nothing but a person will change that.
    fn is_hopeless(&self, wanted: &str, what: &str) -> Option<Failure> {
        let given_up = matches!(self.phase(), "failed" | "in-doubt" | "deleted") && self.phase() != wanted;
        given_up.then(|| {
            let detail = format!("`{what}` is `{}` and will not become `{wanted}` by waiting", self.phase());
            Failure::new(Code::RunFailed, detail).hint(format!("see why: `innominatus describe {what}`"))
        })
    }

    fn print(&self, session: &Session) -> Result<(), Failure> {
        let name = || vec![self.phase().to_owned()];
        match self {
            Self::Application(it) => {
                session.ui.answer("ApplicationSummary", it, |view| status::application(view, it), name)
            }
            Self::Resource(it) => {
                session.ui.answer("ResourceSummary", it, |view| status::resource(view, it), name)
            }
        }
    }
}

fn is_absent(failure: &Failure) -> bool {
    [Code::ApplicationNotFound, Code::ResourceNotFound, Code::NotFound]
        .into_iter()
        .any(|code| failure.is(code))
}
