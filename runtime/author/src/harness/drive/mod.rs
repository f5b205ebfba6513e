//! Carries out `provision` and `deprovision` as the engine does: through the journal, again after a transient failure,
//! on from where it was after a death of the runtime, with what is open handed to the next call.

mod journal;

use std::sync::Arc;

use innominatus_effect::{
    Authoriser, Call, Entry, Export, Journaled, LogLevel, Note, Recording, past, take_back, take_back_to_made,
};
use innominatus_model::{
    Cause, Code, Coded as _, Denial, Failure, Grant, HttpMethod, Json, Pending, Prior, Progress, Removal,
    State, Target, Unsettled, Verb,
};
use innominatus_sandbox::CallError;

use self::journal::Notes;
use super::subject::Subject;
use super::world::Cloud;

/// Calls of one wish at most; a guest that is pending for longer will not end.
const ROUNDS: u32 = 40;
/// Tries after failures at most.
const ATTEMPTS: u32 = 4;

/// How a wish ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ended {
    /// `provision` is done.
    Ready(State),
    /// `deprovision` is done.
    Gone,
    /// It said no for good, or too often.
    GaveUp(Failure),
    /// A write is open, and it does not offer to find out: a person has to look.
    Doubt(Vec<Unsettled>),
    /// The guest broke.
    Broke(String),
    /// It did another thing when it was told the same.
    Diverged(String),
    /// It was never done.
    Endless,
    /// The host could not do its part.
    Host(String),
}

impl Ended {
    /// In a few words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Ready(_) => "it is ready".into(),
            Self::Gone => "it is gone".into(),
            Self::GaveUp(failure) => format!("it says no: {failure}"),
            Self::Doubt(open) => {
                let purposes: Vec<_> = open.iter().map(|one| one.purpose.as_str()).collect();
                format!("a person has to look whether this happened: {}", purposes.join(", "))
            }
            Self::Broke(why) => format!("it breaks: {why}"),
            Self::Diverged(why) => format!("it does not do the same twice: {why}"),
            Self::Endless => format!("it is not done after {ROUNDS} calls"),
            Self::Host(why) => format!("the host could not go on: {why}"),
        }
    }
}

/// What came of a wish.
pub(crate) struct Driven {
    pub(crate) ended: Ended,
    /// With what was kept of it in `prior`.
    pub(crate) target: Target,
    /// All that it asked of the host, also what was refused or answered from the journal.
    pub(crate) entries: Vec<Entry>,
    /// Every time it said no.
    pub(crate) failures: Vec<Failure>,
    pub(crate) denials: Vec<Denial>,
    /// Calls that were answered `pending`.
    pub(crate) pending: Vec<Pending>,
    /// Where the guest broke: in which way.
    pub(crate) fault: Option<CallError>,
}

/// A wish.
pub(crate) struct Drive<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) cloud: &'a Arc<Cloud>,
    pub(crate) grant: &'a Grant,
    pub(crate) export: Export,
}

enum Answer {
    Ready(State),
    Gone,
    Pending(Pending),
    No(Failure),
}

/// What is open between two calls.
struct Open {
    target: Target,
    journal: Vec<Note>,
    driven: Driven,
    attempts: u32,
}

