//! The executor of removals: deprovision until nothing is left, then forget.

use std::sync::Arc;
use std::time::Duration;

use innominatus_effect::Export;
use innominatus_ledger::{Execution, Holder, LastError, LedgerError, Resource, Stored};
use innominatus_model::{
    Cause, Code, Coded, Event, EventKind, ExitClass, Json, Phase, Prior, Removal as Answer, State, Unsettled,
    Verb,
};
use innominatus_plan::params::Schema;
use innominatus_plan::{Plan, Removal};
use serde_json::json;

use super::drive::{Driver, Entry, StepEnded};
use super::execute::Context;
use super::execution::{
    self, Begin, Ended, NoAnswer, Performed, doubt, doubtful, goes_on_error, in_doubt_error,
};
use super::fill::{FillError, Filler};
use super::provision::{FAULT_ATTEMPTS, scrub_events, target};
use super::settle::{self, Promise};
use super::tracker::removal_step;
use super::{Cell, StepState};
use crate::EngineError;
use crate::events::{about_resource, event};

enum Turn {
    Gone,
    Wait { state: State, wait: Duration, reason: String },
    Failed { error: LastError, retryable: bool, after: Option<Duration>, partial: Option<State> },
    Doubt { error: LastError, unsettled: Vec<Unsettled> },
}

/// The host could not do its part.
fn hosts(error: &EngineError) -> Turn {
    Turn::Failed {
        retryable: error.code().exit() == ExitClass::Transient,
        error: settle::host_error(error),
        after: None,
        partial: None,
    }
}

/// Removes one resource. One that is not there any more is removed already.
pub(super) async fn remove(driver: &Driver, removal: &Removal) -> Result<StepEnded, EngineError> {
    let ledger = driver.engine.ledger();
    let Some(stored) = ledger.resource(removal.resource).await? else { return Ok(StepEnded::Unchanged) };
    let work = Work {
        driver,
        removal,
        cell: Arc::new(Cell::new(stored)),
        step: removal_step(removal.resource),
        ended: Ended::default(),
    };
    Box::pin(work.run()).await
}

struct Work<'a> {
    driver: &'a Driver,
    removal: &'a Removal,
    cell: Arc<Cell>,
    step: String,
    ended: Ended,
}

