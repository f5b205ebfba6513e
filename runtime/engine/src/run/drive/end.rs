//! How a run ends, and what is written when it does.

use innominatus_ledger::{Application, Change, LastError, LedgerError, RunState, Stored};
use innominatus_model::{Artifact, EventKind, Phase};
use serde_json::json;

use super::{Driver, FINISH_TRIES};
use crate::EngineError;
use crate::clock::now_ms;
use crate::events::{about_run, event};
use crate::run::{StepState, settle};
use crate::world::chain;

impl Driver {
    /// What was not begun is left out.
    pub(super) fn skip_rest(&self, why: &str) {
        for step in self.tracker.steps() {
            if step.state == StepState::Waiting.as_str() {
                self.tracker.set(&step.name, StepState::Skipped, Some(why.to_owned()), None);
            }
        }
    }

    /// Nobody is at the steps any more, so none of them says so.
    fn close_steps(&self, to: StepState, why: &str, error: Option<&LastError>) {
        self.skip_rest(why);
        for step in self.tracker.steps() {
            let open = [StepState::Running, StepState::Pending, StepState::Retrying];
            if open.iter().any(|state| step.state == state.as_str()) {
                self.tracker.set(&step.name, to, Some(why.to_owned()), error.cloned());
            }
        }
    }

    /// A newer plan took over.
    pub(super) async fn superseded(&self, files: Option<Vec<Artifact>>) -> Result<RunState, EngineError> {
        self.close_steps(StepState::Skipped, "a newer plan took over", None);
        self.finish(RunState::Superseded, None, files).await
    }

    /// A run that our own side could not carry on: it is said, and may be tried again.
    pub(super) async fn interrupted(&self, error: &EngineError) -> RunState {
        let error = settle::host_error(error);
        self.close_steps(StepState::Failed, "the run was interrupted", Some(&error));
        if let Err(error) = self.close_resources(&error).await {
            tracing::warn!(run = %self.run, error = %chain(&error), "what the run was at still says so");
        }
        match Box::pin(self.finish(RunState::Failed, Some(error), None)).await {
            Ok(state) => state,
            Err(error) => {
                tracing::error!(run = %self.run, error = %chain(&error), "the end of a run could not be kept");
                RunState::Running
            }
        }
    }

    /// No provisioner is at work on the resources of an interrupted run, so none of them says so.
    async fn close_resources(&self, error: &LastError) -> Result<(), EngineError> {
        let ledger = self.engine.ledger();
        for stored in ledger.resources(&self.plan.scope, &self.plan.application).await? {
            let status = &stored.value.status;
            let at_work = matches!(status.phase, Phase::Provisioning | Phase::Updating | Phase::Deleting);
            if status.run != Some(self.run) || !at_work {
                continue;
            }
            let mut next = stored.value.clone();
            settle::failed(&mut next, error);
            next.updated_ms = now_ms();
            let mut change = ledger.change();
            change.put_resource(&next, Some(&stored));
            change.commit().await?;
        }
        Ok(())
    }

    /// Writes how the run ended, and with it what it rendered (none when nothing had to be rendered anew; a
    /// golden path that rendered no file is something else: then the application has no files). A newer plan may be accepted at the same moment;
    /// then it is written again, and says nothing of the application any more.
    pub(super) async fn finish(
        &self,
        state: RunState,
        error: Option<LastError>,
        files: Option<Vec<Artifact>>,
    ) -> Result<RunState, EngineError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_finish(state, error.clone(), files.as_deref()).await {
                Err(EngineError::Ledger(LedgerError::Conflict { .. })) if tries < FINISH_TRIES => {}
                result => return result,
            }
        }
    }

    pub(super) async fn try_finish(
        &self,
        state: RunState,
        error: Option<LastError>,
        files: Option<&[Artifact]>,
    ) -> Result<RunState, EngineError> {
        let ledger = self.engine.ledger();
        let gone = || LedgerError::Conflict { what: format!("run {}", self.run) };
        let before = ledger.run(self.run).await?.ok_or_else(gone)?;
        if before.value.state != RunState::Running {
            return Ok(before.value.state);
        }
        let mut run = before.value.clone();
        run.state = state;
        run.ended_ms = Some(now_ms());
        run.steps = self.tracker.steps();
        let (kind, message) = match (state, &error) {
            (RunState::Succeeded, _) => (EventKind::RunSucceeded, "run succeeded".to_owned()),
            (RunState::Superseded, _) => (EventKind::RunSuperseded, "a newer plan took over".to_owned()),
            (_, Some(error)) => (EventKind::RunFailed, format!("run failed: {}", error.message)),
            (_, None) => (EventKind::RunFailed, "run failed".to_owned()),
        };
        run.error = error;
        let mut change = ledger.change();
        if let Some(files) = files.filter(|files| !files.is_empty()) {
            change.put_files(&mut run, files);
            let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
            let mut rendered = event(
                &self.plan.scope,
                EventKind::ArtifactsRendered,
                about_run(&self.plan.application, self.run),
                format!("rendered {}", names.join(", ")),
            );
            rendered.details = json!({"files": names});
            change.event(&rendered);
        }
        change.put_run(&run, Some(&before));
        change.event(&event(&self.plan.scope, kind, about_run(&self.plan.application, self.run), message));
        if let Some(application) = ledger.application(&self.plan.scope, &self.plan.application).await?
            && application.value.plan == self.plan.id
        {
            self.settle_application(&mut change, &application, state, files.is_some());
        }
        change.commit().await?;
        Ok(state)
    }

    pub(super) fn settle_application(
        &self,
        change: &mut Change<'_>,
        application: &Stored<Application>,
        state: RunState,
        rendered: bool,
    ) {
        if application.value.deleting && state == RunState::Succeeded {
            change.delete_application(application);
            let message = format!("application `{}` is gone", self.plan.application);
            let subject = about_run(&self.plan.application, self.run);
            change.event(&event(&self.plan.scope, EventKind::ApplicationDeleted, subject, message));
        } else if rendered {
            let mut next = application.value.clone();
            next.rendered = Some(self.run);
            change.put_application(&next, application);
        }
    }
}
