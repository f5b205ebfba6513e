//! One call of an export that writes, through the journal.

use std::sync::Arc;
use std::time::Duration;

use innominatus_effect::{Authoriser, Export, Journaled, Past, take_back};
use innominatus_ledger::{Execution, LastError, LedgerError, NoteSequence, Resource, Stored};
use innominatus_model::{Code, Coded as _, Denial, Event, EventKind, ExecutionId, Grant, Target, Unsettled};
use innominatus_plan::ComponentRef;
use innominatus_sandbox::{Answer, Call, CallError, Component, HostError, Limits};
use serde_json::json;
use tokio::sync::Mutex;

use super::keeper::Keeper;
use super::open::{is_repeatable, timeout_ms};
use crate::EngineError;
use crate::clock::{now_ms, until};
use crate::events::{about_resource, event};
use crate::run::drive::Entry;
use crate::run::execute::{self, Context};
use crate::run::{Cell, settle};
use crate::world::{self, Claim};

/// How often it is looked whether a write that outlived its guest has come back.
const LANDING: Duration = Duration::from_millis(5);
/// No request of a grant takes longer; what is still out then is taken for lost.
pub(super) const LONGEST: Duration = Duration::from_secs(15 * 60);

/// What a new execution is of.
pub(in crate::run) struct Begin<'a> {
    pub(in crate::run) context: &'a Context,
    pub(in crate::run) component: &'a ComponentRef,
    pub(in crate::run) export: Export,
}

/// What a call came to.
pub(in crate::run) struct Performed<T> {
    pub(in crate::run) answer: Result<Answer<T>, NoAnswer>,
    /// Writes of this call of which the component was told that nobody knows whether they happened.
    pub(in crate::run) unsettled: Vec<Unsettled>,
    /// What the host refused it.
    pub(in crate::run) denials: Vec<Denial>,
    /// What it logged and did since the last note.
    pub(in crate::run) lines: Vec<Event>,
}

/// Why a component did not answer.
pub(in crate::run) enum NoAnswer {
    /// It broke.
    Fault(CallError),
    /// Told what it was told before, it went another way.
    Diverged(LastError),
    /// The host could not do its part, which ends this step; the others can go on.
    Host(EngineError),
}

impl NoAnswer {
    /// The error is one that the others cannot go on with either.
    fn of(error: CallError, world: &world::Execution) -> Result<Self, EngineError> {
        match error {
            CallError::Host(error) if error.code() == Code::EffectDiverged => {
                let hint =
                    "look at what is there; `innominatus resolve --start-over` calls the component anew";
                let message = error.to_string();
                Ok(Self::Diverged(settle::plain_error(Code::EffectDiverged, message, Some(hint.into()))))
            }
            CallError::Host(error) => world.trouble(&error).map(Self::Host),
            fault @ CallError::Fault { .. } => Ok(Self::Fault(fault)),
        }
    }
}

/// Writes a new execution, and with it into the resource's record that it is at work.
pub(in crate::run) async fn begin(
    what: Begin<'_>,
    cell: &Cell,
    events: &[Event],
    edit: impl FnOnce(&mut Resource),
    target: impl FnOnce(&Resource) -> Target,
) -> Result<Stored<Execution>, LedgerError> {
    let Begin { context, component, export } = what;
    let ledger = context.engine.ledger();
    let mut next = cell.get().await;
    ledger.forget_executions(&context.scope, next.id, false).await?;
    edit(&mut next);
    let execution = Execution {
        id: ExecutionId::generate(),
        resource: next.id,
        scope: context.scope.clone(),
        application: context.application.clone(),
        run: context.run,
        component: component.clone(),
        export,
        target: target(&next),
        started_ms: now_ms(),
        ended_ms: None,
        ended: None,
    };
    next.status.execution = Some(execution.id);
    let whole = |resource: &mut Resource| *resource = next;
    cell.update_with(ledger, events, whole, |change| change.put_execution(&execution, None)).await?;
    let stored = ledger.execution(&execution.scope, execution.resource, execution.id).await?;
    stored.ok_or_else(|| LedgerError::Conflict { what: format!("execution {}", execution.id) })
}

