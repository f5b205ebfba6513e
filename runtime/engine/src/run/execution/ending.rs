//! How an execution ends: closed with what came of it, or left to a person.

use std::sync::{Mutex, PoisonError};

use innominatus_ledger::seal::Scrubber;
use innominatus_ledger::{Change, Execution, LastError, LedgerError, Resource, Stored};
use innominatus_model::{Code, EventKind, Json, Name, ResourceId, Unsettled};
use serde_json::json;

use crate::Engine;
use crate::clock::now_ms;
use crate::events::{about_resource, event};
use crate::run::{Cell, settle};

/// An execution whose component has answered; the record that says what came of it closes it.
pub(in crate::run) struct Ending {
    pub(in crate::run) act: Stored<Execution>,
    /// `ready`, `pending`, `failed`, `gone`, `abandoned`.
    pub(in crate::run) word: &'static str,
    /// What the next call has to look for.
    pub(in crate::run) unsettled: Vec<Unsettled>,
}

/// Where an ending waits for what is written next.
#[derive(Default)]
pub(in crate::run) struct Ended(Mutex<Option<Ending>>);

impl Ended {
    /// The component has answered: whatever is written next closes the execution.
    pub(in crate::run) fn put(&self, act: Stored<Execution>, word: &'static str, unsettled: Vec<Unsettled>) {
        let ending = Ending { act, word, unsettled };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ending);
    }

    /// What closes the execution, for whoever writes.
    pub(in crate::run) fn take(&self) -> Option<Ending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Ending {
    /// What the record of the resource says afterwards.
    pub(in crate::run) fn leave(&self, resource: &mut Resource) {
        resource.status.execution = None;
        resource.status.unsettled = self.unsettled.clone();
    }

    /// Closes it: with the change that writes that record.
    pub(in crate::run) fn close(&self, change: &mut Change<'_>) {
        let mut ended = self.act.value.clone();
        ended.ended_ms = Some(now_ms());
        ended.ended = Some(self.word.to_owned());
        change.put_execution(&ended, Some(&self.act));
    }
}

/// What people are told of a write that may have happened.
pub(in crate::run) fn in_doubt_error(
    resource: ResourceId,
    label: &str,
    unsettled: &[Unsettled],
) -> LastError {
    settle::plain_error(
        Code::InDoubt,
        format!(
            "nobody knows whether this happened: {}; `{label}` does not say that it can find out by itself",
            told(unsettled)
        ),
        Some(format!(
            "look whether it happened, then say so: `innominatus resolve {resource}` with `--not-happened`, with \
             `--happened --body <file>`, or with `--start-over`; `innominatus explain in-doubt` says more"
        )),
    )
}

/// What people are told of writes that did happen, before their component broke.
pub(super) fn made_error(resource: ResourceId, label: &str, made: &[Unsettled]) -> LastError {
    settle::plain_error(
        Code::InDoubt,
        format!(
            "its component broke after this: {}; `{label}` does not say that it can find out what that made, and would \
             make it once more",
            told(made)
        ),
        Some(format!(
            "remove what it made there, then say so: `innominatus resolve {resource} --start-over`; `innominatus \
             explain in-doubt` says more"
        )),
    )
}

/// What people are told of writes of which no state tells, where whoever is called next does not look. `because` of this
/// the wish that made them does not come to its end.
pub(in crate::run) fn lost_error(
    resource: ResourceId,
    label: &str,
    made: &[Unsettled],
    because: Option<LastError>,
) -> LastError {
    let (why, or) = match &because {
        Some(error) => (format!("; {}", error.message), "run the file as it was then; or "),
        None => (String::new(), ""),
    };
    let error = settle::plain_error(
        Code::InDoubt,
        format!(
            "nothing new begins: `{label}` did this, and does not say what it made: {}; called anew, it would make it \
             once more{why}",
            told(made)
        ),
        Some(format!(
            "{or}remove what it made there, then say so: `innominatus resolve {resource} --start-over`; `innominatus \
             explain in-doubt` says more"
        )),
    );
    match because {
        Some(because) => LastError { code: because.code, reason: because.reason, ..error },
        None => error,
    }
}

/// What people are told of a failure whose execution stays open for the sake of these writes.
pub(in crate::run) fn goes_on_error(resource: ResourceId, error: LastError, made: &[Unsettled]) -> LastError {
    if made.is_empty() {
        return error;
    }
    let hint = error.hint.map(|hint| format!("{hint}; ")).unwrap_or_default();
    let hint = format!(
        "{hint}the same command again goes on after this, with the settings of then: {}; `innominatus resolve \
         {resource} --start-over` forgets it, once it is removed there",
        told(made)
    );
    LastError { hint: Some(hint), ..error }
}

/// Writes, for people.
pub(super) fn told(unsettled: &[Unsettled]) -> String {
    unsettled.iter().map(describe).collect::<Vec<_>>().join("; ")
}

/// `make the bucket (PUT https://s3.example.com)`
fn describe(unsettled: &Unsettled) -> String {
    let text = |name: &str| unsettled.request.get(name).and_then(Json::as_str).unwrap_or_default();
    let url = text("url");
    // The query may say more than an error text should.
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let told = format!("{} ({} {url})", unsettled.purpose, text("method"));
    // A component writes what it likes into a path, but nobody needs to see its tokens.
    Scrubber::new(&[]).scrub(&told).into_owned()
}

/// Leaves it to a person: the execution stays open, and nothing is called before somebody has said what happened.
pub(in crate::run) async fn doubt(
    engine: &Engine,
    cell: &Cell,
    application: &Name,
    error: &LastError,
    unsettled: &[Unsettled],
    lines: Vec<innominatus_model::Event>,
) -> Result<(), LedgerError> {
    let resource = cell.get().await;
    let mut told = event(
        &resource.scope(),
        EventKind::ResourceInDoubt,
        about_resource(application, resource.id, resource.status.run),
        format!("`{}` is in doubt: {}", resource.uid, error.message),
    );
    let effects: Vec<Json> = unsettled
        .iter()
        .map(|one| json!({"purpose": one.purpose, "what": describe(one), "sentMs": one.sent_ms}))
        .collect();
    told.details = json!({"code": error.code, "effects": effects, "hint": error.hint});
    Scrubber::new(&[]).scrub_json(&mut told.details);
    let mut events = lines;
    events.push(told);
    cell.update(engine.ledger(), &events, |resource| {
        resource.status.unsettled = unsettled.to_vec();
        settle::in_doubt(resource, error);
    })
    .await?;
    Ok(())
}
