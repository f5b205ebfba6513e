//! One command from start to end: what it may use (options, terminal, server), and what happens when it is
//! interrupted.

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::args::{Command, Global};
use crate::commands;
use crate::connect::Connector;
use crate::problem::{self, Exit, Failure};
use crate::server::Server;
use crate::ui::Ui;

/// Closing that takes longer is explained.
const QUIET_CLOSE: Duration = Duration::from_secs(1);

/// What every command is handed.
pub(crate) struct Session {
    pub(crate) ui: Ui,
    pub(crate) connector: Connector,
    /// What to tell a person who interrupts now.
    farewell: Mutex<Option<String>>,
}

impl Session {
    /// From the global options, for this command.
    pub(crate) fn new(global: Global, command: &Command) -> Self {
        let ui = Ui::new(&global);
        log(global.verbose);
        Self {
            ui,
            connector: Connector::new(global.home, global.server, command.goes_on()),
            farewell: Mutex::new(None),
        }
    }

    /// Tells of a failure before any command began.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        problem::report(&self.ui, failure).into()
    }

    /// Reaches a server, starting one in this process if nobody serves the home.
    pub(crate) async fn connect(&self) -> Result<Server<'_>, Failure> {
        let server = Server::new(&self.connector, false);
        server.reach().await?;
        if self.ui.verbose() > 0 && self.connector.is_embedded().await {
            self.ui.remark("serving from this process while it runs");
        }
        Ok(server)
    }

    /// Reaches a server that goes on with the work when this process ends.
    pub(crate) async fn connect_to_lasting(&self) -> Result<Server<'_>, Failure> {
        let server = Server::new(&self.connector, true);
        server.reach().await?;
        Ok(server)
    }

    /// Reaches a server to ask about files; where there is no home, or none is wanted, one that knows of no
    /// platform and goes away with this command. Says whether it is one that may know of some.
    pub(crate) async fn connect_to_judge(&self, alone: bool) -> Result<(Server<'_>, bool), Failure> {
        if !alone && self.connector.has_home() {
            return Ok((self.connect().await?, true));
        }
        self.connector.stand_apart().await?;
        Ok((Server::new(&self.connector, false), false))
    }

    /// What to say when a person interrupts from now on.
    pub(crate) fn set_farewell(&self, text: Option<String>) {
        *self.farewell.lock().expect("nothing panics while it is held") = text;
    }

    /// Runs the command, or ends it on a signal; then stops the server of this process, if there is one.
    pub(crate) async fn run(&self, command: Command) -> ExitCode {
        let serves = matches!(command, Command::Serve(_));
        let mut signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => return self.fail(&Failure::internal(format!("signals cannot be heard: {error}"))),
        };
        let exit = if serves {
            // It stops by itself, gracefully.
            self.settle(Box::pin(commands::dispatch(self, command, &mut signals)).await)
        } else {
            let mut unused = Signals::silent();
            tokio::select! {
                result = Box::pin(commands::dispatch(self, command, &mut unused)) => self.settle(result),
                number = signals.next() => self.interrupted(number),
            }
        };
        tokio::select! {
            () = self.close() => {}
            // Whoever interrupts twice does not want to wait.
            number = signals.next() => return Exit::by_signal(number).into(),
        }
        match self.ui.finish() {
            Ok(()) => exit.into(),
            Err(error) => problem::report(&self.ui, &error.into()).into(),
        }
    }

    /// Stops the server of this process, if there is one. Components that are at work end first, which may take as long
    /// as their requests do: then it is said what is waited for.
    async fn close(&self) {
        let closed = self.connector.close();
        tokio::pin!(closed);
        tokio::select! {
            () = &mut closed => return,
            () = tokio::time::sleep(QUIET_CLOSE) => {}
        }
        self.ui.remark(
            "what was begun is still under way (a call of a component, or of a registry), and ends within its time; \
             interrupt to leave at once",
        );
        closed.await;
    }

    fn settle(&self, result: Result<Exit, Failure>) -> Exit {
        result.unwrap_or_else(|failure| problem::report(&self.ui, &failure))
    }

    fn interrupted(&self, number: u8) -> Exit {
        self.ui.clear_progress();
        if let Some(text) = self.farewell.lock().expect("nothing panics while it is held").take() {
            self.ui.interruption(&text);
        }
        Exit::by_signal(number)
    }
}

/// SIGINT and SIGTERM.
pub(crate) struct Signals {
    pair: Option<(Signal, Signal)>,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { pair: Some((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)) })
    }

    /// Hears nothing.
    fn silent() -> Self {
        Self { pair: None }
    }

    /// The number of the next one.
    pub(crate) async fn next(&mut self) -> u8 {
        match &mut self.pair {
            Some((interrupt, terminate)) => tokio::select! {
                _ = interrupt.recv() => 2,
                _ = terminate.recv() => 15,
            },
            None => std::future::pending().await,
        }
    }
}

/// Logs of the parts beneath, for those who ask; what a person needs to know is said by the commands.
fn log(verbose: u8) {
    let default = match verbose {
        0 => "off",
        1 => "warn,innominatus=info",
        _ => "info,innominatus=debug",
    };
    let filter = EnvFilter::try_from_env("INNOMINATUS_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    // A second subscriber in one process can only be a test's.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
}
