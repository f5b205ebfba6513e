//! The executor of provisioner steps: call, wait, try again, give up; every turn is in the record first.

mod keep;
mod prepare;
mod turn;
mod upgrade;

use std::sync::Arc;
use std::time::Duration;

use innominatus_effect::Export;
use innominatus_ledger::{Holder, LastError, LedgerError, Resource};
use innominatus_model::{Code, Event, EventKind, Json, Kind, Phase, Prior, State, Target, Unsettled};
use innominatus_plan::Task;

use super::drive::{Driver, Entry, StepEnded};
use super::execute::Context;
use super::execution::{self, Ended};
use super::settle;
use super::{Cell, StepState};
use crate::EngineError;
use crate::events::{about_resource, event};
use crate::places::Place;

/// Faults are tried again too, but a guest that breaks three times breaks always.
pub(super) const FAULT_ATTEMPTS: u32 = 3;

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
    /// Nobody knows whether a write happened, or the component did not do the same twice.
    Doubt {
        error: LastError,
        unsettled: Vec<Unsettled>,
    },
}

/// Carries out one provisioner step.
pub(super) async fn provision(driver: &Driver, task: &Task) -> Result<StepEnded, EngineError> {
    let ledger = driver.engine.ledger();
    let stored = ledger
        .resource(task.resource)
        .await?
        .ok_or_else(|| LedgerError::Conflict { what: format!("resource {}", task.resource) })?;
    let work = Work { driver, task, cell: Arc::new(Cell::new(stored)), ended: Ended::default() };
    match Box::pin(work.run()).await {
        Err(error) if error.ends_one_step() => {
            work.give_up(settle::host_error(&error), None, Vec::new()).await
        }
        ended => ended,
    }
}

struct Work<'a> {
    driver: &'a Driver,
    task: &'a Task,
    cell: Arc<Cell>,
    /// The execution whose component has answered: whatever is written next closes it.
    ended: Ended,
}

