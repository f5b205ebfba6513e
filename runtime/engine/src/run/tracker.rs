//! What people see of a run while it works, and a way to wait for its end.

use std::sync::{Arc, Mutex, PoisonError};

use innominatus_ledger::{LastError, Run, RunState, StepEnd};
use innominatus_model::{Name, ResourceId, Scope};
use innominatus_plan::{Action, Plan};
use tokio::sync::watch;

/// Where a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepState {
    /// Waits for others.
    Waiting,
    /// At work.
    Running,
    /// Not finished; called again later.
    Pending,
    /// Went wrong; tried again later.
    Retrying,
    /// Done.
    Succeeded,
    /// Nothing had to be done.
    Unchanged,
    /// Given up.
    Failed,
    /// Not begun, because something before it failed.
    Skipped,
}

impl StepState {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Pending => "pending",
            Self::Retrying => "retrying",
            Self::Succeeded => "succeeded",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// A run and its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    /// The run.
    pub run: Run,
    /// It has not ended, and nobody is at it.
    pub is_interrupted: bool,
    /// Its steps, in plan order.
    pub steps: Vec<StepEnd>,
}

/// A run at work.
pub(crate) struct Tracker {
    steps: Mutex<Vec<StepEnd>>,
    ended: watch::Sender<Option<RunState>>,
    place: (Scope, Name),
    woken: watch::Sender<()>,
    hurried: watch::Sender<()>,
}

impl Tracker {
    pub(crate) fn new(plan: &Plan) -> Self {
        let step = |name: String,
                    kind: &str,
                    state: StepState,
                    resource: Option<ResourceId>,
                    uid: Option<String>| {
            StepEnd {
                name,
                kind: kind.into(),
                state: state.as_str().into(),
                resource,
                uid,
                message: None,
                error: None,
            }
        };
        let tasks = plan.tasks.iter().map(|task| {
            let state = if task.action == Action::Keep { StepState::Unchanged } else { StepState::Waiting };
            step(task.step.clone(), "provisioner", state, Some(task.resource), Some(task.uid.to_string()))
        });
        let renders = plan
            .renders
            .iter()
            .filter(|_| plan.render)
            .map(|render| step(render.step.name.clone(), "render", StepState::Waiting, None, None));
        let removals = plan.removals.iter().map(|removal| {
            let name = removal_step(removal.resource);
            step(
                name,
                "deprovision",
                StepState::Waiting,
                Some(removal.resource),
                Some(removal.uid.to_string()),
            )
        });
        let steps = tasks.chain(renders).chain(removals).collect();
        Self {
            steps: Mutex::new(steps),
            ended: watch::Sender::new(None),
            place: (plan.scope.clone(), plan.application.clone()),
            woken: watch::Sender::new(()),
            hurried: watch::Sender::new(()),
        }
    }

    /// Wakes the runs among these that work for the same application: another plan may have taken over.
    pub(crate) fn wake<'a>(&self, others: impl IntoIterator<Item = &'a Arc<Self>>) {
        for other in others.into_iter().filter(|other| other.place == self.place) {
            other.woken.send_replace(());
        }
    }

    /// Changes when another run of the application begins.
    pub(crate) fn others(&self) -> watch::Receiver<()> {
        self.woken.subscribe()
    }

    /// Somebody asked for the same again: whatever waits to try once more tries now.
    pub(crate) fn hurry(&self) {
        self.hurried.send_replace(());
    }

    /// Changes when somebody does.
    pub(crate) fn hurries(&self) -> watch::Receiver<()> {
        self.hurried.subscribe()
    }

    pub(crate) fn set(
        &self,
        step: &str,
        state: StepState,
        message: Option<String>,
        error: Option<LastError>,
    ) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = steps.iter_mut().find(|known| known.name == step) {
            known.state = state.as_str().into();
            known.message = message;
            known.error = error;
        }
    }

    pub(crate) fn steps(&self) -> Vec<StepEnd> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn end(&self, state: RunState) {
        self.ended.send_replace(Some(state));
    }

    /// Resolves when the run has ended, or stopped with the runtime.
    pub(crate) async fn ended(&self) {
        let mut ended = self.ended.subscribe();
        // Fails only when the tracker is gone, which is an end too.
        let _ = ended.wait_for(Option::is_some).await;
    }
}

/// The name of a removal among the steps of a run.
pub(crate) fn removal_step(resource: ResourceId) -> String {
    format!("remove-{resource}")
}
