//! `events`: what happened, and what happens now.

use std::collections::HashMap;
use std::time::Duration;

use innominatus_api::client::{EventStream, Filter};
use innominatus_api::wire::EventView;

use crate::args::Environment;
use crate::problem::{Exit, Failure};
use crate::server::{Server, went_away};
use crate::session::Session;
use crate::target::{self, Place, Target};
use crate::ui::event;

const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// See what happened, and what happens now
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the last events, then new ones as they come; with `--json` one object a line
    Tail(Tail),
    /// Show the events that are kept
    List(Which),
}

/// Which events.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Only about this application
    #[arg(long, value_name = "NAME")]
    application: Option<String>,

    /// Only about this resource: its id, or `<application>/<type>.<class>#<id>`
    #[arg(long, value_name = "RESOURCE")]
    resource: Option<String>,

    /// Only about this run
    #[arg(long, value_name = "ID")]
    run: Option<String>,

    #[command(flatten)]
    environment: Environment,

    /// Only after this event: the `cursor` of an event
    #[arg(long, value_name = "CURSOR")]
    since: Option<String>,

    /// At most so many of the past, the newest
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 200)]
    limit: usize,
}

/// How to follow.
#[derive(Debug, clap::Args)]
pub(crate) struct Tail {
    #[command(flatten)]
    which: Which,

    /// Wait for new events (the default)
    #[arg(short, long, overrides_with = "no_follow")]
    follow: bool,

    /// Stop after the past
    #[arg(long)]
    no_follow: bool,
}

/// Prints events until there are no more, or until it is interrupted.
pub(crate) async fn run(session: &Session, command: Command) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    match command {
        Command::List(which) => {
            let filter = which.filter(&server).await?;
            let list = server.events(&filter).await?;
            let mut names = Names::default();
            names.learn(&server, &list.items).await;
            let table = |view: &_| {
                list.items.iter().map(|item| event::line(view, item, &|id| names.of(id))).collect()
            };
            let ids = || list.items.iter().map(|item| item.id.clone()).collect();
            if list.items.is_empty() {
                session.ui.remark("no events");
            }
            session.ui.answer("EventList", &list, table, ids)?;
        }
        Command::Tail(tail) => {
            let filter = tail.which.filter(&server).await?;
            follow(session, filter, !tail.no_follow || tail.follow).await?;
        }
    }
    Ok(Exit::OK)
}

impl Which {
    async fn filter(&self, server: &Server<'_>) -> Result<Filter, Failure> {
        let environment = self.environment.environment.as_deref();
        let place = Place { environment, application: self.application.as_deref() };
        let resource = match &self.resource {
            Some(text) => Some(Target::find_resource(server, text, place).await?),
            None => None,
        };
        Ok(Filter {
            resource,
            run: self.run.as_deref().map(target::run_id).transpose()?,
            since: self.since.clone(),
            limit: Some(self.limit),
            ..place.filter()
        })
    }
}

async fn follow(session: &Session, mut filter: Filter, go_on: bool) -> Result<(), Failure> {
    let mut names = Names::default();
    let server = session.connect().await?;
    let past = server.events(&filter).await?.items;
    names.learn(&server, &past).await;
    for item in &past {
        print(session, item, &names)?;
    }
    if !go_on {
        return Ok(());
    }
    filter.limit = None;
    if let Some(last) = past.last() {
        filter.since = Some(last.cursor.clone());
    }
    let mut tries = 0;
    while session.ui.is_read() {
        let server = session.connect().await?;
        let mut watch =
            Watch { session, server: &server, names: &mut names, filter: &mut filter, tries: &mut tries };
        match watch.run().await {
            Ok(()) => {}
            // The next server has the same events.
            Err(failure) if tries < TRIES && went_away(&failure) => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

struct Watch<'a> {
    session: &'a Session,
    server: &'a Server<'a>,
    names: &'a mut Names,
    filter: &'a mut Filter,
    tries: &'a mut usize,
}

impl Watch<'_> {
    async fn run(&mut self) -> Result<(), Failure> {
        let mut stream: EventStream = self.server.follow(self.filter).await?;
        while let Some(item) = stream.next().await? {
            *self.tries = 0;
            self.names.learn(self.server, std::slice::from_ref(&item)).await;
            print(self.session, &item, self.names)?;
            self.filter.since = Some(item.cursor);
            if !self.session.ui.is_read() {
                return Ok(());
            }
        }
        Err(innominatus_api::ClientError::Broken("the event stream ended".into()).into())
    }
}

fn print(session: &Session, item: &EventView, names: &Names) -> Result<(), Failure> {
    let line = |view: &_| event::line(view, item, &|id| names.of(id));
    session.ui.item("Event", item, line, || item.id.clone())
}

/// What resources are called, asked once each.
#[derive(Debug, Default)]
struct Names(HashMap<String, Option<String>>);

impl Names {
    /// Best effort: a resource that cannot be asked for is shown by its id.
    async fn learn(&mut self, server: &Server<'_>, events: &[EventView]) {
        for id in events.iter().filter_map(|item| item.resource.as_ref()) {
            if !self.0.contains_key(id) {
                let uid = server.resource(id).await.ok().map(|detail| detail.summary.uid);
                self.0.insert(id.clone(), uid);
            }
        }
    }

    fn of(&self, id: &str) -> Option<String> {
        self.0.get(id).cloned().flatten()
    }
}
