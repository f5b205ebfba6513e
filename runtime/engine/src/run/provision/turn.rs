//! One call of `provision`, and what its answer means.

use std::time::Duration;

use innominatus_effect::Export;
use innominatus_model::{Cause, Code, Coded, Event, EventKind, ExitClass, Json, Phase, Progress, State};
use innominatus_sandbox::CallError;
use serde_json::json;

use super::{FAULT_ATTEMPTS, Turn, Work};
use crate::EngineError;
use crate::run::execute::call;
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
        let resource = self
            .cell
            .update(ledger, &events, |resource| {
                settle::working(resource, phase, "a provisioner is at work");
                resource.status.attempts = attempt;
                resource.status.run = Some(run);
            })
            .await?;
        let prepared = call(
            &self.context(&resource, filled),
            &self.task.provisioner,
            self.entry().await?.grant.clone(),
            Export::Provision,
        )
        .await?;
        let target = self.target(&resource, filled);
        let answer = prepared.component.provisioner(prepared.call).provision(&target).await;
        let lines = prepared.execution.take_lines();
        let resource = self.cell.get().await;
        let turn = match answer {
            Ok(answer) => match answer.value {
                Ok(Progress::Ready(state)) => self.admitted(state, Promise::Whole, Turn::Done).await?,
                Ok(Progress::Pending(pending)) => {
                    let wait =
                        Duration::from_millis(pending.after_ms).min(self.driver.engine.0.config.pending_cap);
                    let (reason, percent) = (pending.reason, pending.percent);
                    self.admitted(pending.state, Promise::SoFar, |state| Turn::Wait {
                        state,
                        wait,
                        reason,
                        percent,
                    })
                    .await?
                }
                Err(failure) => {
                    let scrub = self.scrubber(&resource, failure.partial.as_ref()).await?;
                    let error = settle::failure_error(Code::ProvisionFailed, &failure, &scrub);
                    let after = match failure.cause {
                        Cause::Transient(after) => after.map(Duration::from_millis),
                        _ => None,
                    };
                    let retryable = failure.cause.is_retryable();
                    let partial = failure.partial;
                    if retryable {
                        Turn::Again { error, partial, after, attempts: None }
                    } else {
                        Turn::GiveUp { error, partial }
                    }
                }
            },
            Err(error @ CallError::Fault { .. }) => {
                let scrub = self.scrubber(&resource, None).await?;
                let error = settle::call_error(&error, &scrub);
                Turn::Again { error, partial: None, after: None, attempts: Some(FAULT_ATTEMPTS) }
            }
            Err(CallError::Host(error)) => {
                let trouble = prepared.execution.trouble(&error)?;
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

    pub(super) async fn admitted(
        &self,
        mut state: State,
        promise: Promise,
        then: impl FnOnce(State) -> Turn,
    ) -> Result<Turn, EngineError> {
        let label = self.task.provisioner.label();
        let ledger = self.driver.engine.ledger();
        let (scope, entry) = (&self.driver.plan.scope, self.entry().await?);
        let admitted = settle::admit(ledger, scope, &label, &entry.offer, &mut state, promise).await?;
        Ok(match admitted {
            Ok(()) => then(state),
            Err(breach) => Turn::GiveUp {
                error: settle::plain_error(
                    Code::GuestContract,
                    format!("`{label}` broke the contract: {breach}"),
                    Some("report this to the platform's author".into()),
                ),
                // Not what was promised, but it says what was made.
                partial: Some(state),
            },
        })
    }
}
