//! The port of an execution that is written down: what is known is answered from the journal, what is new is
//! authorised, journaled and performed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use innominatus_model::{Denial, Digest, Unsettled};

use crate::journal::intent;
use crate::{
    Access, Authoriser, Call, HttpError, Interrupt, Journal, Note, Outcome, Past, Permit, Port, Verdict,
    World,
};

/// Notes that one execution may take; its bytes are bounded by the sandbox.
const MAX_NOTES: usize = 10_000;
/// Outcomes that wait for the next write at most.
const MAX_BUFFERED: usize = 256;

/// Answers from the journal for as long as it reaches, then goes on for real.
pub struct Journaled {
    authoriser: Authoriser,
    world: Arc<dyn World>,
    journal: Arc<dyn Journal>,
    /// What idempotency keys are made of besides the request: the same over all tries of one wish.
    subject: String,
    past: Vec<Past>,
    state: Mutex<State>,
    /// One append at a time, in order.
    turn: futures::lock::Mutex<()>,
}

#[derive(Default)]
struct State {
    next: u32,
    buffer: Vec<Note>,
    /// How often each request was made before.
    occurrences: HashMap<Digest, u32>,
    unsettled: Vec<Unsettled>,
    denials: Vec<Denial>,
    /// Writes that have left and not come back.
    in_flight: usize,
    broken: bool,
}

impl Journaled {
    /// An execution whose journal holds `past`. `subject` says whose wish it is: resource, generation, export.
    pub fn new(
        authoriser: Authoriser,
        world: Arc<dyn World>,
        journal: Arc<dyn Journal>,
        subject: impl Into<String>,
        past: Vec<Past>,
    ) -> Self {
        Self {
            authoriser,
            world,
            journal,
            subject: subject.into(),
            past,
            state: Mutex::default(),
            turn: futures::lock::Mutex::default(),
        }
    }

    /// Writes whose outcome the guest was told to be open, in order.
    pub fn unsettled(&self) -> Vec<Unsettled> {
        self.lock().unsettled.clone()
    }

    /// What was refused, in order. What a component says of it is its own words; this is what the host said.
    pub fn denials(&self) -> Vec<Denial> {
        self.lock().denials.clone()
    }

    /// Calls made so far.
    pub fn position(&self) -> u32 {
        self.lock().next
    }

    /// Whether the component did all that the journal holds; to be asked when it has answered.
    pub fn finished(&self) -> Result<(), Interrupt> {
        Interrupt::early(self.position(), &self.past)
    }

    /// Whether a write has left whose outcome is not known here yet. The guest may be gone already.
    pub fn is_in_flight(&self) -> bool {
        self.lock().in_flight > 0
    }