/// Makes the call: what the journal holds is answered from there, and then it goes on.
pub(in crate::run) async fn perform<T>(
    context: &Context,
    act: &Execution,
    entry: &Entry,
    call: impl AsyncFnOnce(Component, Call) -> Result<Answer<T>, CallError>,
) -> Result<Performed<T>, EngineError> {
    let engine = &context.engine;
    let component = engine.0.components.get(&act.component).await?;
    let (past, sequence) = known(context, act).await?;
    let grant = entry.grant.clone();
    wait_out(context, act, &grant, &past).await?;
    let limits = Limits::for_export(act.export);
    let world = Arc::new(world::Execution {
        claim: Some(Claim {
            maker: act.component.clone(),
            generation: act.target.generation,
            params: act.target.params.clone(),
            offer: entry.offer.clone(),
        }),
        ..execute::world(context, &act.component, grant.clone(), &limits)
    });
    if !past.is_empty() {
        let mut resumed = event(
            &act.scope,
            EventKind::ExecutionResumed,
            about_resource(&act.application, act.resource, context.run),
            format!("`{}` goes on after {} calls that are known", act.export.as_str(), past.len()),
        );
        resumed.details = json!({"execution": act.id.to_string(), "calls": past.len()});
        world.tell(resumed);
    }
    let keeper =
        Arc::new(Keeper { execution: act.clone(), world: world.clone(), sequence: Mutex::new(sequence) });
    let settings = world.settings_or_empty().await;
    let authoriser = Authoriser::new(act.export, act.component.label(), grant).with_settings(settings);
    let subject = format!("{}\n{}\n{}", act.resource, act.target.generation, act.export.as_str());
    let port = Arc::new(Journaled::new(authoriser, world.clone(), keeper, subject, past));
    let mut answer = call(component, Call::new(port.clone()).with_limits(limits)).await;
    if let (Ok(_), Err(early)) = (&answer, port.finished()) {
        answer = Err(CallError::Host(HostError::diverged(&early)));
    }
    // A guest that ran out of time is gone, its write is not: what comes of it belongs into the journal before
    // anybody goes on.
    let landed = async {
        while port.is_in_flight() {
            tokio::time::sleep(LANDING).await;
        }
    };
    if tokio::time::timeout(LONGEST, landed).await.is_err() {
        tracing::warn!(execution = %act.id, "a write did not come back");
    }
    // For whoever looks at what it did; best effort, because it is asked again should it go on.
    if let Err(error) = port.flush().await {
        tracing::debug!(%error, execution = %act.id, "the last outcomes were not kept");
    }
    let answer = match answer {
        Ok(answer) => Ok(answer),
        Err(error) => Err(NoAnswer::of(error, &world)?),
    };
    let (unsettled, denials) = (port.unsettled(), port.denials());
    Ok(Performed { answer, unsettled, denials, lines: world.take_lines() })
}

/// What an execution goes on from.
async fn known(context: &Context, act: &Execution) -> Result<(Vec<Past>, NoteSequence), LedgerError> {
    let ledger = context.engine.ledger();
    let (mut past, mut sequence) = ledger.journal(&act.scope, act.resource, act.id).await?;
    let again = take_back(&mut past);
    if !again.is_empty() {
        sequence = ledger.append_notes(&act.scope, act.resource, act.id, sequence, &again, &[]).await?;
    }
    Ok((past, sequence))
}

/// A request that was out when the runtime stopped, or whose answer never came, may still be acted on: nobody looks
/// before its time is over.
async fn wait_out(
    context: &Context,
    act: &Execution,
    grant: &Grant,
    past: &[Past],
) -> Result<(), EngineError> {
    let out = past.last().filter(|last| last.outcome.is_none()).and_then(|last| last.intent.as_ref());
    let out = out.filter(|intent| !intent.repeatable).map(|intent| (intent.sent_ms, intent.timeout_ms));
    let looked_for = act.target.unsettled.iter().filter(|one| past.is_empty() && !is_repeatable(one));
    let ends = looked_for.map(|one| (one.sent_ms, timeout_ms(one, grant))).chain(out);
    let Some(due) = ends.map(|(sent, timeout)| sent.saturating_add(timeout)).max() else { return Ok(()) };
    let wait = until(due, LONGEST);
    if !wait.is_zero() && !context.engine.sleep(wait).await {
        return Err(EngineError::Stopping);
    }
    Ok(())
}
