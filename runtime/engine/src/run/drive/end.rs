//! How a run ends, and what is written when it does.

use innominatus_ledger::{Application, Change, LastError, LedgerError, RunState, Stored};
use innominatus_model::{Artifact, Coded, EventKind};
use serde_json::json;

use super::{Driver, FINISH_TRIES};
use crate::EngineError;
use crate::clock::now_ms;
use crate::events::{about_run, event};
use crate::run::{StepState, settle};
use crate::world::chain;

impl Driver {
    pub(super) fn skip_rest(&self) {
        for step in self.tracker.steps() {
            if step.state == StepState::Waiting.as_str() {
                self.tracker.set(&step.name, StepState::Skipped, Some("the run failed before".into()), None);
            }
        }
    }

    /// A run that our own side could not carry on: it is said, and may be tried again.
    pub(super) async fn interrupted(&self, error: &EngineError) -> RunState {
        let error = settle::plain_error(error.code(), chain(error), error.remedy());
        match Box::pin(self.finish(RunState::Failed, Some(error), None)).await {
            Ok(state) => state,
            Err(error) => {
                tracing::error!(run = %self.run, error = %chain(&error), "the end of a run could not be kept");
                RunState::Running
            }
        }
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