impl Work<'_> {
    pub(super) async fn run(&self) -> Result<StepEnded, EngineError> {
        if let Some(error) = self.made_by_another().await {
            return self.give_up(error, None, Vec::new()).await;
        }
        let filled = match self.fill().await? {
            Ok(filled) => filled,
            Err(error) => return self.give_up(error, None, Vec::new()).await,
        };
        if let Some(ended) = Box::pin(self.finish_open(&filled)).await? {
            return Ok(ended);
        }
        // Held while there is work; who waits for another try keeps nobody else from working.
        let mut place = Some(self.place().await?);
        // It may have waited long for its turn.
        if self.driver.is_superseded().await? {
            return Ok(StepEnded::Superseded);
        }
        let resource = self.cell.get().await;
        let same = resource.status.prior.as_ref().is_some_and(|prior| prior.params == filled);
        // Whatever is asked for differently became unsettled when the plan was written into its record: what is
        // settled now was finished by this run, before it was interrupted, or did not have to change.
        if resource.is_settled() && same {
            return Ok(StepEnded::Unchanged);
        }
        if let Some(ended) = self.take_over().await? {
            return Ok(ended);
        }
        if let Some(ended) = self.validate(&filled).await? {
            return Ok(ended);
        }
        let mut rounds = 0;
        loop {
            if let Some(waiting) = self.cell.get().await.status.waiting {
                let state = if waiting.retry { StepState::Retrying } else { StepState::Pending };
                self.driver.tracker.set(&self.task.step, state, Some(waiting.reason.clone()), None);
                drop(place.take());
                let wait = settle::left(&waiting, &self.driver.engine.0.config);
                if !self.driver.sleep(wait).await {
                    return Err(EngineError::Stopping);
                }
                if self.driver.is_superseded().await? {
                    return Ok(StepEnded::Superseded);
                }
            }
            if place.is_none() {
                place = Some(self.place().await?);
            }
            if self.driver.engine.is_stopping() {
                return Err(EngineError::Stopping);
            }
            self.driver.tracker.set(&self.task.step, StepState::Running, None, None);
            let (turn, lines) = Box::pin(self.turn(&filled)).await?;
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
                            let wait = settle::retry_wait(wait, after, &self.driver.engine.0.config);
                            self.again(error, partial, wait, lines).await?;
                        }
                        None => return self.give_up(error, partial, lines).await,
                    }
                }
                Turn::GiveUp { error, partial } => {
                    let partial = self.kept(partial, &filled).await?;
                    return self.give_up(error, partial, lines).await;
                }
                Turn::Doubt { error, unsettled } => return self.doubt(error, &unsettled, lines).await,
            }
        }
    }

    /// The plan was made when nobody had begun the resource; a run that it superseded did begin it, by another
    /// provisioner. What that made is not this one's to change; the next plan replaces it.
    async fn made_by_another(&self) -> Option<LastError> {
        let resource = self.cell.get().await;
        let (by, label) = (resource.maker()?.label(), self.task.provisioner.label());
        (by != label).then(|| {
            settle::plain_error(
                Code::PlanStale,
                format!("it was begun by `{by}` meanwhile, and `{label}` cannot go on with it"),
                Some(format!("run the same command again to have `{label}` make it anew")),
            )
        })
    }

    /// An execution that did not end: one of this very wish goes on in its turn, one of another wish goes on to its
    /// end now, and one that waits for a person keeps everything waiting.
    async fn finish_open(&self, filled: &Json) -> Result<Option<StepEnded>, EngineError> {
        let resource = self.cell.get().await;
        let Some(open) = resource.status.execution else { return Ok(None) };
        if resource.status.phase == Phase::InDoubt {
            let error = resource.status.last_error.clone();
            let error = error
                .unwrap_or_else(|| settle::plain_error(Code::InDoubt, "a write of it is in doubt", None));
            return Ok(Some(StepEnded::Failed(error)));
        }
        let ledger = self.driver.engine.ledger();
        let act = ledger.execution(&resource.scope(), resource.id, open).await?;
        if act.is_some_and(|act| self.is_of_this_wish(&act.value, &resource, filled)) {
            return Ok(None);
        }
        let context = self.context();
        let error = execution::finish(self.driver, &context, &self.cell, &self.task.provisioner).await?;
        Ok(error.map(StepEnded::Failed))
    }

    async fn entry(&self) -> Result<Arc<Entry>, EngineError> {
        self.driver.entry(&self.task.provisioner, self.task.class()).await
    }

    fn is_of_this_wish(
        &self,
        act: &innominatus_ledger::Execution,
        resource: &Resource,
        filled: &Json,
    ) -> bool {
        act.export == Export::Provision
            && act.component.component == self.task.provisioner.component
            && act.target.generation == resource.generation
            && act.target.params == *filled
    }

    async fn place(&self) -> Result<Place, EngineError> {
        self.driver.place(&self.task.provisioner.platform).await
    }

    pub(super) fn kind(&self) -> &Kind {
        self.task.kind()
    }

    pub(super) fn event(&self, kind: EventKind, message: String, details: Json) -> Event {
        let subject =
            about_resource(&self.driver.plan.application, self.task.resource, Some(self.driver.run));
        let mut event = event(&self.driver.plan.scope, kind, subject, message);
        event.details = details;
        event
    }

    pub(super) fn context(&self) -> Context {
        Context {
            engine: self.driver.engine.clone(),
            scope: self.driver.plan.scope.clone(),
            application: self.driver.plan.application.clone(),
            run: Some(self.driver.run),
            resource: Some(self.task.resource),
            cell: Some(self.cell.clone()),
        }
    }

    /// Whose tokens stand in what the component says.
    pub(super) fn holder<'h>(&'h self, component: &'h str) -> Holder<'h> {
        Holder { scope: &self.driver.plan.scope, application: &self.driver.plan.application, component }
    }

    pub(super) fn version(&self) -> String {
        self.task.provisioner.version.to_string()
    }

    pub(super) fn target(&self, resource: &Resource, filled: &Json) -> Target {
        target(resource, filled.clone())
    }

    pub(super) async fn scrubber(
        &self,
        resource: &Resource,
        state: Option<&State>,
    ) -> Result<innominatus_ledger::seal::Scrubber, LedgerError> {
        settle::scrubber(self.driver.engine.ledger(), &self.driver.plan.scope, resource, state).await
    }

    pub(super) fn prior(&self, state: State, resource: &Resource, filled: &Json) -> Prior {
        Prior { state, version: self.version(), generation: resource.generation, params: filled.clone() }
    }
}

/// The identity in the application, and what the file says under `annotations`; a prefix keeps them apart.
fn labels(resource: &Resource) -> Vec<(String, String)> {
    let uid = ("uid".to_owned(), resource.uid.to_string());
    let annotations =
        resource.annotations.iter().map(|(key, value)| (format!("annotation/{key}"), value.clone()));
    std::iter::once(uid).chain(annotations).collect()
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
        labels: labels(resource),
        params,
        generation: resource.generation,
        attempt: resource.status.attempts.max(1),
        prior: resource.status.prior.clone(),
        unsettled: resource.status.unsettled.clone(),
    }
}

pub(crate) fn scrub_events(scrub: &innominatus_ledger::seal::Scrubber, events: &mut [Event]) {
    for event in events {
        event.message = scrub.scrub(&event.message).into_owned();
        scrub.scrub_json(&mut event.details);
    }
}
