//! One call of `provision`, and what its answer means.

use std::time::Duration;

use innominatus_effect::Export;
use innominatus_ledger::{Execution, LastError, Resource, Stored};
use innominatus_model::{
    Cause, Code, Coded, Event, EventKind, ExitClass, Json, Phase, Progress, State, Verb,
};
use serde_json::json;

use super::{FAULT_ATTEMPTS, Turn, Work};
use crate::EngineError;
use crate::run::execution::{
    self, Begin, NoAnswer, Performed, doubtful, goes_on_error, in_doubt_error, lost_error, of_their_own,
};
use crate::run::settle::{self, Promise};

impl Work<'_> {
    /// Says in the record that a try begins, then makes it.
    pub(super) async fn turn(&self, filled: &Json) -> Result<(Turn, Vec<Event>), EngineError> {
        let ledger = self.driver.engine.ledger();
        let run = self.driver.run;
        let before = self.cell.get().await;
        let first = before.status.observed_generation == 0;
        let phase = if first { Phase::Provisioning } else { Phase::Updating };
        let going_on = before.status.waiting.as_ref().is_some_and(|waiting| !waiting.retry);
        let fresh = before.status.run != Some(run);
        let attempt = if fresh { 1 } else { before.status.attempts + u32::from(!going_on) }.max(1);
        let started = self.event(
            EventKind::ProvisionStarted,
            format!("`{}` is being made by {}", self.task.uid, self.task.provisioner.label()),
            json!({"attempt": attempt, "generation": before.generation, "component": self.task.provisioner.component.to_string()}),
        );
        let events = if going_on { Vec::new() } else { vec![started] };
        let edit = |resource: &mut Resource| {
            settle::working(resource, phase, "a provisioner is at work");
            resource.status.attempts = attempt;
            resource.status.run = Some(run);
        };
        let open = match before.status.execution {
            Some(id) => ledger.execution(&before.scope(), before.id, id).await?,
            None => None,
        };
        let context = self.context();
        let entry = self.entry().await?;
        // Whether the component finds out by itself what became of its writes.
        let settles = entry.offer.verbs.contains(&Verb::Settle);
        let unknown = of_their_own(&before.status.unsettled);
        if open.is_none() && !settles && !unknown.is_empty() {
            let label = self.task.provisioner.label();
            let error = lost_error(self.task.resource, &label, &unknown, None);
            return Ok((Turn::GiveUp { error, partial: None }, Vec::new()));
        }
        let act = match open {
            Some(act) => {
                self.cell.update(ledger, &events, edit).await?;
                act
            }
            None => {
                let what =
                    Begin { context: &context, component: &self.task.provisioner, export: Export::Provision };
                let target = |resource: &Resource| self.target(resource, filled);
                execution::begin(what, &self.cell, &events, edit, target).await?
            }
        };
        let target = &act.value.target;
        let performed = execution::perform(&context, &act.value, &entry, async |component, call| {
            component.provisioner(call).provision(target).await
        })
        .await?;
        let Performed { answer, unsettled, denials, lines } = performed;
        let resource = self.cell.get().await;
        let turn = match answer {
            Ok(answer) => match answer.value {
                Ok(Progress::Ready(state)) => {
                    self.admitted((act, "ready"), state, Promise::Whole, Turn::Done).await?
                }
                Ok(Progress::Pending(pending)) => {
                    let wait =
                        Duration::from_millis(pending.after_ms).min(self.driver.engine.0.config.pending_cap);
                    let (reason, percent) = (pending.reason, pending.percent);
                    self.admitted((act, "pending"), pending.state, Promise::SoFar, |state| Turn::Wait {
                        state,
                        wait,
                        reason,
                        percent,
                    })
                    .await?
                }
                Err(_) if !doubtful(&unsettled).is_empty() && !settles => {
                    let unsettled = doubtful(&unsettled);
                    let error =
                        in_doubt_error(self.task.resource, &self.task.provisioner.label(), &unsettled);
                    Turn::Doubt { error, unsettled }
                }
                Err(failure) => {
                    let is_open = !unsettled.is_empty();
                    let tells = match &failure.partial {
                        Some(state) => self.is_kept(state).await?,
                        None => false,
                    };
                    let says = (settles, tells);
                    let engine = &self.driver.engine;
                    let made = execution::refused(engine, act, says, unsettled, &self.ended).await?;
                    let scrub = self.scrubber(&resource, failure.partial.as_ref()).await?;
                    let error = settle::failure_error(Code::ProvisionFailed, &failure, &denials, &scrub);
                    let error = goes_on_error(self.task.resource, error, &made);
                    let after = match failure.cause {
                        Cause::Transient(after) => after.map(Duration::from_millis),
                        _ => None,
                    };
                    let retryable = failure.cause.is_retryable() || is_open;
                    let partial = failure.partial;
                    if retryable {
                        Turn::Again { error, partial, after, attempts: None }
                    } else {
                        Turn::GiveUp { error, partial }
                    }
                }
            },
            Err(NoAnswer::Fault(error)) => {
                let scrub = self.scrubber(&resource, None).await?;
                let error = settle::call_error(&error, &scrub);
                self.broken(act, attempt, settles, error).await?
            }
            Err(NoAnswer::Diverged(error)) => Turn::Doubt { error, unsettled },
            Err(NoAnswer::Host(trouble)) => {
                let error = settle::host_error(&trouble);
                if trouble.code().exit() == ExitClass::Transient {
                    Turn::Again { error, partial: None, after: None, attempts: Some(FAULT_ATTEMPTS) }
                } else {
                    Turn::GiveUp { error, partial: None }
                }
            }
        };
        Ok((turn, lines))
    }

    /// The component broke. It is tried again where it was; after the last time nothing is left half done, if that is
    /// possible without a person.
    async fn broken(
        &self,
        act: Stored<Execution>,
        attempt: u32,
        settles: bool,
        error: LastError,
    ) -> Result<Turn, EngineError> {
        let engine = &self.driver.engine;
        let is_last = attempt >= FAULT_ATTEMPTS || engine.0.backoff.after(attempt).is_none();
        if is_last
            && let Some((error, unsettled)) = execution::broken(engine, act, settles, &self.ended).await?
        {
            return Ok(Turn::Doubt { error, unsettled });
        }
        Ok(Turn::Again { error, partial: None, after: None, attempts: Some(FAULT_ATTEMPTS) })
    }

    async fn is_kept(&self, state: &State) -> Result<bool, EngineError> {
        let (label, entry) = (self.task.provisioner.label(), self.entry().await?);
        let ledger = self.driver.engine.ledger();
        Ok(settle::is_kept(ledger, self.holder(&label), &entry.offer, state).await?)
    }

    /// Takes over a state; its execution has ended, if what it made will be known.
    async fn admitted(
        &self,
        (act, word): (Stored<Execution>, &'static str),
        mut state: State,
        promise: Promise,
        then: impl FnOnce(State) -> Turn,
    ) -> Result<Turn, EngineError> {
        let label = self.task.provisioner.label();
        let ledger = self.driver.engine.ledger();
        let entry = self.entry().await?;
        let admitted = settle::admit(ledger, self.holder(&label), &entry.offer, &mut state, promise).await?;
        if admitted.is_ok() || self.is_kept(&state).await? {
            self.ended.put(act, word, Vec::new());
        }
        Ok(match admitted {
            Ok(()) => then(state),
            Err(breach) => Turn::GiveUp {
                error: settle::breach_error(&label, &breach),
                // Not what was promised, but it says what was made.
                partial: Some(state),
            },
        })
    }
}
