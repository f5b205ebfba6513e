//! The executor of provisioner steps: call, wait, try again, give up; every turn is in the record first.

use std::sync::Arc;
use std::time::Duration;

use innominatus_effect::Export;
use innominatus_ledger::{LastError, LedgerError, Resource};
use innominatus_model::{
    Code, Coded, Event, EventKind, Grant, Json, Kind, Offer, Phase, Prior, Progress, State, Target, Violation,
};
use innominatus_plan::Task;
use innominatus_plan::params::Schema;
use innominatus_sandbox::CallError;
use serde_json::json;

use super::drive::{Driver, StepEnded};
use super::execute::{Context, call};
use super::fill::{FillError, Filler};
use super::settle::{self, Promise};
use super::{Cell, StepState};
use crate::EngineError;
use crate::clock::{now_ms, until};
use crate::events::{about_resource, event};
use crate::world::chain;

/// Faults are tried again too, but a guest that breaks three times breaks always.
const FAULT_ATTEMPTS: u32 = 3;

/// What one turn of the loop came to.
enum Turn {
    Done(State),
    Wait {
        state: State,
        wait: Duration,
        reason: String,
        percent: Option<u8>,
    },
    /// Trying again may help; after this long, if the other side said so.
    Again {
        error: LastError,
        partial: Option<State>,
        after: Option<Duration>,
        attempts: Option<u32>,
    },
    GiveUp {
        error: LastError,
        partial: Option<State>,
    },
}

/// Carries out one provisioner step.
pub(super) async fn provision(driver: &Driver, task: &Task) -> Result<StepEnded, EngineError> {
    let ledger = driver.engine.ledger();
    let stored = ledger
        .resource(task.resource)
        .await?
        .ok_or_else(|| LedgerError::Conflict { what: format!("resource {}", task.resource) })?;
    let cell = Arc::new(Cell::new(stored));
    let entry = driver.entry(&task.provisioner).await?;
    let work = Work { driver, task, cell, offer: entry.offer, grant: entry.grant, schema: entry.schema };
    work.run().await
}

struct Work<'a> {
    driver: &'a Driver,
    task: &'a Task,
    cell: Arc<Cell>,
    offer: Offer,
    grant: Grant,
    schema: Json,
}

