//! The steps of a run: each when what comes before it is done.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use innominatus_ledger::LastError;
use innominatus_model::{Artifact, Code};
use innominatus_plan::{Action, Task};

use super::{Driver, Outcome, StepEnded, about};
use crate::EngineError;
use crate::run::tracker::removal_step;
use crate::run::{StepState, provision, remove, render, settle};

impl Driver {
    /// Independent steps at the same time, dependents after what they depend on. A failure stops what
    /// depends on it and nothing else.
    pub(super) async fn tasks(&self) -> Result<Outcome, EngineError> {
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
                    working.push(async move { (task, Box::pin(provision::provision(self, task)).await) });
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

    pub(super) fn is_task(&self, step: &str) -> bool {
        self.plan.tasks.iter().any(|task| task.step == step)
    }

    pub(super) async fn renders(&self) -> Result<Result<Vec<Artifact>, LastError>, EngineError> {
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
    pub(super) async fn removals(&self) -> Result<Outcome, EngineError> {
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
}
