//! A resource moves to another version of its provisioner: what the old one handed over becomes a state of the new one,
//! before the new one is asked for anything else.

use innominatus_effect::Export;
use innominatus_model::{Code, EventKind, Prior, Verb};
use innominatus_sandbox::CallError;
use serde_json::json;

use super::{StepEnded, Work};
use crate::EngineError;
use crate::run::execute::call;
use crate::run::settle::{self, Promise};

impl Work<'_> {
    /// How the step ended, if the state could not be taken over. A component that does not upgrade states gets what
    /// is there, and is told which version wrote it.
    pub(super) async fn take_over(&self) -> Result<Option<StepEnded>, EngineError> {
        let resource = self.cell.get().await;
        let Some(prior) = resource.status.prior.clone() else { return Ok(None) };
        let entry = self.entry().await?;
        let is_own = prior.version == self.version();
        if is_own || resource.status.execution.is_some() || !entry.offer.verbs.contains(&Verb::UpgradeState) {
            return Ok(None);
        }
        let component = &self.task.provisioner;
        let label = component.label();
        let prepared = call(&self.context(), component, entry.grant.clone(), Export::UpgradeState).await?;
        let target = self.target(&resource, &prior.params);
        let answer = prepared.component.provisioner(prepared.call).upgrade_state(&target).await;
        let mut lines = prepared.execution.take_lines();
        let mut state = match answer {
            Ok(answer) => match answer.value {
                Ok(state) => state,
                Err(failure) => {
                    let scrub = self.scrubber(&resource, failure.partial.as_ref()).await?;
                    let error = settle::failure_error(Code::ProvisionFailed, &failure, &[], &scrub);
                    return self.give_up(error, None, lines).await.map(Some);
                }
            },
            Err(error @ CallError::Fault { .. }) => {
                let scrub = self.scrubber(&resource, None).await?;
                let error = settle::call_error(&error, &scrub);
                return self.give_up(error, None, lines).await.map(Some);
            }
            Err(CallError::Host(error)) => {
                let error = settle::host_error(&prepared.execution.trouble(&error)?);
                return self.give_up(error, None, lines).await.map(Some);
            }
        };
        let ledger = self.driver.engine.ledger();
        let admitted =
            settle::admit(ledger, self.holder(&label), &entry.offer, &mut state, Promise::SoFar).await?;
        if let Err(breach) = admitted {
            return self.give_up(settle::breach_error(&label, &breach), None, lines).await.map(Some);
        }
        let scrub = self.scrubber(&resource, Some(&state)).await?;
        super::scrub_events(&scrub, &mut lines);
        lines.push(self.event(
            EventKind::ResourceChanged,
            format!("the state of `{}` was taken over from {label} {}", self.task.uid, prior.version),
            json!({"from": prior.version, "to": self.version()}),
        ));
        let prior = Prior { state, version: self.version(), ..prior };
        self.cell
            .update(ledger, &lines, |resource| {
                resource.status.prior = Some(prior.clone());
                resource.status.made_by = Some(component.clone());
            })
            .await?;
        Ok(None)
    }
}
