//! Attends a run until it ends, telling what happens.
//!
//! The server may go away meanwhile: another command's process that stops, a restart. The work is in the
//! store, so the next server goes on with it, and this command with that server.

use std::time::Duration;

use innominatus_api::ClientError;
use innominatus_api::client::{EventStream, Filter};
use innominatus_api::wire::RunDetail;
use innominatus_model::Code;
use tokio::time::Instant;

use crate::args::deadline;
use crate::problem::Failure;
use crate::server::{Server, went_away};
use crate::session::Session;
use crate::ui::progress::Progress;

/// How often a server that went away is looked for again.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(250);
/// How long one question for the end stays open.
const QUESTION: u64 = 20;
/// How long the last events may take to arrive after the end.
const TAIL: Duration = Duration::from_millis(500);

/// Ends with the run, or with `wait-timeout`.
pub(super) async fn follow(
    session: &Session,
    run: &str,
    application: &str,
    timeout: Duration,
) -> Result<RunDetail, Failure> {
    let ends_with_us = session.connector.is_embedded().await;
    session.set_farewell(Some(farewell(run, application, ends_with_us)));
    session.connector.go_on();
    let deadline = deadline(timeout);
    let mut following = Following { session, run, deadline, since: None, over: false, progress: None };
    let mut tries = 0;
    let result = loop {
        let server = session.connect().await?;
        match following.attend(&server).await {
            Err(failure) if went_away(&failure) && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            // What was seen last is no longer kept: go on with what is.
            Err(failure) if failure.is(Code::EventsCompacted) && following.since.is_some() => {
                following.since = None;
            }
            result => break result,
        }
    };
    if let Some(progress) = following.progress.take() {
        progress.end();
    }
    session.set_farewell(None);
    match result? {
        Some(detail) => Ok(detail),
        None => Err(timed_out(run, application, timeout, ends_with_us)),
    }
}

struct Following<'a> {
    session: &'a Session,
    run: &'a str,
    deadline: Option<Instant>,
    since: Option<String>,
    /// The run's last event was seen.
    over: bool,
    progress: Option<Progress<'a>>,
}

impl Following<'_> {
    /// The run as it ended, or none when the time is over.
    async fn attend(&mut self, server: &Server<'_>) -> Result<Option<RunDetail>, Failure> {
        let deadline = self.deadline;
        let detail = server.run(self.run, None).await?;
        if self.progress.is_none() {
            self.progress = Some(Progress::begin(&self.session.ui, &detail));
        }
        let filter = Filter {
            environment: Some(detail.environment.clone()),
            run: Some(self.run.to_owned()),
            since: self.since.clone(),
            ..Filter::default()
        };
        let mut stream = server.follow(&filter).await?;
        let mut ended = Box::pin(end(server, self.run));
        loop {
            tokio::select! {
                more = self.next(&mut stream), if !self.over => if !more? {
                    return Err(ClientError::Broken("the event stream ended".into()).into());
                },
                detail = &mut ended => {
                    let detail = detail?;
                    // The end is known before its last events have arrived.
                    let rest = async { while !self.over && self.next(&mut stream).await.is_ok_and(|more| more) {} };
                    let _ = tokio::time::timeout(TAIL, rest).await;
                    return Ok(Some(detail));
                }
                () = until(deadline) => return Ok(None),
            }
        }
    }

    /// Tells of the next event; false when there will be none.
    async fn next(&mut self, stream: &mut EventStream) -> Result<bool, ClientError> {
        let Some(event) = stream.next().await? else { return Ok(false) };
        if let Some(progress) = &mut self.progress {
            progress.event(&event);
        }
        self.over = matches!(event.kind.as_str(), "run.succeeded" | "run.failed" | "run.superseded");
        self.since = Some(event.cursor);
        Ok(true)
    }
}

async fn end(server: &Server<'_>, run: &str) -> Result<RunDetail, Failure> {
    loop {
        let detail = server.run(run, Some(QUESTION)).await?;
        if detail.state.is_final() {
            return Ok(detail);
        }
        // A server that answers at once is not asked in a tight circle.
        tokio::time::sleep(PAUSE).await;
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn farewell(run: &str, application: &str, ends_with_us: bool) -> String {
    if ends_with_us {
        format!(
            "stopped: the work on application `{application}` rests while no server runs\n\
             go on with the same command, or with `innominatus wait {run}`"
        )
    } else {
        format!("detached: the server goes on with {run}\nsee it with `innominatus wait {run}`")
    }
}

fn timed_out(run: &str, application: &str, timeout: Duration, ends_with_us: bool) -> Failure {
    let detail = format!("{run} of application `{application}` did not end within {timeout:?}");
    let failure = Failure::new(Code::WaitTimeout, detail);
    if ends_with_us {
        failure.hint(format!(
            "the work rests while no server runs: go on with the same command, or with `innominatus wait {run}`"
        ))
    } else {
        failure.hint(format!("the server goes on with it: `innominatus wait {run}`"))
    }
}
