//! What the golden path says: whether it takes the request, and which steps it makes of it.

use innominatus_effect::Export;
use innominatus_model::{Cause, Code, Coded as _, Failure, Grant, PathRequest, Step, Violation};
use innominatus_plan::params::Schema;
use innominatus_plan::{Catalogue, ComponentRef, written};
use innominatus_sandbox::CallError;
use innominatus_score::Demand;

use super::choose::Chosen;
use crate::run::{Context, call};
use crate::world::Execution;
use crate::{ApplyError, Engine};

impl Engine {
    /// The request with defaults in its parameters, and the steps for it.
    pub(super) async fn ask(
        &self,
        chosen: &Chosen,
        mut request: PathRequest,
        demand: &Demand,
        catalogue: &Catalogue,
    ) -> Result<(PathRequest, Vec<Step>), ApplyError> {
        let reference = &chosen.reference;
        let schema = Schema::new(&chosen.entry.schema).map_err(|error| {
            said(reference, Code::SchemaInvalid, format!("the schema of its parameters {error}"))
        })?;
        request.parameters = schema.with_defaults(&request.parameters);
        refuse(reference, "parameters", &schema.violations(&request.parameters))?;
        if chosen.entry.written {
            return self.ask_written(reference, request, demand, catalogue).await;
        }

        let context = Context {
            engine: self.clone(),
            scope: request.scope.clone(),
            application: request.application.clone(),
            run: None,
            resource: None,
            cell: None,
        };
        let failed = |execution: &Execution, source: CallError| match source {
            CallError::Host(error) => {
                ApplyError::Engine(execution.trouble(&error).unwrap_or_else(|error| error))
            }
            source => ApplyError::Call { golden_path: reference.label(), source: Box::new(source) },
        };
        let prepared = call(&context, reference, Grant::default(), Export::Validate).await?;
        let violations = prepared.component.golden_path(prepared.call).validate(&request).await;
        // What it said before it broke tells why.
        prepared.execution.flush().await?;
        refuse(reference, "", &violations.map_err(|error| failed(&prepared.execution, error))?.value)?;

        let prepared = call(&context, reference, Grant::default(), Export::GenerateSteps).await?;
        let steps = prepared.component.golden_path(prepared.call).generate_steps(&request).await;
        prepared.execution.flush().await?;
        let steps = steps.map_err(|error| failed(&prepared.execution, error))?.value;
        steps.map_err(|failure| refused(reference, &failure)).map(|steps| (request, steps))
    }

    /// The same of a golden path that is a file: worked out here, with nobody to be called.
    async fn ask_written(
        &self,
        reference: &ComponentRef,
        request: PathRequest,
        demand: &Demand,
        catalogue: &Catalogue,
    ) -> Result<(PathRequest, Vec<Step>), ApplyError> {
        let path = self.0.components.written(reference).await?;
        let steps = written::steps(&path, &reference.platform, &request, demand, catalogue);
        let steps = steps.map_err(|error| {
            let remedy = error.remedy().map(|remedy| format!(" ({remedy})")).unwrap_or_default();
            said(reference, error.code(), format!("{error}{remedy}"))
        })?;
        Ok((request, steps))
    }
}

fn said(reference: &ComponentRef, code: Code, message: String) -> ApplyError {
    ApplyError::Path { golden_path: reference.label(), code, message }
}

fn refuse(reference: &ComponentRef, root: &str, violations: &[Violation]) -> Result<(), ApplyError> {
    if violations.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = violations
        .iter()
        .map(|violation| {
            let place = format!("{root}{}", violation.pointer);
            let place = if place.is_empty() { String::new() } else { format!("`{place}`: ") };
            let remedy = violation.remedy.as_ref().map(|remedy| format!(" ({remedy})")).unwrap_or_default();
            format!("{place}{}{remedy}", violation.message)
        })
        .collect();
    Err(said(reference, Code::ParametersInvalid, listed.join("; ")))
}

fn refused(reference: &ComponentRef, failure: &Failure) -> ApplyError {
    match &failure.cause {
        Cause::Invalid(violations) if !violations.is_empty() => refuse(reference, "", violations)
            .err()
            .unwrap_or_else(|| said(reference, Code::GoldenPathFailed, failure.to_string())),
        _ => said(reference, Code::GoldenPathFailed, failure.to_string()),
    }
}
