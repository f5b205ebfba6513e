//! What came of a call goes into the resource's record, with the events that tell of it.

use std::time::Duration;

use innominatus_effect::Export;
use innominatus_ledger::{LastError, Resource};
use innominatus_model::{Code, Event, EventKind, ExitClass, Hint, Json, Prior, Severity, State, Unsettled};
use serde_json::json;

use super::{StepEnded, Work, scrub_events};
use crate::EngineError;
use crate::clock::millis;
use crate::run::StepState;
use crate::run::execute::call;
use crate::run::execution::doubt;
use crate::run::settle::{self, Promise};
use crate::world::chain;

impl Work<'_> {
    pub(super) async fn done(
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
        let ending = self.ended.take();
        self.cell
            .update_closing(self.driver.engine.ledger(), &events, ending, |resource| {
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
    pub(super) async fn hints(
        &self,
        resource: &Resource,
        state: &State,
        filled: &Json,
        events: &mut Vec<Event>,
    ) -> Result<Option<Vec<Hint>>, EngineError> {
        let context = self.context();
        let grant = self.entry().await?.grant.clone();
        let trouble = match call(&context, &self.task.provisioner, grant, Export::GetHints).await {
            Ok(prepared) => {
                let mut target = self.target(resource, filled);
                target.prior = Some(self.prior(state.clone(), resource, filled));
                let answer = prepared.component.provisioner(prepared.call).get_hints(&target).await;
                events.extend(prepared.execution.take_lines());
                match answer {
                    Ok(answer) => match answer.value {
                        Ok(hints) => return Ok(Some(hints)),
                        Err(failure) => failure.to_string(),
                    },
                    Err(error) => chain(&error),
                }
            }
            Err(error) if error.ends_one_step() => chain(&error),
            Err(error) => return Err(error),
        };
        let scrub = self.scrubber(resource, Some(state)).await?;
        let message = format!("`{}` gave no hints: {}", self.task.uid, scrub.scrub(&trouble));
        let mut told = self.event(EventKind::GuestFault, message, json!({"export": "get-hints"}));
        told.severity = Some(Severity::Warning);
        events.push(told);
        Ok(None)
    }

    pub(super) async fn wait(
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
        events.extend(self.cell.hear(self.event(
            EventKind::ProvisionPending,
            format!("`{}` is not finished yet: {reason}", self.task.uid),
            json!({"percent": percent, "afterMs": millis(wait)}),
        )));
        let prior = self.prior(state, &resource, filled);
        let ending = self.ended.take();
        self.cell
            .update_closing(self.driver.engine.ledger(), &events, ending, |resource| {
                resource.status.prior = Some(prior);
                resource.status.made_by = Some(self.task.provisioner.clone());
                settle::waiting(resource, wait, &reason, percent, false);
            })
            .await?;
        Ok(())
    }

    pub(super) async fn again(
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
        let ending = self.ended.take();
        self.cell
            .update_closing(self.driver.engine.ledger(), &events, ending, |resource| {
                if partial.is_some() {
                    resource.status.prior = partial;
                    resource.status.made_by = Some(self.task.provisioner.clone());
                }
                settle::waiting(resource, wait, &error.message, None, true);
                resource.status.last_error = Some(error);
            })
            .await?;
        Ok(())
    }

    pub(super) fn failure_event(&self, error: &LastError) -> Event {
        let code = Code::parse(&error.code).unwrap_or(Code::ProvisionFailed);
        let kind = match code.exit() {
            ExitClass::Guest => EventKind::GuestFault,
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
    pub(super) async fn kept(
        &self,
        partial: Option<State>,
        filled: &Json,
    ) -> Result<Option<Prior>, EngineError> {
        let Some(mut state) = partial else { return Ok(None) };
        let label = self.task.provisioner.label();
        let ledger = self.driver.engine.ledger();
        let entry = self.entry().await?;
        let admitted =
            settle::admit(ledger, self.holder(&label), &entry.offer, &mut state, Promise::Kept).await?;
        let resource = self.cell.get().await;
        Ok(admitted.is_ok().then(|| self.prior(state, &resource, filled)))
    }

    pub(super) async fn give_up(
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
        let ending = self.ended.take();
        self.cell
            .update_closing(self.driver.engine.ledger(), &events, ending, |resource| {
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

    /// Leaves it to a person.
    pub(super) async fn doubt(
        &self,
        error: LastError,
        unsettled: &[Unsettled],
        mut events: Vec<Event>,
    ) -> Result<StepEnded, EngineError> {
        let resource = self.cell.get().await;
        let scrub = self.scrubber(&resource, None).await?;
        scrub_events(&scrub, &mut events);
        let (engine, application) = (&self.driver.engine, &self.driver.plan.application);
        doubt(engine, &self.cell, application, &error, unsettled, events).await?;
        Ok(StepEnded::Failed(error))
    }
}