impl Work<'_> {
    async fn run(&self) -> Result<StepEnded, EngineError> {
        let engine = &self.driver.engine;
        // No component was ever asked to make it, so there is nothing to take away.
        if self.cell.get().await.maker().is_none() {
            return self.gone(Vec::new()).await;
        }
        if let Some(ended) = Box::pin(self.finish_open()).await? {
            return Ok(ended);
        }
        // Nor is there where nothing ever left that could have made anything: the component may not even look any more.
        let resource = self.cell.get().await;
        let Resource { status, .. } = &resource;
        if status.prior.is_none() && status.execution.is_none() && !status.wrote {
            return self.gone(Vec::new()).await;
        }
        // Held while there is work, as by those that make.
        let mut place = None;
        loop {
            if let Some(waiting) = self.cell.get().await.status.waiting {
                let state = if waiting.retry { StepState::Retrying } else { StepState::Pending };
                self.driver.tracker.set(&self.step, state, Some(waiting.reason.clone()), None);
                drop(place.take());
                if !self.driver.sleep(settle::left(&waiting, &engine.0.config)).await {
                    return Err(EngineError::Stopping);
                }
                // The newer plan removes it, or wants it back.
                if self.driver.is_superseded().await? {
                    return Ok(StepEnded::Superseded);
                }
            }
            if place.is_none() {
                place = Some(self.driver.place(&self.removal.provisioner.platform).await?);
            }
            if engine.is_stopping() {
                return Err(EngineError::Stopping);
            }
            self.driver.tracker.set(&self.step, StepState::Running, None, None);
            let (turn, mut events) = match Box::pin(self.turn()).await {
                Err(error) if error.ends_one_step() => (hosts(&error), Vec::new()),
                turn => turn?,
            };
            let resource = self.cell.get().await;
            let scrub = settle::scrubber(engine.ledger(), &self.driver.plan.scope, &resource, None).await?;
            scrub_events(&scrub, &mut events);
            match turn {
                Turn::Gone => {
                    self.nothing_left(events).await?;
                    return self.gone(Vec::new()).await;
                }
                Turn::Doubt { error, unsettled } => {
                    let application = &self.driver.plan.application;
                    doubt(engine, &self.cell, application, &error, &unsettled, events).await?;
                    return Ok(StepEnded::Failed(error));
                }
                Turn::Wait { state, wait, reason } => {
                    let reason = scrub.scrub(&reason).into_owned();
                    self.keep(Some(state), events, |resource| {
                        settle::waiting(resource, wait, &reason, None, false);
                    })
                    .await?;
                }
                Turn::Failed { error, retryable, after, partial } => {
                    events.push(self.event(
                        EventKind::DeprovisionFailed,
                        format!("`{}` could not be removed: {}", self.removal.uid, error.message),
                        json!({"code": error.code, "reason": error.reason, "hint": error.hint}),
                    ));
                    let wait = engine.0.backoff.after(resource.status.attempts).filter(|_| retryable);
                    match wait {
                        Some(wait) => {
                            let wait = settle::retry_wait(wait, after, &engine.0.config);
                            self.keep(partial, events, |resource| {
                                settle::waiting(resource, wait, &error.message, None, true);
                                resource.status.last_error = Some(error.clone());
                            })
                            .await?;
                        }
                        None => {
                            self.keep(partial, events, |resource| settle::failed(resource, &error)).await?;
                            return Ok(StepEnded::Failed(error));
                        }
                    }
                }
            }
        }
    }

    fn event(&self, kind: EventKind, message: String, details: Json) -> Event {
        let subject =
            about_resource(&self.driver.plan.application, self.removal.resource, Some(self.driver.run));
        let mut event = event(&self.driver.plan.scope, kind, subject, message);
        event.details = details;
        event
    }

    async fn turn(&self) -> Result<(Turn, Vec<Event>), EngineError> {
        let engine = &self.driver.engine;
        let run = self.driver.run;
        let before = self.cell.get().await;
        let going_on = before.status.waiting.as_ref().is_some_and(|waiting| !waiting.retry);
        let fresh = before.status.run != Some(run);
        let attempt = if fresh { 1 } else { before.status.attempts + u32::from(!going_on) }.max(1);
        let started = self.event(
            EventKind::DeprovisionStarted,
            format!("`{}` is being removed by {}", self.removal.uid, self.removal.provisioner.label()),
            json!({"attempt": attempt}),
        );
        let events = if going_on { Vec::new() } else { vec![started] };
        let edit = |resource: &mut Resource| {
            settle::working(resource, Phase::Deleting, "a provisioner is removing it");
            resource.deleting = true;
            resource.status.attempts = attempt;
            resource.status.run = Some(run);
        };
        let entry = self.driver.entry(&self.removal.provisioner, &self.removal.uid.class).await?;
        let params = match &before.status.prior {
            Some(prior) => prior.params.clone(),
            None => self.params(&before, &entry.schema).await?,
        };
        let context = self.context();
        let open = match before.status.execution {
            Some(id) => engine.ledger().execution(&before.scope(), before.id, id).await?,
            None => None,
        };
        let act = match open {
            Some(act) => {
                self.cell.update(engine.ledger(), &events, edit).await?;
                act
            }
            None => {
                let component = &self.removal.provisioner;
                let what = Begin { context: &context, component, export: Export::Deprovision };
                let target = |resource: &Resource| target(resource, params);
                execution::begin(what, &self.cell, &events, edit, target).await?
            }
        };
        let asked = &act.value.target;
        let performed = execution::perform(&context, &act.value, &entry, async |component, call| {
            component.provisioner(call).deprovision(asked).await
        })
        .await?;
        let Performed { answer, unsettled, denials, lines } = performed;
        let settles = entry.offer.verbs.contains(&Verb::Settle);
        let resource = self.cell.get().await;
        let scrub = settle::scrubber(engine.ledger(), &self.driver.plan.scope, &resource, None).await?;
        let turn = match answer {
            Ok(answer) => match answer.value {
                Ok(Answer::Gone) => {
                    self.ended.put(act, "gone", Vec::new());
                    Turn::Gone
                }
                Ok(Answer::Pending(pending)) => {
                    self.ended.put(act, "pending", Vec::new());
                    Turn::Wait {
                        wait: Duration::from_millis(pending.after_ms).min(engine.0.config.pending_cap),
                        reason: pending.reason,
                        state: pending.state,
                    }
                }
                Err(_) if !doubtful(&unsettled).is_empty() && !settles => {
                    let unsettled = doubtful(&unsettled);
                    let error =
                        in_doubt_error(self.removal.resource, &self.removal.provisioner.label(), &unsettled);
                    Turn::Doubt { error, unsettled }
                }
                Err(failure) => {
                    let is_open = !unsettled.is_empty();
                    let says = (settles, self.is_kept(&entry, failure.partial.as_ref()).await?);
                    let made = execution::refused(engine, act, says, unsettled, &self.ended).await?;
                    let error = settle::failure_error(Code::DeprovisionFailed, &failure, &denials, &scrub);
                    Turn::Failed {
                        error: goes_on_error(self.removal.resource, error, &made),
                        retryable: failure.cause.is_retryable() || is_open,
                        after: match failure.cause {
                            Cause::Transient(after) => after.map(Duration::from_millis),
                            _ => None,
                        },
                        partial: failure.partial,
                    }
                }
            },
            Err(NoAnswer::Fault(error)) => {
                let error = settle::call_error(&error, &scrub);
                self.broken(act, attempt, settles, error).await?
            }
            Err(NoAnswer::Diverged(error)) => Turn::Doubt { error, unsettled },
            Err(NoAnswer::Host(error)) => hosts(&error),
        };
        Ok((turn, lines))
    }

    /// The component broke; as when it provisions.
    async fn broken(
        &self,
        act: Stored<Execution>,
        attempt: u32,
        settles: bool,
        error: LastError,
    ) -> Result<Turn, EngineError> {
        let engine = &self.driver.engine;
        let retryable = attempt < FAULT_ATTEMPTS && engine.0.backoff.after(attempt).is_some();
        if !retryable
            && let Some((error, unsettled)) = execution::broken(engine, act, settles, &self.ended).await?
        {
            return Ok(Turn::Doubt { error, unsettled });
        }
        Ok(Turn::Failed { error, retryable, after: None, partial: None })
    }

    fn context(&self) -> Context {
        Context {
            engine: self.driver.engine.clone(),
            scope: self.driver.plan.scope.clone(),
            application: self.driver.plan.application.clone(),
            run: Some(self.driver.run),
            resource: Some(self.removal.resource),
            cell: Some(self.cell.clone()),
        }
    }

    /// What did not end: a removal goes on in its turn, what was being made to its end, so that all is known and removed.
    async fn finish_open(&self) -> Result<Option<StepEnded>, EngineError> {
        let resource = self.cell.get().await;
        let Some(open) = resource.status.execution else { return Ok(None) };
        if resource.status.phase == Phase::InDoubt {
            let error = resource.status.last_error.clone();
            let error = error
                .unwrap_or_else(|| settle::plain_error(Code::InDoubt, "a write of it is in doubt", None));
            return Ok(Some(StepEnded::Failed(error)));
        }
        let act = self.driver.engine.ledger().execution(&resource.scope(), resource.id, open).await?;
        let goes_on = |act: Stored<Execution>| {
            act.value.export == Export::Deprovision
                && act.value.component.component == self.removal.provisioner.component
        };
        if act.is_some_and(goes_on) {
            return Ok(None);
        }
        let context = self.context();
        let error = execution::finish(self.driver, &context, &self.cell, &self.removal.provisioner).await?;
        Ok(error.map(StepEnded::Failed))
    }

    /// The params of a resource whose making was interrupted before anything was said of it. What they refer to
    /// is removed later, so it is still there; should it not be, the component sees what can be said without it.
    async fn params(&self, resource: &Resource, schema: &Json) -> Result<Json, EngineError> {
        let component = self.removal.provisioner.label();
        let filler = Filler {
            ledger: self.driver.engine.ledger(),
            scope: &self.driver.plan.scope,
            request: &self.driver.plan.request,
            component: &component,
        };
        match filler.fill(&resource.params, &resource.owner, &resource.references).await {
            Ok(filled) => {
                Ok(Schema::new(schema)
                    .map_or_else(|_| filled.clone(), |schema| schema.with_defaults(&filled)))
            }
            Err(FillError::Ledger(error)) => Err(error.into()),
            Err(FillError::Missing(_)) => Ok(json!({})),
        }
    }

    /// Whether what it says exists is kept.
    async fn is_kept(&self, entry: &Entry, partial: Option<&State>) -> Result<bool, LedgerError> {
        let Some(state) = partial else { return Ok(false) };
        let label = self.removal.provisioner.label();
        let Plan { scope, application, .. } = &*self.driver.plan;
        let holder = Holder { scope, application, component: &label };
        settle::is_kept(self.driver.engine.ledger(), holder, &entry.offer, state).await
    }

    /// Writes a turn that is not the last one; a newer state replaces the one before.
    async fn keep(
        &self,
        state: Option<State>,
        events: Vec<Event>,
        edit: impl FnOnce(&mut Resource),
    ) -> Result<(), EngineError> {
        let ledger = self.driver.engine.ledger();
        let label = self.removal.provisioner.label();
        let admitted = match state {
            Some(mut state) => {
                let Plan { scope, application, .. } = &*self.driver.plan;
                let holder = Holder { scope, application, component: &label };
                let entry = self.driver.entry(&self.removal.provisioner, &self.removal.uid.class).await?;
                let admitted = settle::admit(ledger, holder, &entry.offer, &mut state, Promise::Kept).await?;
                admitted.is_ok().then_some(state)
            }
            None => None,
        };
        let ending = self.ended.take();
        self.cell
            .update_closing(ledger, &events, ending, |resource| {
                if let Some(state) = admitted {
                    let params =
                        resource.status.prior.as_ref().map_or(Json::Null, |prior| prior.params.clone());
                    let version = self.removal.provisioner.version.to_string();
                    resource.status.prior =
                        Some(Prior { state, version, generation: resource.generation, params });
                }
                edit(resource);
            })
            .await?;
        Ok(())
    }

    /// The component has said so, and is not asked again: while its journal and its secrets are being forgotten, it
    /// could not say the same once more.
    async fn nothing_left(&self, events: Vec<Event>) -> Result<(), EngineError> {
        self.keep(None, events, |resource| {
            resource.status.prior = None;
            resource.status.made_by = None;
            resource.status.run = None;
        })
        .await
    }

    /// The record goes last: should the runtime stop before, it is forgotten again.
    async fn gone(&self, mut events: Vec<Event>) -> Result<StepEnded, EngineError> {
        let ledger = self.driver.engine.ledger();
        ledger.forget_secrets(&self.driver.plan.scope, self.removal.resource).await?;
        ledger.forget_executions(&self.driver.plan.scope, self.removal.resource, true).await?;
        events.push(self.event(
            EventKind::DeprovisionSucceeded,
            format!("`{}` is gone", self.removal.uid),
            json!({}),
        ));
        self.cell.delete(ledger, &events).await?;
        Ok(StepEnded::Succeeded)
    }
}
