//! What an interruption left goes on; what is old is forgotten.

use std::sync::atomic::Ordering;

use innominatus_ledger::{LedgerError, RunState};
use innominatus_model::{EventKind, Name, RunId, Scope};

use super::RunView;
use crate::clock::now_ms;
use crate::events::{about_run, event};
use crate::{Engine, EngineError};

/// Ended runs, with their plans and files, kept per application.
const RUNS_KEPT: usize = 10;
/// Events beyond those that are kept go once in so many runs and refusals.
const EVENTS_TRIMMED_EVERY: usize = 64;

impl Engine {
    /// Goes on with every run that was interrupted, and forgets the oldest events. Once, at the start.
    /// Returns how many runs go on.
    pub async fn resume(&self) -> Result<usize, EngineError> {
        let ledger = self.ledger();
        let mut resumed = 0;
        for stored in ledger.all_applications().await? {
            let application = stored.value;
            let scope = application.scope();
            for run in ledger.runs(&scope, &application.name).await? {
                if run.value.state != RunState::Running {
                    continue;
                }
                if run.value.plan == application.plan {
                    let plan = ledger.current_plan(&application).await?;
                    self.drive(plan, run.value.id, true);
                    resumed += 1;
                } else {
                    self.supersede(&run).await?;
                }
            }
        }
        let trimmed = ledger.trim_events(self.0.config.events_kept).await?;
        if trimmed > 0 {
            tracing::info!(trimmed, "forgot the oldest events");
        }
        Ok(resumed)
    }

    /// A run that was interrupted and whose plan is no longer in force.
    pub(crate) async fn supersede(
        &self,
        run: &innominatus_ledger::Stored<innominatus_ledger::Run>,
    ) -> Result<(), LedgerError> {
        let mut ended = run.value.clone();
        ended.state = RunState::Superseded;
        ended.ended_ms = Some(now_ms());
        let mut change = self.ledger().change();
        change.put_run(&ended, Some(run));
        let subject = about_run(&ended.application, ended.id);
        change.event(&event(&ended.scope(), EventKind::RunSuperseded, subject, "a newer plan took over"));
        change.commit().await.map(|_| ())
    }

    /// A run and its steps: live ones as they are, ended ones as they ended.
    pub async fn run_view(&self, id: RunId) -> Result<Option<RunView>, EngineError> {
        let read = async || Ok::<_, EngineError>(self.ledger().run(id).await?.map(|stored| stored.value));
        let Some(mut run) = read().await? else { return Ok(None) };
        let live = self.tracker(id);
        if live.is_none() && run.state == RunState::Running {
            // It may just have ended.
            let Some(again) = read().await? else { return Ok(None) };
            run = again;
        }
        let is_interrupted = live.is_none() && run.state == RunState::Running;
        let steps = match live {
            Some(tracker) if run.state == RunState::Running => tracker.steps(),
            _ => run.steps.clone(),
        };
        Ok(Some(RunView { run, is_interrupted, steps }))
    }

    /// Waits for a run to end, at most this long. Returns at once when it is not at work.
    pub async fn wait_run(&self, id: RunId, at_most: std::time::Duration) {
        if let Some(tracker) = self.tracker(id) {
            // Running out of time is an answer too: the caller looks at the run.
            let _ = tokio::time::timeout(at_most, tracker.ended()).await;
        }
    }

    /// Runs at work.
    pub fn runs_at_work(&self) -> usize {
        self.0.trackers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).len()
    }

    /// Runs that were interrupted and that nobody has taken up.
    pub async fn runs_interrupted(&self) -> Result<usize, EngineError> {
        let mut count = 0;
        for stored in self.ledger().all_applications().await? {
            count +=
                usize::from(self.run_view(stored.value.run).await?.is_some_and(|view| view.is_interrupted));
        }
        Ok(count)
    }

    /// Whether a run is at work in this process.
    pub(crate) fn is_at_work(&self, id: RunId) -> bool {
        self.tracker(id).is_some()
    }

    fn tracker(&self, id: RunId) -> Option<std::sync::Arc<super::Tracker>> {
        self.0.trackers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&id).cloned()
    }

    /// Forgets, in the background, what is beyond the kept runs of an application.
    pub(crate) fn forget_old(&self, scope: &Scope, application: &Name) {
        let (engine, scope, application) = (self.clone(), scope.clone(), application.clone());
        self.spawn(async move {
            if let Err(error) = engine.forget(&scope, &application).await {
                tracing::debug!(%error, "old runs are left for the next time");
            }
            engine.trim_in_turn().await;
        });
    }

    /// Forgets the oldest events now and then: all events are looked at for it, so not every time.
    pub(crate) async fn trim_in_turn(&self) {
        if self.0.forgetting.fetch_add(1, Ordering::Relaxed).is_multiple_of(EVENTS_TRIMMED_EVERY)
            && let Err(error) = self.ledger().trim_events(self.0.config.events_kept).await
        {
            tracing::debug!(%error, "old events are left for the next time");
        }
    }

    async fn forget(&self, scope: &Scope, name: &Name) -> Result<(), LedgerError> {
        let ledger = self.ledger();
        let application = ledger.application(scope, name).await?.map(|stored| stored.value);
        let runs = ledger.runs(scope, name).await?;
        let excess = runs.len().saturating_sub(RUNS_KEPT);
        for run in &runs[..excess] {
            let needed = application.as_ref().is_some_and(|application| {
                application.run == run.value.id
                    || application.rendered == Some(run.value.id)
                    || application.plan == run.value.plan
            });
            if needed || run.value.state == RunState::Running {
                continue;
            }
            let mut change = ledger.change();
            change.delete_plan(scope, name, run.value.plan).await?;
            change.delete_run(run).await?;
            change.commit().await?;
        }
        Ok(())
    }
}
