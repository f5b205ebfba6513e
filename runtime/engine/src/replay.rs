//! A recording, replayed offline: the same component, the same answers, nothing performed.

use std::sync::Arc;

use innominatus_effect::{Export, Replay};
use innominatus_ledger::Recording;
use innominatus_model::{Code, Coded, Progress, Removal, ResourceId};
use innominatus_sandbox::{Call, CallError, Limits};

use crate::world::chain;
use crate::{Engine, EngineError};

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Calls that the component made.
    pub calls: u32,
    /// Calls that were recorded.
    pub recorded: usize,
    /// `ready`, `pending`, `gone`, `failed: …`, `fault: …`.
    pub answer: String,
}

impl Engine {
    /// The recording of the newest execution of a resource.
    pub async fn recording(&self, id: ResourceId) -> Result<Recording, EngineError> {
        let ledger = self.ledger();
        let resource = ledger.resource(id).await?.ok_or_else(|| {
            EngineError::refused(
                Code::ResourceNotFound,
                format!("there is no resource {id}"),
                Some("`innominatus list resources` shows the resources".to_owned()),
            )
        })?;
        let scope = resource.value.scope();
        let executions = ledger.executions(&scope, id).await?;
        let newest = executions.last().ok_or_else(|| {
            EngineError::refused(
                Code::JournalNotFound,
                format!("no journal of `{}` is kept", resource.value.uid),
                Some(format!("`innominatus describe {id}` shows what was done for it")),
            )
        })?;
        let (past, _) = ledger.journal(&scope, id, newest.value.id).await?;
        Ok(Recording::of(&newest.value, past))
    }

    /// Replays a recording. Performs nothing and keeps nothing.
    pub async fn replay(&self, recording: &Recording) -> Result<Replayed, EngineError> {
        let component = self.0.components.get(&recording.component).await?;
        let recorded = recording.past.len();
        let port = Arc::new(Replay::new(recording.past.clone()));
        let call = Call::new(port.clone()).with_limits(Limits::for_export(recording.export));
        let provisioner = component.provisioner(call);
        let target = &recording.target;
        let answer = match recording.export {
            Export::Deprovision => match provisioner.deprovision(target).await {
                Ok(answer) => Ok(match answer.value {
                    Ok(Removal::Gone) => "gone".to_owned(),
                    Ok(Removal::Pending(_)) => "pending".to_owned(),
                    Err(failure) => format!("failed: {failure}"),
                }),
                Err(error) => Err(error),
            },
            _ => match provisioner.provision(target).await {
                Ok(answer) => Ok(match answer.value {
                    Ok(Progress::Ready(_)) => "ready".to_owned(),
                    Ok(Progress::Pending(_)) => "pending".to_owned(),
                    Err(failure) => format!("failed: {failure}"),
                }),
                Err(error) => Err(error),
            },
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(CallError::Host(error)) => {
                return Err(EngineError::refused(error.code(), error.to_string(), error.remedy()));
            }
            Err(error) => format!("fault: {}", chain(&error)),
        };
        port.finished()
            .map_err(|early| EngineError::refused(Code::EffectDiverged, early.to_string(), None))?;
        let (calls, _) = port.progress();
        Ok(Replayed { calls, recorded, answer })
    }
}
