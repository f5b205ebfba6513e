//! Before a provisioner is called: params filled, judged by its schema, then by itself.

use innominatus_effect::Export;
use innominatus_ledger::LastError;
use innominatus_model::{Code, Json, Violation};
use innominatus_plan::params::Schema;
use innominatus_sandbox::CallError;

use super::{StepEnded, Work};
use crate::EngineError;
use crate::run::execute::call;
use crate::run::fill::{FillError, Filler};
use crate::run::settle;

impl Work<'_> {
    pub(super) async fn fill(&self) -> Result<Result<Json, LastError>, EngineError> {
        let label = self.task.provisioner.label();
        let filler = Filler {
            ledger: self.driver.engine.ledger(),
            scope: &self.driver.plan.scope,
            request: &self.driver.plan.request,
            component: &label,
        };
        let filled = match filler.fill(&self.task.params, &self.task.owner, &self.task.references).await {
            Ok(filled) => filled,
            Err(FillError::Ledger(error)) => return Err(error.into()),
            Err(FillError::Missing(message)) => {
                return Ok(Err(settle::plain_error(Code::PlaceholderOutput, message, None)));
            }
        };
        match Schema::new(&self.entry().await?.schema) {
            Err(error) => Ok(Err(settle::plain_error(
                Code::SchemaInvalid,
                format!("the schema of `{label}` for `{}` {error}", self.kind()),
                Some("report this to the platform's author".into()),
            ))),
            Ok(schema) => {
                let filled = schema.with_defaults(&filled);
                let violations = schema.violations(&filled);
                Ok(if violations.is_empty() { Ok(filled) } else { Err(self.invalid(&violations)) })
            }
        }
    }

    pub(super) fn invalid(&self, violations: &[Violation]) -> LastError {
        let listed: Vec<_> = violations
            .iter()
            .map(|violation| format!("`params{}`: {}", violation.pointer, violation.message))
            .collect();
        let hint = violations.iter().find_map(|violation| violation.remedy.clone());
        settle::plain_error(Code::ParamsInvalid, listed.join("; "), hint)
    }

    /// The component's own judgement of the filled params.
    pub(super) async fn validate(&self, filled: &Json) -> Result<Option<StepEnded>, EngineError> {
        let resource = self.cell.get().await;
        let prepared = call(
            &self.context(),
            &self.task.provisioner,
            self.entry().await?.grant.clone(),
            Export::ValidateConfig,
        )
        .await?;
        let target = self.target(&resource, filled);
        match prepared.component.provisioner(prepared.call).validate_config(&target).await {
            Ok(answer) if answer.value.is_empty() => {
                prepared.execution.flush().await?;
                Ok(None)
            }
            Ok(answer) => {
                let error = self.invalid(&answer.value);
                self.give_up(error, None, prepared.execution.take_lines()).await.map(Some)
            }
            Err(error @ CallError::Fault { .. }) => {
                let scrub = self.scrubber(&resource, None).await?;
                let error = settle::call_error(&error, &scrub);
                self.give_up(error, None, prepared.execution.take_lines()).await.map(Some)
            }
            Err(CallError::Host(error)) => {
                let error = settle::host_error(&prepared.execution.trouble(&error)?);
                self.give_up(error, None, prepared.execution.take_lines()).await.map(Some)
            }
        }
    }
}
