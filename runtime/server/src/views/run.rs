//! Runs.

use innominatus_api::wire::{ArtifactView, RunDetail, RunState, StepView};
use innominatus_engine::RunView;
use innominatus_ledger::{RenderedFile, RunState as State};

use super::{error, time};

pub(crate) fn artifact(file: &RenderedFile) -> ArtifactView {
    ArtifactView {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        sensitive: file.sensitive,
        size: file.size,
    }
}

pub(crate) fn run(view: &RunView) -> RunDetail {
    let run = &view.run;
    RunDetail {
        id: run.id.to_string(),
        application: run.application.to_string(),
        environment: run.environment.to_string(),
        plan: run.plan.to_string(),
        state: match run.state {
            State::Running if view.is_interrupted => RunState::Interrupted,
            State::Running => RunState::Running,
            State::Succeeded => RunState::Succeeded,
            State::Failed => RunState::Failed,
            State::Superseded => RunState::Superseded,
        },
        started_at: time(run.started_ms),
        ended_at: run.ended_ms.map(time),
        steps: view
            .steps
            .iter()
            .map(|step| StepView {
                name: step.name.clone(),
                kind: step.kind.clone(),
                state: step.state.clone(),
                resource: step.resource.map(|id| id.to_string()),
                uid: step.uid.clone(),
                message: step.message.clone(),
                error: step.error.as_ref().map(error),
            })
            .collect(),
        artifacts: run.files.iter().map(artifact).collect(),
        error: run.error.as_ref().map(error),
    }
}
