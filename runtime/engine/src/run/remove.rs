//! The executor of removals: deprovision until nothing is left, then forget.

use std::sync::Arc;
use std::time::Duration;

use innominatus_effect::Export;
use innominatus_ledger::{LastError, Resource};
use innominatus_model::{
    Cause, Code, Coded, Event, EventKind, ExitClass, Json, Phase, Prior, Removal as Answer, State,
};
use innominatus_plan::Removal;
use innominatus_plan::params::Schema;
use innominatus_sandbox::CallError;
use serde_json::json;

use super::drive::{Driver, StepEnded};
use super::execute::{Context, call};
use super::fill::{FillError, Filler};
use super::provision::{scrub_events, target};
use super::settle::{self, Promise};
use super::tracker::removal_step;
use super::{Cell, StepState};
use crate::EngineError;
use crate::events::{about_resource, event};

enum Turn {
    Gone,
    Wait { state: State, wait: Duration, reason: String },
    Failed { error: LastError, retryable: bool, after: Option<Duration>, partial: Option<State> },
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
    let work =
        Work { driver, removal, cell: Arc::new(Cell::new(stored)), step: removal_step(removal.resource) };
    work.run().await
}

struct Work<'a> {
    driver: &'a Driver,
    removal: &'a Removal,
    cell: Arc<Cell>,
    step: String,
}

impl Work<'_> {
    async fn run(&self) -> Result<StepEnded, EngineError> {
        let engine = &self.driver.engine;
        // No component was ever asked to make it, so there is nothing to take away.
        if self.cell.get().await.maker().is_none() {
            return self.gone(Vec::new()).await;
        }
        loop {
            if let Some(waiting) = self.cell.get().await.status.waiting {
                let state = if waiting.retry { StepState::Retrying } else { StepState::Pending };
                self.driver.tracker.set(&self.step, state, Some(waiting.reason.clone()), None);
                if !self.driver.sleep(settle::left(&waiting, &engine.0.config)).await {
                    return Err(EngineError::Stopping);
                }
                // The newer plan removes it, or wants it back.
                if self.driver.is_superseded().await? {
                    return Ok(StepEnded::Superseded);
                }
            }
            if engine.is_stopping() {
                return Err(EngineError::Stopping);
            }
            self.driver.tracker.set(&self.step, StepState::Running, None, None);
            let (turn, mut events) = match self.turn().await {
                Err(error) if error.ends_one_step() => (hosts(&error), Vec::new()),
                turn => turn?,
            };
            let resource = self.cell.get().await;
            let scrub = settle::scrubber(engine.ledger(), &self.driver.plan.scope, &resource, None).await?;
            scrub_events(&scrub, &mut events);
            match turn {
                Turn::Gone => return self.gone(events).await,
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
        let resource = self
            .cell
            .update(engine.ledger(), &events, |resource| {
                settle::working(resource, Phase::Deleting, "a provisioner is removing it");
                resource.deleting = true;
                resource.status.attempts = attempt;
                resource.status.run = Some(run);
            })
            .await?;
        let entry = self.driver.entry(&self.removal.provisioner, &self.removal.uid.class).await?;
        let params = match &resource.status.prior {
            Some(prior) => prior.params.clone(),
            None => self.params(&resource, &entry.schema).await?,
        };
        let context = Context {
            engine: engine.clone(),
            scope: self.driver.plan.scope.clone(),
            application: self.driver.plan.application.clone(),
            run: Some(run),
            resource: Some(self.removal.resource),
            cell: Some(self.cell.clone()),
            prior: Some((self.removal.provisioner.version.to_string(), resource.generation, params.clone())),
        };
        let prepared =
            call(&context, &self.removal.provisioner, entry.grant.clone(), Export::Deprovision).await?;
        let answer =
            prepared.component.provisioner(prepared.call).deprovision(&target(&resource, params)).await;
        let lines = prepared.execution.take_lines();
        let scrub = settle::scrubber(engine.ledger(), &self.driver.plan.scope, &resource, None).await?;
        let turn = match answer {
            Ok(answer) => match answer.value {
                Ok(Answer::Gone) => Turn::Gone,
                Ok(Answer::Pending(pending)) => Turn::Wait {
                    wait: Duration::from_millis(pending.after_ms).min(engine.0.config.pending_cap),
                    reason: pending.reason,
                    state: pending.state,
                },
                Err(failure) => Turn::Failed {
                    error: settle::failure_error(Code::DeprovisionFailed, &failure, &scrub),
                    retryable: failure.cause.is_retryable(),
                    after: match failure.cause {
                        Cause::Transient(after) => after.map(Duration::from_millis),
                        _ => None,
                    },
                    partial: failure.partial,
                },
            },
            Err(error @ CallError::Fault { .. }) => Turn::Failed {
                error: settle::call_error(&error, &scrub),
                retryable: attempt < 3,
                after: None,
                partial: None,
            },
            Err(CallError::Host(error)) => hosts(&prepared.execution.trouble(&error)?),
        };
        Ok((turn, lines))
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
                let scope = &self.driver.plan.scope;
                let entry = self.driver.entry(&self.removal.provisioner, &self.removal.uid.class).await?;
                let admitted =
                    settle::admit(ledger, scope, &label, &entry.offer, &mut state, Promise::Kept).await?;
                admitted.is_ok().then_some(state)
            }
            None => None,
        };
        self.cell
            .update(ledger, &events, |resource| {
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

    /// The record goes last: should the runtime stop before, removal is simply done again.
    async fn gone(&self, mut events: Vec<Event>) -> Result<StepEnded, EngineError> {
        let ledger = self.driver.engine.ledger();
        ledger.forget_secrets(&self.driver.plan.scope, self.removal.resource).await?;
        events.push(self.event(
            EventKind::DeprovisionSucceeded,
            format!("`{}` is gone", self.removal.uid),
            json!({}),
        ));
        let stored = self.cell.stored().await;
        let mut change = ledger.change();
        change.delete_resource(&stored);
        for event in events.iter().rev().take(64).rev() {
            change.event(event);
        }
        change.commit().await?;
        Ok(StepEnded::Succeeded)
    }
}
