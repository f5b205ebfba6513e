//! A recording, replayed offline: the same component, the same answers, nothing performed.

use std::sync::Arc;

use innominatus_effect::{Export, Outcome, Replay};
use innominatus_ledger::seal::{Scrubber, find_tokens};
use innominatus_ledger::{Recording, Resource};
use innominatus_model::{Code, Coded, Json, Progress, Removal, ResourceId, Secret};
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
        let past = ledger.journal_as_it_was(&scope, id, newest.value.id).await?;
        let mut recording = Recording::of(&newest.value, past);
        let scrub = self.scrubber_of(&resource.value, &recording).await?;
        without_secrets(&mut recording, &scrub);
        Ok(recording)
    }

    /// Knows the secrets of a resource, and those that its component made by itself and handed over as outputs.
    async fn scrubber_of(&self, resource: &Resource, recording: &Recording) -> Result<Scrubber, EngineError> {
        let mut secrets = self.ledger().secrets_of(&resource.scope(), resource.id).await?;
        let before = recording.target.prior.iter().flat_map(|prior| &prior.state.outputs);
        for output in resource.outputs().iter().chain(before).filter(|output| output.sensitive) {
            // A text with tokens in it is no secret.
            let text = output.value.as_str().filter(|text| find_tokens(text).next().is_none());
            secrets.extend(text.map(Secret::new));
        }
        Ok(Scrubber::new(&secrets))
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

/// A recording leaves this house, so it holds tokens and no secret, also none that a component made by itself. Digests
/// stay as they were: what the component is told back is compared with what it said.
fn without_secrets(recording: &mut Recording, scrub: &Scrubber) {
    let clean = |text: &mut String| *text = scrub.without_secrets(text).into_owned();
    if let Some(prior) = &mut recording.target.prior {
        texts(&mut prior.state.handle, &clean);
        prior.state.outputs.iter_mut().for_each(|output| texts(&mut output.value, &clean));
        prior.state.artifacts.iter_mut().for_each(|artifact| clean(&mut artifact.content));
    }
    for past in &mut recording.past {
        if let Some(intent) = &mut past.intent {
            texts(&mut intent.request, &clean);
        }
        if let Some(Outcome::Http(Ok(answer))) = &mut past.outcome {
            answer.headers.iter_mut().for_each(|(_, value)| clean(value));
            if let Ok(text) = std::str::from_utf8(&answer.body) {
                answer.body = scrub.without_secrets(text).into_owned().into_bytes();
            }
        }
    }
}

/// Every text in a value.
fn texts(value: &mut Json, edit: &impl Fn(&mut String)) {
    match value {
        Json::String(text) => edit(text),
        Json::Array(items) => items.iter_mut().for_each(|item| texts(item, edit)),
        Json::Object(entries) => entries.values_mut().for_each(|value| texts(value, edit)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
