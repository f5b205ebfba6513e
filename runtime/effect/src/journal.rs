//! The journal of an execution: what it did, in the order it did it, kept so that it can go on after a crash.
//!
//! Before a write leaves, its intent is kept, together with every outcome since the last time something was kept;
//! outcomes of writes that may not be repeated are kept at once. So what is kept is always the beginning of what
//! happened, and at most the last entry is a write whose outcome is open.

use async_trait::async_trait;
use innominatus_model::{Digest, HttpMethod, Json};

use crate::call::CHECKPOINT;
use crate::{Call, HttpError, Outcome};

/// A write that is about to leave.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// The call's name in the contract.
    pub call: String,
    /// What it is for, in the guest's words.
    pub purpose: String,
    /// The request, as the guest gave it.
    pub request: Json,
    /// The key under which the other side knows it again.
    pub key: Option<String>,
    /// Whether it may be sent again.
    pub repeatable: bool,
    /// When it left, milliseconds since the Unix epoch.
    pub sent_ms: u64,
    /// How long the answer may take, milliseconds.
    pub timeout_ms: u64,
}

impl Intent {
    /// Whether sending it anew would be another write: it is not settled by its method alone.
    pub fn is_of_its_own(&self) -> bool {
        let method = self.request.get("method").and_then(Json::as_str).and_then(HttpMethod::parse);
        !self.repeatable || self.key.is_some() && !method.is_some_and(HttpMethod::is_idempotent)
    }
}

/// One thing that is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// What came of the call at this position.
    Outcome {
        /// Counted from 0.
        position: u32,
        /// Of the call.
        digest: Digest,
        /// The call's name in the contract.
        call: String,
        /// What the guest was told.
        outcome: Outcome,
    },
    /// The call at this position is about to leave.
    Intent {
        /// Counted from 0.
        position: u32,
        /// Of the call.
        digest: Digest,
        /// What leaves.
        intent: Intent,
    },
    /// What is kept of this position and of those after it counts no more, and is asked again.
    Again {
        /// Counted from 0.
        position: u32,
    },
}

/// Why nothing was kept: our own error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// Where notes are kept. One journal serves one execution.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Keeps notes; durable when it returns. In order, and never two appends at the same time.
    async fn append(&self, notes: Vec<Note>) -> Result<(), JournalError>;
}

/// What is known of the call at one position of an execution that is replayed.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Of the call.
    pub digest: Digest,
    /// The call's name in the contract.
    pub call: String,
    /// What the guest was told; none if that is open.
    pub outcome: Option<Outcome>,
    /// For a write: what left.
    pub intent: Option<Intent>,
}

impl Past {
    /// A write that another execution would make a second time, and that may have happened: the other side did not
    /// refuse it, and it was not kept from leaving.
    pub fn made(&self) -> Option<&Intent> {
        let happened = match &self.outcome {
            // Elsewhere is where to ask, but for 303, which names what came of it (RFC 9110, 15.4.4).
            Some(Outcome::Http(Ok(answer))) => matches!(answer.status, 200..=299 | 303),
            Some(Outcome::Http(Err(HttpError::Denied(_) | HttpError::NotSent(_)))) => false,
            _ => true,
        };
        self.intent.as_ref().filter(|intent| happened && intent.is_of_its_own())
    }
}

/// Why notes are not the beginning of an execution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("position {found} stands where {expected} should be")]
pub struct Gap {
    /// The position that had to come.
    pub expected: u32,
    /// The one that stands there.
    pub found: u32,
}

/// The notes of an execution, put together by position.
pub fn past(notes: impl IntoIterator<Item = Note>) -> Result<Vec<Past>, Gap> {
    let mut past: Vec<Past> = Vec::new();
    for note in notes {
        let expected = u32::try_from(past.len()).unwrap_or(u32::MAX);
        match note {
            Note::Intent { position, digest, intent } => {
                if position != expected {
                    return Err(Gap { expected, found: position });
                }
                past.push(Past { digest, call: intent.call.clone(), outcome: None, intent: Some(intent) });
            }
            Note::Outcome { position, digest, call, outcome } => {
                if position == expected {
                    past.push(Past { digest, call, outcome: Some(outcome), intent: None });
                    continue;
                }
                match past.last_mut() {
                    Some(open)
                        if position + 1 == expected && open.outcome.is_none() && open.digest == digest =>
                    {
                        open.outcome = Some(outcome);
                    }
                    _ => return Err(Gap { expected, found: position }),
                }
            }
            Note::Again { position } if position <= expected => past.truncate(position as usize),
            Note::Again { position } => return Err(Gap { expected, found: position }),
        }
    }
    Ok(past)
}

/// Takes an execution back to where it goes on from, and gives the notes that say so. That is after the last write: what
/// a component looked at since may look different now, and a component that broke over what it saw would break over it
/// again. Where a write is open that is settled by sending it again, it is that write: its answer is asked for anew.
pub fn take_back(past: &mut Vec<Past>) -> Vec<Note> {
    let open = open_again(past);
    let last = past.iter().rposition(|past| past.intent.is_some());
    let length = open.or(last).map_or(0, |at| at + 1);
    if length == past.len() && open.is_none() {
        return Vec::new();
    }
    past.truncate(length);
    let Some(write) = past.last_mut().filter(|_| open.is_some()) else {
        return vec![Note::Again { position: position(length) }];
    };
    write.outcome = None;
    let again = Note::Again { position: position(length - 1) };
    let intent = write.intent.clone().map(|intent| {
        let digest = write.digest;
        Note::Intent { position: position(length - 1), digest, intent }
    });
    std::iter::once(again).chain(intent).collect()
}

/// Takes an execution whose component said no, and not what it made, back to after the last write that would be made a
/// second time, and gives the notes that say so; none if there is no such write, or a checkpoint tells of it. What was
/// looked at or refused since is asked again.
pub fn take_back_to_made(past: &mut Vec<Past>) -> Option<Vec<Note>> {
    let length = past.iter().rposition(|past| past.made().is_some())? + 1;
    let is_kept = |past: &Past| past.call == CHECKPOINT && past.outcome == Some(Outcome::Done);
    if past[length..].iter().any(is_kept) {
        return None;
    }
    let is_cut = length < past.len();
    past.truncate(length);
    Some(is_cut.then_some(Note::Again { position: position(length) }).into_iter().collect())
}

/// The first write that the component was told to be open, if it and all that came after it may be sent again.
fn open_again(past: &[Past]) -> Option<usize> {
    let may_be = |past: &Past| past.intent.as_ref().is_none_or(|intent| intent.repeatable);
    let from = past.iter().rposition(|past| !may_be(past)).map_or(0, |at| at + 1);
    let is_told_open =
        |past: &Past| past.intent.is_some() && past.outcome.as_ref().is_some_and(Outcome::is_unknown);
    // One that is settled by its method alone is not worth forgetting what was made since.
    let made = past.iter().rposition(|past| past.made().is_some() && !is_told_open(past)).unwrap_or(0);
    (from..past.len()).find(|at| is_told_open(&past[*at]) && (*at >= made || past[*at].made().is_some()))
}

fn position(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The intent of a call that is about to leave.
pub(crate) fn intent(call: &Call, key: Option<String>, sent_ms: u64, timeout_ms: u64) -> Intent {
    let (purpose, repeatable) = match call {
        Call::Http { request } => (request.purpose.clone(), request.is_repeatable()),
        _ => (String::new(), true),
    };
    Intent {
        call: call.name().to_owned(),
        purpose,
        request: call.request(),
        key,
        repeatable,
        sent_ms,
        timeout_ms,
    }
}