impl Work<'_> {
    async fn run(&self) -> Result<StepEnded, EngineError> {
        let filled = match self.fill().await? {
            Ok(filled) => filled,
            Err(error) => return self.give_up(error, None, Vec::new()).await,
        };
        let resource = self.cell.get().await;
        let same = resource.status.prior.as_ref().is_some_and(|prior| prior.params == filled);
        // Whatever is asked for differently became unsettled when the plan was written into its record: what is
        // settled now was finished by this run, before it was interrupted, or did not have to change.
        if resource.is_settled() && same {
            return Ok(StepEnded::Unchanged);
        }
        if let Some(ended) = self.validate(&filled).await? {
            return Ok(ended);
        }
        let mut rounds = 0;
        loop {
            if let Some(waiting) = self.cell.get().await.status.waiting {
                let state = if waiting.retry { StepState::Retrying } else { StepState::Pending };
                self.driver.tracker.set(&self.task.step, state, Some(waiting.reason), None);
                let wait = until(waiting.until_ms, self.driver.engine.0.config.pending_cap);
                if !self.driver.sleep(wait).await {
                    return Err(EngineError::Stopping);
                }
                if self.driver.is_superseded().await? {
                    return Ok(StepEnded::Superseded);
                }
            }
            if self.driver.engine.is_stopping() {
                return Err(EngineError::Stopping);
            }
            self.driver.tracker.set(&self.task.step, StepState::Running, None, None);
            let (turn, lines) = self.turn(&filled).await?;
            match turn {
                Turn::Done(state) => return self.done(state, &filled, lines).await,
                Turn::Wait { state, wait, reason, percent } => {
                    rounds += 1;
                    if rounds > self.driver.engine.0.config.pending_rounds {
                        let error = settle::plain_error(
                            Code::ProvisionFailed,
                            format!("it was still not finished after {rounds} calls: {reason}"),
                            Some("run the same command again to go on".into()),
                        );
                        let partial = self.kept(Some(state), &filled).await?;
                        return self.give_up(error, partial, lines).await;
                    }
                    self.wait(state, &filled, wait, reason, percent, lines).await?;
                }
                Turn::Again { error, partial, after, attempts } => {
                    let partial = self.kept(partial, &filled).await?;
                    let tried = self.cell.get().await.status.attempts;
                    let limit = attempts.unwrap_or(u32::MAX);
                    match self.driver.engine.0.backoff.after(tried).filter(|_| tried < limit) {
                        Some(wait) => {
                            self.again(error, partial, after.unwrap_or(wait).max(wait), lines).await?
                        }
                        None => return self.give_up(error, partial, lines).await,
                    }
                }
                Turn::GiveUp { error, partial } => {
                    let partial = self.kept(partial, &filled).await?;
                    return self.give_up(error, partial, lines).await;
                }
            }
        }
    }

    fn kind(&self) -> &Kind {
        self.task.kind()
    }

    fn event(&self, kind: EventKind, message: String, details: Json) -> Event {
        let subject =
            about_resource(&self.driver.plan.application, self.task.resource, Some(self.driver.run));
        let mut event = event(&self.driver.plan.scope, kind, subject, message);
        event.details = details;
        event
    }

    async fn fill(&self) -> Result<Result<Json, LastError>, EngineError> {
        let label = self.task.provisioner.label();
        let filler = Filler {
            ledger: self.driver.engine.ledger(),
            scope: &self.driver.plan.scope,
            request: &self.driver.plan.request,
            component: &label,
        };
        let filled = match filler.fill(&self.task.params, &self.task.owner, &self.task.references).await {
            Ok(filled) => filled,
            Err(FillError::Ledger(error)) => return Err(error.into()),
            Err(FillError::Missing(message)) => {
                return Ok(Err(settle::plain_error(Code::PlaceholderOutput, message, None)));
            }
        };
        match Schema::new(&self.schema) {
            Err(error) => Ok(Err(settle::plain_error(
                Code::SchemaInvalid,
                format!("the schema of `{label}` for `{}` {error}", self.kind()),
                Some("report this to the platform's author".into()),
            ))),
            Ok(schema) => {
                let filled = schema.with_defaults(&filled);
                let violations = schema.violations(&filled);
                Ok(if violations.is_empty() { Ok(filled) } else { Err(self.invalid(&violations)) })
            }
        }
    }

    fn invalid(&self, violations: &[Violation]) -> LastError {
        let listed: Vec<_> = violations
            .iter()
            .map(|violation| format!("`params{}`: {}", violation.pointer, violation.message))
            .collect();
        let hint = violations.iter().find_map(|violation| violation.remedy.clone());
        settle::plain_error(Code::ParamsInvalid, listed.join("; "), hint)
    }

    /// The component's own judgement of the filled params.
    async fn validate(&self, filled: &Json) -> Result<Option<StepEnded>, EngineError> {
        let resource = self.cell.get().await;
        let prepared = call(
            &self.context(&resource, filled),
            &self.task.provisioner,
            self.grant.clone(),
            Export::ValidateConfig,
        )
        .await?;
        let target = self.target(&resource, filled);
        match prepared.component.provisioner(prepared.call).validate_config(&target).await {
            Ok(answer) if answer.value.is_empty() => {
                prepared.execution.flush().await?;
                Ok(None)
            }
            Ok(answer) => {
                let error = self.invalid(&answer.value);
                self.give_up(error, None, prepared.execution.take_lines()).await.map(Some)
            }
            Err(error @ CallError::Fault { .. }) => {
                let scrub = self.scrubber(&resource, None).await?;
                let error = settle::call_error(&error, &scrub);
                self.give_up(error, None, prepared.execution.take_lines()).await.map(Some)
            }
            Err(CallError::Host(error)) => Err(host_error(&error)),
        }
    }

    fn context(&self, resource: &Resource, filled: &Json) -> Context {
        Context {
            engine: self.driver.engine.clone(),
            scope: self.driver.plan.scope.clone(),
            application: self.driver.plan.application.clone(),
            run: Some(self.driver.run),
            resource: Some(self.task.resource),
            cell: Some(self.cell.clone()),
            prior: Some((self.version(), resource.generation, filled.clone())),
        }
    }

    fn version(&self) -> String {
        self.task.provisioner.version.to_string()
    }

    fn target(&self, resource: &Resource, filled: &Json) -> Target {
        target(resource, filled.clone())
    }

    async fn scrubber(
        &self,
        resource: &Resource,
        state: Option<&State>,
    ) -> Result<innominatus_ledger::seal::Scrubber, LedgerError> {
        settle::scrubber(self.driver.engine.ledger(), &self.driver.plan.scope, resource, state).await
    }

    /// Says in the record that a try begins, then makes it.
    async fn turn(&self, filled: &Json) -> Result<(Turn, Vec<Event>), EngineError> {
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
            self.grant.clone(),
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
                        innominatus_model::Cause::Transient(after) => after.map(Duration::from_millis),
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
            Err(CallError::Host(error)) => return Err(host_error(&error)),
        };
        Ok((turn, lines))
    }

    async fn admitted(
        &self,
        mut state: State,
        promise: Promise,
        then: impl FnOnce(State) -> Turn,
    ) -> Result<Turn, EngineError> {
        let label = self.task.provisioner.label();
        let ledger = self.driver.engine.ledger();
        let admitted =
            settle::admit(ledger, &self.driver.plan.scope, &label, &self.offer, &mut state, promise).await?;
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

    fn prior(&self, state: State, resource: &Resource, filled: &Json) -> Prior {
        Prior { state, version: self.version(), generation: resource.generation, params: filled.clone() }
    }

    async fn done(
        &self,
        state: State,
        filled: &Json,
        mut events: Vec<Event>,
    ) -> Result<StepEnded, EngineError> {
        let resource = self.cell.get().await;
        let hints = self.hints(&resource, &state, filled, &mut events).await?;
        let scrub = self.scrubber(&resource, Some(&state)).await?;
        scrub_events(&scrub, &mut events);
        events.push(self.event(
            EventKind::ProvisionSucceeded,
            format!("`{}` is ready", self.task.uid),
            json!({"generation": resource.generation}),
        ));
        let prior = self.prior(state, &resource, filled);
        self.cell
            .update(self.driver.engine.ledger(), &events, |resource| {
                resource.status.prior = Some(prior);
                resource.status.made_by = Some(self.task.provisioner.clone());
                if let Some(hints) = hints {
                    resource.status.hints = hints;
                }
                settle::ready(resource);
            })
            .await?;
        Ok(StepEnded::Succeeded)
    }

    /// Hints help people; that they cannot be had fails nothing.
    async fn hints(
        &self,
        resource: &Resource,
        state: &State,
        filled: &Json,
        events: &mut Vec<Event>,
    ) -> Result<Option<Vec<innominatus_model::Hint>>, EngineError> {
        let prepared = call(
            &self.context(resource, filled),
            &self.task.provisioner,
            self.grant.clone(),
            Export::GetHints,
        )
        .await?;
        let mut target = self.target(resource, filled);
        target.prior = Some(self.prior(state.clone(), resource, filled));
        let answer = prepared.component.provisioner(prepared.call).get_hints(&target).await;
        events.extend(prepared.execution.take_lines());
        let scrub = self.scrubber(resource, Some(state)).await?;
        let trouble = match answer {
            Ok(answer) => match answer.value {
                Ok(hints) => return Ok(Some(hints)),
                Err(failure) => failure.to_string(),
            },
            Err(error) => chain(&error),
        };
        let message = format!("`{}` gave no hints: {}", self.task.uid, scrub.scrub(&trouble));
        let mut told = self.event(EventKind::GuestFault, message, json!({"export": "get-hints"}));
        told.severity = Some(innominatus_model::Severity::Warning);
        events.push(told);
        Ok(None)
    }

    async fn wait(
        &self,
        state: State,
        filled: &Json,
        wait: Duration,
        reason: String,
        percent: Option<u8>,
        mut events: Vec<Event>,
    ) -> Result<(), EngineError> {
        let resource = self.cell.get().await;
        let scrub = self.scrubber(&resource, Some(&state)).await?;
        let reason = scrub.scrub(&reason).into_owned();
        scrub_events(&scrub, &mut events);
        events.push(self.event(
            EventKind::ProvisionPending,
            format!("`{}` is not finished yet: {reason}", self.task.uid),
            json!({"percent": percent, "afterMs": millis(wait)}),
        ));
        let prior = self.prior(state, &resource, filled);
        self.cell
            .update(self.driver.engine.ledger(), &events, |resource| {
                resource.status.prior = Some(prior);
                resource.status.made_by = Some(self.task.provisioner.clone());
                settle::waiting(resource, now_ms() + millis(wait), &reason, percent, false);
            })
            .await?;
        Ok(())
    }

    async fn again(
        &self,
        error: LastError,
        partial: Option<Prior>,
        wait: Duration,
        mut events: Vec<Event>,
    ) -> Result<(), EngineError> {
        let resource = self.cell.get().await;
        let scrub = self.scrubber(&resource, partial.as_ref().map(|prior| &prior.state)).await?;
        scrub_events(&scrub, &mut events);
        events.push(self.failure_event(&error));
        events.push(self.event(
            EventKind::RetryScheduled,
            format!("`{}` is tried again in {} ms", self.task.uid, millis(wait)),
            json!({"attempts": resource.status.attempts, "afterMs": millis(wait)}),
        ));
        self.driver.tracker.set(&self.task.step, StepState::Retrying, None, Some(error.clone()));
        self.cell
            .update(self.driver.engine.ledger(), &events, |resource| {
                if partial.is_some() {
                    resource.status.prior = partial;
                    resource.status.made_by = Some(self.task.provisioner.clone());
                }
                settle::waiting(resource, now_ms() + millis(wait), &error.message, None, true);
                resource.status.last_error = Some(error);
            })
            .await?;
        Ok(())
    }

    fn failure_event(&self, error: &LastError) -> Event {
        let code = Code::parse(&error.code).unwrap_or(Code::ProvisionFailed);
        let kind = match code.exit() {
            innominatus_model::ExitClass::Guest => EventKind::GuestFault,
            _ => EventKind::ProvisionFailed,
        };
        let said = error.reason.as_ref().map(|reason| format!("{reason}: ")).unwrap_or_default();
        self.event(
            kind,
            format!("`{}` could not be made: {said}{}", self.task.uid, error.message),
            json!({"code": error.code, "reason": error.reason, "hint": error.hint}),
        )
    }

    /// What was already made is kept for the next try and for removal, even if it is not as promised.
    async fn kept(&self, partial: Option<State>, filled: &Json) -> Result<Option<Prior>, EngineError> {
        let Some(mut state) = partial else { return Ok(None) };
        let label = self.task.provisioner.label();
        let (ledger, scope) = (self.driver.engine.ledger(), &self.driver.plan.scope);
        let admitted = settle::admit(ledger, scope, &label, &self.offer, &mut state, Promise::Kept).await?;
        let resource = self.cell.get().await;
        Ok(admitted.is_ok().then(|| self.prior(state, &resource, filled)))
    }

    async fn give_up(
        &self,
        error: LastError,
        partial: Option<Prior>,
        mut events: Vec<Event>,
    ) -> Result<StepEnded, EngineError> {
        let resource = self.cell.get().await;
        let scrub = self.scrubber(&resource, partial.as_ref().map(|prior| &prior.state)).await?;
        scrub_events(&scrub, &mut events);
        events.push(self.failure_event(&error));
        let run = self.driver.run;
        self.cell
            .update(self.driver.engine.ledger(), &events, |resource| {
                if partial.is_some() {
                    resource.status.prior = partial;
                    resource.status.made_by = Some(self.task.provisioner.clone());
                }
                resource.status.run = Some(run);
                settle::failed(resource, &error);
            })
            .await?;
        Ok(StepEnded::Failed(error))
    }
}

/// What a provisioner is told of a resource.
pub(super) fn target(resource: &Resource, params: Json) -> Target {
    Target {
        scope: resource.scope(),
        application: resource.application.clone(),
        id: resource.id,
        name: resource.name.clone(),
        kind: resource.uid.kind.clone(),
        class: resource.uid.class.clone(),
        workloads: resource.workloads.clone(),
        labels: Vec::new(),
        params,
        generation: resource.generation,
        attempt: resource.status.attempts.max(1),
        prior: resource.status.prior.clone(),
        unsettled: Vec::new(),
    }
}

pub(super) fn scrub_events(scrub: &innominatus_ledger::seal::Scrubber, events: &mut [Event]) {
    for event in events {
        event.message = scrub.scrub(&event.message).into_owned();
        scrub.scrub_json(&mut event.details);
    }
}

pub(super) fn host_error(error: &innominatus_sandbox::HostError) -> EngineError {
    EngineError::refused(error.code(), error.to_string(), error.remedy())
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