impl Drive<'_> {
    /// Carries it out to its end.
    pub(crate) async fn run(&self, target: Target) -> Driven {
        Box::pin(self.rounds(target, ROUNDS)).await
    }

    async fn rounds(&self, target: Target, most: u32) -> Driven {
        let driven = Driven {
            ended: Ended::Endless,
            target: target.clone(),
            entries: Vec::new(),
            failures: Vec::new(),
            denials: Vec::new(),
            pending: Vec::new(),
            fault: None,
        };
        let mut open = Open { target, journal: Vec::new(), driven, attempts: 1 };
        for _ in 0..most {
            if let Some(ended) = Box::pin(self.round(&mut open)).await {
                open.driven.ended = ended;
                break;
            }
        }
        let Open { target, mut driven, .. } = open;
        driven.target = target;
        driven
    }

    /// Makes one call, whatever comes of it.
    pub(crate) async fn once(&self, target: Target) -> Driven {
        Box::pin(self.rounds(target, 1)).await
    }

    async fn round(&self, open: &mut Open) -> Option<Ended> {
        let mut known = match past(open.journal.clone()) {
            Ok(known) => known,
            Err(gap) => return Some(Ended::Host(gap.to_string())),
        };
        open.journal.extend(take_back(&mut known));
        self.cloud.begin(known.iter().filter(|past| past.call == "random.bytes").count());
        let notes = Arc::new(Notes::new(std::mem::take(&mut open.journal)));
        let authoriser = Authoriser::new(self.export, self.subject.label.clone(), self.grant.clone())
            .with_settings(self.cloud.settings().clone());
        let wish = format!("{}\n{}\n{}", open.target.id, open.target.generation, self.export.as_str());
        let port = Arc::new(Journaled::new(authoriser, self.cloud.clone(), notes.clone(), wish, known));
        let recording = Arc::new(Recording::new(port.clone()));
        let target = &open.target;
        let answer = match self.export {
            Export::Deprovision => {
                let call = async |guest: innominatus_sandbox::Provisioner| guest.deprovision(target).await;
                self.subject.ask(self.export, recording.clone(), call).await.map(|answer| match answer {
                    Ok(Removal::Gone) => Answer::Gone,
                    Ok(Removal::Pending(pending)) => Answer::Pending(pending),
                    Err(failure) => Answer::No(failure),
                })
            }
            _ => {
                let call = async |guest: innominatus_sandbox::Provisioner| guest.provision(target).await;
                self.subject.ask(self.export, recording.clone(), call).await.map(|answer| match answer {
                    Ok(Progress::Ready(state)) => Answer::Ready(state),
                    Ok(Progress::Pending(pending)) => Answer::Pending(pending),
                    Err(failure) => Answer::No(failure),
                })
            }
        };
        open.driven.entries.extend(recording.entries());
        open.driven.denials.extend(port.denials());
        if let Some(state) = self.cloud.take_checkpoint() {
            open.target.prior = Some(self.prior(&open.target, state));
        }
        let answer = match answer {
            Ok(_) if port.finished().is_err() => {
                return Some(Ended::Diverged("it answered before it had done what it did before".into()));
            }
            Ok(answer) => answer,
            Err(error @ CallError::Fault { .. }) => {
                let words = last_words(&error, &recording.entries());
                open.driven.fault = Some(error);
                return Some(Ended::Broke(words));
            }
            Err(CallError::Host(error)) if error.code() == Code::EffectDiverged => {
                return Some(Ended::Diverged(error.to_string()));
            }
            // The runtime died: what is kept is what is known.
            Err(CallError::Host(_)) if self.cloud.went_wrong().is_some() => {
                open.journal = notes.all();
                return None;
            }
            Err(CallError::Host(error)) => return Some(Ended::Host(error.to_string())),
        };
        if let Err(error) = port.flush().await {
            return Some(Ended::Host(error.to_string()));
        }
        match answer {
            Answer::Ready(state) => {
                open.target.prior = Some(self.prior(&open.target, state.clone()));
                open.target.unsettled.clear();
                Some(Ended::Ready(state))
            }
            Answer::Gone => Some(Ended::Gone),
            Answer::Pending(pending) => {
                open.target.prior = Some(self.prior(&open.target, pending.state.clone()));
                open.target.unsettled.clear();
                open.driven.pending.push(pending);
                None
            }
            Answer::No(failure) => self.refused(open, failure, port.unsettled(), notes.all()),
        }
    }

    /// It said no: what is kept of that, and whether there is another try.
    fn refused(
        &self,
        open: &mut Open,
        failure: Failure,
        unsettled: Vec<Unsettled>,
        notes: Vec<Note>,
    ) -> Option<Ended> {
        let settles = self.subject.offer.verbs.contains(&Verb::Settle);
        open.driven.failures.push(failure.clone());
        let doubtful: Vec<Unsettled> = unsettled.iter().filter(|one| !is_repeatable(one)).cloned().collect();
        if !doubtful.is_empty() && !settles {
            return Some(Ended::Doubt(doubtful));
        }
        let again = failure.cause.is_retryable() || !unsettled.is_empty();
        let by_key = unsettled.iter().any(needs_its_key) && !settles;
        let mut closed = true;
        if by_key {
            open.journal = notes;
            closed = false;
        } else if failure.partial.is_none() {
            let mut made = past(notes.clone()).unwrap_or_default();
            if let Some(cut) = take_back_to_made(&mut made)
                && doubtful.is_empty()
            {
                open.journal = notes;
                open.journal.extend(cut);
                closed = false;
            }
        }
        if closed {
            open.journal.clear();
            if settles {
                open.target.unsettled.extend(unsettled);
            }
            if let Some(partial) = &failure.partial {
                open.target.prior = Some(self.prior(&open.target, partial.clone()));
            }
        }
        open.attempts += 1;
        if !again || open.attempts > ATTEMPTS {
            return Some(Ended::GaveUp(failure));
        }
        if closed {
            open.target.attempt = open.attempts;
        }
        None
    }

    fn prior(&self, target: &Target, state: State) -> Prior {
        Prior {
            state,
            version: self.subject.entry.version.to_string(),
            generation: target.generation,
            params: target.params.clone(),
        }
    }
}

/// The fault, with what the guest logged last: a panic says there what it is about.
pub(crate) fn last_words(error: &CallError, entries: &[Entry]) -> String {
    let last = entries.iter().rev().find_map(|entry| match &entry.call {
        Call::Log { level: LogLevel::Error, message, .. } => Some(message.as_str()),
        _ => None,
    });
    match last {
        Some(message) => format!("{error}; it said last: {}", message.chars().take(200).collect::<String>()),
        None => error.to_string(),
    }
}

/// Whether a failure says that something is in the way that a person has to change.
pub(crate) fn is_refusal(failure: &Failure) -> bool {
    matches!(failure.cause, Cause::Invalid(_) | Cause::Conflict | Cause::Unsupported | Cause::Permanent)
}

fn method(open: &Unsettled) -> Option<HttpMethod> {
    open.request.get("method").and_then(Json::as_str).and_then(HttpMethod::parse)
}

fn has_key(open: &Unsettled) -> bool {
    open.request.get("idempotency").is_some_and(|slot| !slot.is_null())
}

fn is_repeatable(open: &Unsettled) -> bool {
    has_key(open) || method(open).is_some_and(HttpMethod::is_idempotent)
}

fn needs_its_key(open: &Unsettled) -> bool {
    has_key(open) && !method(open).is_some_and(HttpMethod::is_idempotent)
}
