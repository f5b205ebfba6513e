//! The order of things in a run: steps when what comes before them is done, renders, removals, the end.

mod end;
mod steps;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use innominatus_ledger::{LastError, LedgerError, RunState};
use innominatus_model::{Class, Code, EventKind, Grant, Json, Name, Offer, RunId};
use innominatus_plan::{ComponentRef, Plan};
use serde_json::json;

use super::{Tracker, materialise};
use crate::events::{about_run, event};
use crate::places::Place;
use crate::world::chain;
use crate::{Engine, EngineError};

/// Plans may be accepted while a run ends; nobody is that fast so often.
const FINISH_TRIES: usize = 16;

/// How a step ended.
#[derive(Debug)]
pub(super) enum StepEnded {
    Succeeded,
    Unchanged,
    Failed(LastError),
    /// A newer plan took over.
    Superseded,
}

/// What the ledger knows of a provisioner, for resources of one class.
pub(super) struct Entry {
    pub(super) offer: Offer,
    pub(super) grant: Grant,
    pub(super) schema: Json,
}

/// One run at work.
pub(super) struct Driver {
    pub(super) engine: Engine,
    pub(super) plan: Arc<Plan>,
    pub(super) run: RunId,
    pub(super) tracker: Arc<Tracker>,
    entries: Mutex<HashMap<(ComponentRef, Class), Arc<Entry>>>,
}

impl Engine {
    /// Begins (or goes on with) a run in the background. Whoever is at it already does not wait any longer for what it
    /// waits for: the other side may have asked for a day.
    pub(crate) fn drive(&self, plan: Plan, run: RunId, resumed: bool) {
        let tracker = Arc::new(Tracker::new(&plan));
        {
            let mut trackers = self.0.trackers.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at_it) = trackers.get(&run) {
                at_it.hurry();
                return;
            }
            tracker.wake(trackers.values());
            trackers.insert(run, tracker.clone());
        }
        let driver =
            Driver { engine: self.clone(), plan: Arc::new(plan), run, tracker, entries: Mutex::default() };
        let engine = self.clone();
        self.spawn(async move {
            let lock = engine.application_lock(&driver.plan.scope, &driver.plan.application);
            let held = lock.lock().await;
            let state = match driver.carry_out(resumed).await {
                Ok(state) => state,
                // Unfinished, and so it goes on at the next start.
                Err(EngineError::Stopping) => RunState::Running,
                Err(error) => {
                    tracing::error!(run = %driver.run, error = %chain(&error), "a run was interrupted");
                    driver.interrupted(&error).await
                }
            };
            drop(held);
            // Off the list first: whoever waited for the end finds it ended.
            engine.0.trackers.lock().unwrap_or_else(PoisonError::into_inner).remove(&driver.run);
            driver.tracker.end(state);
        });
    }
}

impl Driver {
    pub(super) async fn carry_out(&self, resumed: bool) -> Result<RunState, EngineError> {
        if self.engine.is_stopping() {
            return Err(EngineError::Stopping);
        }
        // Whoever had it driven may have looked before it ended.
        match self.engine.ledger().run(self.run).await? {
            Some(run) if run.value.state == RunState::Running => {}
            Some(run) => return Ok(run.value.state),
            None => return Ok(RunState::Superseded),
        }
        if self.is_superseded().await? {
            return self.superseded(None).await;
        }
        self.began(resumed).await?;
        materialise::materialise(&self.engine, &self.plan, self.run).await?;
        let outcome = self.tasks().await?;
        if outcome.superseded {
            return self.superseded(None).await;
        }
        if let Some(error) = outcome.failed {
            self.skip_rest("the run failed before");
            return self.finish(RunState::Failed, Some(error), None).await;
        }
        let mut files = None;
        if self.plan.render || outcome.changed {
            match self.renders().await? {
                Ok(rendered) => files = Some(rendered),
                Err(error) => {
                    self.skip_rest("the run failed before");
                    return self.finish(RunState::Failed, Some(error), None).await;
                }
            }
        }
        let removed = self.removals().await?;
        match removed.failed {
            _ if removed.superseded => self.superseded(files).await,
            Some(error) => self.finish(RunState::Failed, Some(error), files).await,
            None => self.finish(RunState::Succeeded, None, files).await,
        }
    }

    pub(super) async fn began(&self, resumed: bool) -> Result<(), LedgerError> {
        let (kind, verb) =
            if resumed { (EventKind::RunResumed, "goes on") } else { (EventKind::RunStarted, "began") };
        let mut change = self.engine.ledger().change();
        let counts = self.plan.counts();
        let mut started =
            event(&self.plan.scope, kind, about_run(&self.plan.application, self.run), format!("run {verb}"));
        started.details = json!({"plan": self.plan.id.to_string(), "generation": self.plan.generation,
            "create": counts.create, "update": counts.update, "resume": counts.resume, "delete": counts.remove});
        change.event(&started);
        change.commit().await.map(|_| ())
    }

    /// Waits, but not longer than the plan is in force, or until somebody asks for the same again. Says no when the
    /// runtime stops.
    pub(super) async fn sleep(&self, duration: std::time::Duration) -> bool {
        let whole = self.engine.sleep(duration);
        tokio::pin!(whole);
        let (mut others, mut hurries) = (self.tracker.others(), self.tracker.hurries());
        // Looked at again each time: also an older run wakes this one, when it is taken up to be ended.
        while matches!(self.is_superseded().await, Ok(false)) {
            tokio::select! {
                whole = &mut whole => return whole,
                Ok(()) = others.changed() => {}
                Ok(()) = hurries.changed() => return true,
            }
        }
        true
    }

    /// Whether another plan has become the current one.
    pub(super) async fn is_superseded(&self) -> Result<bool, LedgerError> {
        let application = self.engine.ledger().application(&self.plan.scope, &self.plan.application).await?;
        Ok(application.is_none_or(|stored| stored.value.plan != self.plan.id))
    }

    /// Waits until a step of this platform may work.
    pub(super) async fn place(&self, platform: &Name) -> Result<Place, EngineError> {
        self.engine.0.places.take(&self.plan.scope.tenant, platform).await
    }

    /// What is known of a provisioner that the plan pins.
    pub(super) async fn entry(
        &self,
        reference: &ComponentRef,
        class: &Class,
    ) -> Result<Arc<Entry>, EngineError> {
        let key = (reference.clone(), class.clone());
        if let Some(known) = self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let missing = || {
            EngineError::refused(
                Code::PlatformNotFound,
                format!(
                    "platform {}@{}, which made it, is not installed",
                    reference.platform, reference.version
                ),
                Some(format!("install platform {}@{} again", reference.platform, reference.version)),
            )
        };
        let tenant = &self.plan.scope.tenant;
        let platform = self
            .engine
            .ledger()
            .platform(tenant, &reference.platform, &reference.version)
            .await?
            .ok_or_else(missing)?
            .value;
        let provisioner = platform.provisioner(&reference.entry).ok_or_else(missing)?;
        let schema = provisioner.schema(class).cloned().unwrap_or_else(|| json!({}));
        let entry = Arc::new(Entry { offer: provisioner.offer.clone(), grant: provisioner.grant(), schema });
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).insert(key, entry.clone());
        Ok(entry)
    }
}

#[derive(Default)]
struct Outcome {
    failed: Option<LastError>,
    changed: bool,
    superseded: bool,
}

/// The first failure speaks for the run.
fn about(uid: &str, error: LastError) -> LastError {
    LastError { message: format!("`{uid}`: {}", error.message), ..error }
}