    /// Keeps the outcomes that waited for the next write.
    pub async fn flush(&self) -> Result<(), Interrupt> {
        self.append("journal", None).await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn append(&self, call: &'static str, note: Option<Note>) -> Result<(), Interrupt> {
        let _turn = self.turn.lock().await;
        let notes: Vec<Note> = {
            let mut state = self.lock();
            if state.broken {
                return Err(host(call, "the journal could not be kept before"));
            }
            std::mem::take(&mut state.buffer).into_iter().chain(note).collect()
        };
        if notes.is_empty() {
            return Ok(());
        }
        self.journal.append(notes).await.map_err(|error| {
            // What was not kept is lost here, so nothing after it may be kept either.
            self.lock().broken = true;
            host(call, error.to_string())
        })
    }

    fn buffer(&self, note: Note) -> bool {
        let mut state = self.lock();
        state.buffer.push(note);
        state.buffer.len() >= MAX_BUFFERED
    }

    /// The position of a call, and how often the same was asked before.
    fn begin(&self, call: &Call, digest: Digest) -> Result<(u32, u32), Interrupt> {
        let mut state = self.lock();
        let position = state.next;
        if position as usize >= MAX_NOTES {
            return Err(Interrupt::Breach(format!("more than {MAX_NOTES} calls in one execution")));
        }
        state.next += 1;
        let occurrence = match call {
            Call::Http { .. } => {
                let count = state.occurrences.entry(digest).or_default();
                *count += 1;
                *count
            }
            _ => 1,
        };
        Ok((position, occurrence))
    }

    /// The guest is told that a write's outcome is open: whoever looks next has to know of it.
    fn remember(&self, call: &Call, outcome: &Outcome, sent_ms: u64) {
        if !outcome.is_unknown() {
            return;
        }
        if let Call::Http { request } = call {
            let unsettled = Unsettled { purpose: request.purpose.clone(), sent_ms, request: call.request() };
            self.lock().unsettled.push(unsettled);
        }
    }

    async fn live(
        &self,
        call: Call,
        position: u32,
        digest: Digest,
        occurrence: u32,
    ) -> Result<Outcome, Interrupt> {
        let permit = match self.authoriser.judge(&call) {
            Verdict::Allow(permit) => permit,
            Verdict::Breach(why) => return Err(Interrupt::Breach(why)),
            Verdict::Deny(outcome) => return self.told(call.name(), position, digest, outcome).await,
        };
        let name = call.name();
        if permit.access != Access::Write {
            let outcome = self.world.perform(call, permit, None).await?;
            return self.told(name, position, digest, outcome).await;
        }
        let key = self.key(&call, digest, occurrence);
        let (sent_ms, timeout_ms) = (now_ms(), timeout_ms(&call, &permit));
        let left = Note::Intent { position, digest, intent: intent(&call, key.clone(), sent_ms, timeout_ms) };
        self.append(name, Some(left)).await?;
        self.send(call, permit, key, Write { position, digest, sent_ms, may_be_done: false }).await
    }

    /// Performs a write whose intent is kept, and keeps what came of it.
    async fn send(
        &self,
        call: Call,
        permit: Permit,
        key: Option<String>,
        write: Write,
    ) -> Result<Outcome, Interrupt> {
        let Write { position, digest, sent_ms, may_be_done } = write;
        let name = call.name();
        let (repeatable, by_key) = match &call {
            Call::Http { request } => (request.is_repeatable(), key.is_some() && request.is_by_key()),
            _ => (false, false),
        };
        let _flight = Flight::of(self);
        let mut outcome = self.world.perform(call.clone(), permit, key).await?;
        if let Outcome::Http(Ok(answer)) = &outcome
            && may_be_done
            && by_key
            && !answer.settles()
        {
            let why = format!("it may have been acted on before, and now the answer was {}", answer.status);
            outcome = Outcome::Http(Err(HttpError::OutcomeUnknown(why)));
        }
        self.remember(&call, &outcome, sent_ms);
        let note = Note::Outcome { position, digest, call: name.to_owned(), outcome: outcome.clone() };
        if repeatable && !outcome.is_unknown() {
            if self.buffer(note) {
                self.append(name, None).await?;
            }
        } else {
            self.append(name, Some(note)).await?;
        }
        Ok(outcome)
    }

    /// An outcome that can be had again: kept with the next write.
    async fn told(
        &self,
        call: &'static str,
        position: u32,
        digest: Digest,
        outcome: Outcome,
    ) -> Result<Outcome, Interrupt> {
        if self.buffer(Note::Outcome { position, digest, call: call.to_owned(), outcome: outcome.clone() }) {
            self.append(call, None).await?;
        }
        Ok(outcome)
    }

    /// The same for the same request of the same wish, however often it is tried.
    fn key(&self, call: &Call, digest: Digest, occurrence: u32) -> Option<String> {
        let Call::Http { request } = call else { return None };
        request.idempotency.as_ref()?;
        let text = format!("{}\n{digest}\n{occurrence}", self.subject);
        let digest = Digest::of(text.as_bytes());
        Some(digest.as_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    async fn replayed(
        &self,
        call: Call,
        position: u32,
        digest: Digest,
        occurrence: u32,
        past: &Past,
    ) -> Result<Outcome, Interrupt> {
        if past.digest != digest {
            return Err(Interrupt::astray(position, &past.call, &call));
        }
        let sent_ms = past.intent.as_ref().map_or(0, |intent| intent.sent_ms);
        if let Some(outcome) = &past.outcome {
            if past.intent.is_some() {
                self.remember(&call, outcome, sent_ms);
            }
            return Ok(outcome.clone());
        }
        let repeatable = past.intent.as_ref().is_some_and(|intent| intent.repeatable);
        // It may have been acted on. Where it cannot be sent again, the guest is told what it would be told of a broken
        // connection, and that is what it is told from now on.
        let why = match repeatable.then(|| self.authoriser.judge(&call)) {
            Some(Verdict::Allow(permit)) => {
                let kept = past.intent.as_ref().and_then(|intent| intent.key.clone());
                let key = kept.or_else(|| self.key(&call, digest, occurrence));
                let write = Write { position, digest, sent_ms, may_be_done: true };
                return self.send(call, permit, key, write).await;
            }
            Some(Verdict::Breach(why)) => return Err(Interrupt::Breach(why)),
            Some(Verdict::Deny(Outcome::Http(Err(HttpError::Denied(denial))))) => {
                format!(
                    "the runtime was interrupted before the answer came; now it is denied: {}",
                    denial.remedy
                )
            }
            _ => "the runtime was interrupted before the answer came".to_owned(),
        };
        let outcome = Outcome::Http(Err(HttpError::OutcomeUnknown(why)));
        self.remember(&call, &outcome, sent_ms);
        let name = call.name();
        let note = Note::Outcome { position, digest, call: name.to_owned(), outcome: outcome.clone() };
        self.append(name, Some(note)).await?;
        Ok(outcome)
    }
}

#[async_trait]
impl Port for Journaled {
    async fn perform(&self, call: Call) -> Result<Outcome, Interrupt> {
        let digest = call.digest();
        let (position, occurrence) = self.begin(&call, digest)?;
        let outcome = match self.past.get(position as usize) {
            Some(past) => self.replayed(call, position, digest, occurrence, past).await?,
            None => self.live(call, position, digest, occurrence).await?,
        };
        if let Some(denial) = outcome.denial() {
            self.lock().denials.push(denial.clone());
        }
        Ok(outcome)
    }
}

/// A write whose intent is kept.
#[derive(Debug, Clone, Copy)]
struct Write {
    position: u32,
    digest: Digest,
    sent_ms: u64,
    /// It was sent before, and nobody knows what came of that.
    may_be_done: bool,
}

/// Counts a write while it is out.
struct Flight<'a>(&'a Journaled);

impl<'a> Flight<'a> {
    fn of(port: &'a Journaled) -> Self {
        port.lock().in_flight += 1;
        Self(port)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
    }
}

fn timeout_ms(call: &Call, permit: &Permit) -> u64 {
    let granted = permit.http.as_ref().map_or(0, |http| http.grant.limits.timeout_ms);
    match call {
        Call::Http { request } => {
            let asked = request.timeout_ms.filter(|asked| *asked > 0);
            u64::from(asked.map_or(granted, |asked| asked.min(granted)))
        }
        _ => 0,
    }
}

fn host(call: &'static str, reason: impl Into<String>) -> Interrupt {
    Interrupt::Host { call, reason: reason.into() }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
