//! The order of things in a run: steps when what comes before them is done, renders, removals, the end.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use innominatus_ledger::{LastError, LedgerError, RunState, Stored};
use innominatus_model::{Artifact, Code, Coded, EventKind, Grant, Json, Offer, RunId};
use innominatus_plan::{Action, ComponentRef, Plan, Task};
use serde_json::json;

use super::tracker::removal_step;
use super::{StepState, Tracker, materialise, provision, remove, render, settle};
use crate::clock::now_ms;
use crate::events::{about_run, event};
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

/// What the ledger knows of a provisioner.
#[derive(Clone)]
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
    entries: Mutex<HashMap<ComponentRef, Entry>>,
}

impl Engine {
    /// Begins (or goes on with) a run in the background.
    pub(crate) fn drive(&self, plan: Plan, run: RunId, resumed: bool) -> Arc<Tracker> {
        let tracker = Arc::new(Tracker::new(&plan));
        {
            let mut trackers = self.0.trackers.lock().unwrap_or_else(PoisonError::into_inner);
            tracker.supersedes(trackers.values());
            trackers.insert(run, tracker.clone());
        }
        let driver = Driver {
            engine: self.clone(),
            plan: Arc::new(plan),
            run,
            tracker: tracker.clone(),
            entries: Mutex::default(),
        };
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
            driver.tracker.end(state);
            engine.0.trackers.lock().unwrap_or_else(PoisonError::into_inner).remove(&driver.run);
        });
        tracker
    }
}

impl Driver {
    async fn carry_out(&self, resumed: bool) -> Result<RunState, EngineError> {
        if self.engine.is_stopping() {
            return Err(EngineError::Stopping);
        }
        if self.is_superseded().await? {
            return self.finish(RunState::Superseded, None, Vec::new()).await;
        }
        self.began(resumed).await?;
        materialise::materialise(&self.engine, &self.plan, self.run).await?;
        let outcome = self.tasks().await?;
        if outcome.superseded {
            return self.finish(RunState::Superseded, None, Vec::new()).await;
        }
        if let Some(error) = outcome.failed {
            self.skip_rest();
            return self.finish(RunState::Failed, Some(error), Vec::new()).await;
        }
        let mut files = Vec::new();
        if self.plan.render || outcome.changed {
            match self.renders().await? {
                Ok(rendered) => files = rendered,
                Err(error) => {
                    self.skip_rest();
                    return self.finish(RunState::Failed, Some(error), Vec::new()).await;
                }
            }
        }
        let removed = self.removals().await?;
        match removed.failed {
            _ if removed.superseded => self.finish(RunState::Superseded, None, files).await,
            Some(error) => self.finish(RunState::Failed, Some(error), files).await,
            None => self.finish(RunState::Succeeded, None, files).await,
        }
    }

    async fn began(&self, resumed: bool) -> Result<(), LedgerError> {
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

    /// Waits, but not longer than the plan is in force. Says no when the runtime stops.
    pub(super) async fn sleep(&self, duration: std::time::Duration) -> bool {
        tokio::select! {
            whole = self.engine.sleep(duration) => whole,
            () = self.tracker.superseded() => true,
        }
    }

    /// Whether another plan has become the current one.
    pub(super) async fn is_superseded(&self) -> Result<bool, LedgerError> {
        let application = self.engine.ledger().application(&self.plan.scope, &self.plan.application).await?;
        Ok(application.is_none_or(|stored| stored.value.plan != self.plan.id))
    }

    /// What is known of a provisioner that the plan pins.
    pub(super) async fn entry(&self, reference: &ComponentRef) -> Result<Entry, EngineError> {
        if let Some(known) = self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(reference) {
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
        let schema =
            provisioner.schemas().next().map(|(_, schema)| schema.clone()).unwrap_or_else(|| json!({}));
        let entry = Entry { offer: provisioner.offer.clone(), grant: provisioner.grant(), schema };
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).insert(reference.clone(), entry.clone());
        Ok(entry)
    }

    /// Independent steps at the same time, dependents after what they depend on. A failure stops what
    /// depends on it and nothing else.
    async fn tasks(&self) -> Result<Outcome, EngineError> {
        let mut outcome = Outcome::default();
        let mut interrupted = None;
        let mut states: BTreeMap<&str, bool> = BTreeMap::new();
        let mut waiting: Vec<&Task> = Vec::new();
        for task in &self.plan.tasks {
            if task.action == Action::Keep {
                states.insert(&task.step, true);
            } else {
                waiting.push(task);
            }
        }
        let mut working = FuturesUnordered::new();
        loop {
            if !waiting.is_empty() && !outcome.superseded && interrupted.is_none() {
                match self.is_superseded().await {
                    Ok(superseded) => outcome.superseded = superseded,
                    Err(error) => interrupted = Some(error.into()),
                }
            }
            if outcome.superseded || interrupted.is_some() || self.engine.is_stopping() {
                waiting.clear();
            }
            let mut still = Vec::new();
            for task in waiting.drain(..) {
                let before: Vec<Option<bool>> = task
                    .after
                    .iter()
                    .filter(|step| self.is_task(step))
                    .map(|step| states.get(step.as_str()).copied())
                    .collect();
                if before.contains(&Some(false)) {
                    states.insert(&task.step, false);
                    self.tracker.set(
                        &task.step,
                        StepState::Skipped,
                        Some("something before it failed".into()),
                        None,
                    );
                } else if before.iter().all(|state| *state == Some(true)) {
                    working.push(async move { (task, self.step(task).await) });
                } else {
                    still.push(task);
                }
            }
            waiting = still;
            let Some((task, ended)) = working.next().await else {
                if waiting.is_empty() {
                    break;
                }
                continue;
            };
            let ended = match ended {
                Ok(ended) => ended,
                // The others are in a guest: they finish first.
                Err(error) => {
                    interrupted.get_or_insert(error);
                    continue;
                }
            };
            match ended {
                StepEnded::Succeeded => {
                    outcome.changed = true;
                    states.insert(&task.step, true);
                    self.tracker.set(&task.step, StepState::Succeeded, None, None);
                }
                StepEnded::Unchanged => {
                    states.insert(&task.step, true);
                    self.tracker.set(&task.step, StepState::Unchanged, None, None);
                }
                StepEnded::Failed(error) => {
                    states.insert(&task.step, false);
                    self.tracker.set(&task.step, StepState::Failed, None, Some(error.clone()));
                    outcome.failed.get_or_insert_with(|| about(&task.uid.to_string(), error));
                }
                StepEnded::Superseded => outcome.superseded = true,
            }
        }
        if let Some(error) = interrupted {
            return Err(error);
        }
        if self.engine.is_stopping() && !outcome.superseded {
            let all = self.plan.tasks.iter().all(|task| states.contains_key(task.step.as_str()));
            if !all {
                return Err(EngineError::Stopping);
            }
        }
        Ok(outcome)
    }

    fn is_task(&self, step: &str) -> bool {
        self.plan.tasks.iter().any(|task| task.step == step)
    }

    async fn step(&self, task: &Task) -> Result<StepEnded, EngineError> {
        let _permit = self.engine.0.steps.acquire().await.map_err(|_| EngineError::Stopping)?;
        Box::pin(provision::provision(self, task)).await
    }

    async fn renders(&self) -> Result<Result<Vec<Artifact>, LastError>, EngineError> {
        let mut files: Vec<Artifact> = Vec::new();
        for task in &self.plan.renders {
            self.tracker.set(&task.step.name, StepState::Running, None, None);
            let rendered = render::render(self, task).await?;
            for lines in rendered.lines.chunks(64) {
                let mut change = self.engine.ledger().change();
                for line in lines {
                    change.event(line);
                }
                change.commit().await?;
            }
            let result = rendered.result.and_then(|new| {
                files.extend(new);
                crate::files::check_names(files.iter().map(|file| file.name.as_str())).map_err(|breach| {
                    settle::plain_error(
                        Code::GoldenPathContract,
                        format!("the golden path broke the contract: {breach}"),
                        None,
                    )
                })
            });
            match result {
                Ok(()) => self.tracker.set(&task.step.name, StepState::Succeeded, None, None),
                Err(error) => {
                    self.tracker.set(&task.step.name, StepState::Failed, None, Some(error.clone()));
                    return Ok(Err(error));
                }
            }
        }
        Ok(Ok(files))
    }

    /// Dependents first; what does not depend on each other at the same time. A failure leaves in place
    /// what the failed one refers to.
    async fn removals(&self) -> Result<Outcome, EngineError> {
        let mut outcome = Outcome::default();
        let mut interrupted = None;
        let mut done: BTreeMap<_, bool> = BTreeMap::new();
        let mut waiting: Vec<_> = self.plan.removals.iter().collect();
        let mut working = FuturesUnordered::new();
        while !(waiting.is_empty() && working.is_empty()) {
            if !waiting.is_empty() && !outcome.superseded && interrupted.is_none() {
                match self.is_superseded().await {
                    Ok(superseded) => outcome.superseded = superseded,
                    Err(error) => interrupted = Some(error.into()),
                }
            }
            if outcome.superseded || interrupted.is_some() || self.engine.is_stopping() {
                waiting.clear();
            }
            let mut still = Vec::new();
            for removal in waiting.drain(..) {
                let before: Vec<_> = removal.after.iter().map(|id| done.get(id).copied()).collect();
                if before.contains(&Some(false)) {
                    done.insert(removal.resource, false);
                    let why = Some("something that refers to it could not be removed".to_owned());
                    self.tracker.set(&removal_step(removal.resource), StepState::Skipped, why, None);
                } else if before.iter().all(|state| *state == Some(true)) {
                    working.push(async move { (removal, Box::pin(remove::remove(self, removal)).await) });
                } else {
                    still.push(removal);
                }
            }
            waiting = still;
            let Some((removal, ended)) = working.next().await else { continue };
            let step = removal_step(removal.resource);
            let ended = match ended {
                Ok(ended) => ended,
                Err(error) => {
                    interrupted.get_or_insert(error);
                    continue;
                }
            };
            match ended {
                StepEnded::Failed(error) => {
                    done.insert(removal.resource, false);
                    self.tracker.set(&step, StepState::Failed, None, Some(error.clone()));
                    outcome.failed.get_or_insert_with(|| about(&removal.uid.to_string(), error));
                }
                StepEnded::Superseded => outcome.superseded = true,
                StepEnded::Succeeded | StepEnded::Unchanged => {
                    done.insert(removal.resource, true);
                    self.tracker.set(&step, StepState::Succeeded, None, None);
                }
            }
        }
        if let Some(error) = interrupted {
            return Err(error);
        }
        if done.len() < self.plan.removals.len() && !outcome.superseded {
            return Err(EngineError::Stopping);
        }
        Ok(outcome)
    }

    fn skip_rest(&self) {
        for step in self.tracker.steps() {
            if step.state == StepState::Waiting.as_str() {
                self.tracker.set(&step.name, StepState::Skipped, Some("the run failed before".into()), None);
            }
        }
    }

    /// A run that our own side could not carry on: it is said, and may be tried again.
    async fn interrupted(&self, error: &EngineError) -> RunState {
        let error = settle::plain_error(error.code(), chain(error), error.remedy());
        match Box::pin(self.finish(RunState::Failed, Some(error), Vec::new())).await {
            Ok(state) => state,
            Err(error) => {
                tracing::error!(run = %self.run, error = %chain(&error), "the end of a run could not be kept");
                RunState::Running
            }
        }
    }

    /// Writes how the run ended, and with it what it rendered. A newer plan may be accepted at the same moment;
    /// then it is written again, and says nothing of the application any more.
    async fn finish(
        &self,
        state: RunState,
        error: Option<LastError>,
        files: Vec<Artifact>,
    ) -> Result<RunState, EngineError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_finish(state, error.clone(), &files).await {
                Err(EngineError::Ledger(LedgerError::Conflict { .. })) if tries < FINISH_TRIES => {}
                result => return result,
            }
        }
    }

    async fn try_finish(
        &self,
        state: RunState,
        error: Option<LastError>,
        files: &[Artifact],
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
        if !files.is_empty() {
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
            self.settle_application(&mut change, &application, state, !files.is_empty());
        }
        change.commit().await?;
        Ok(state)
    }

    fn settle_application(
        &self,
        change: &mut innominatus_ledger::Change<'_>,
        application: &Stored<innominatus_ledger::Application>,
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
