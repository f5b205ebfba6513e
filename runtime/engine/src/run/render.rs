//! The executor of render steps: the golden path assembles what was made into files of the run.

use innominatus_effect::Export;
use innominatus_ledger::{Holder, LastError, seal::Scrubber};
use innominatus_model::{Artifact, Code, Event, Grant, Json, Made, Output};
use innominatus_plan::{Plan, RenderTask};
use innominatus_sandbox::CallError;

use super::drive::Driver;
use super::execute::{Context, call};
use super::provision::scrub_events;
use super::settle;
use crate::EngineError;
use crate::files::check_names;

/// What a render step came to, with the log lines of the guest.
pub(super) struct Rendered {
    pub(super) result: Result<Vec<Artifact>, LastError>,
    pub(super) lines: Vec<Event>,
}

/// Carries out one render step.
pub(super) async fn render(driver: &Driver, task: &RenderTask) -> Result<Rendered, EngineError> {
    let golden_path = driver.plan.golden_path.as_ref().ok_or_else(|| {
        EngineError::refused(Code::Internal, "a plan without a golden path has a render step", None)
    })?;
    let label = golden_path.label();
    let made = made(driver, task, &label).await?;
    let context = Context {
        engine: driver.engine.clone(),
        scope: driver.plan.scope.clone(),
        application: driver.plan.application.clone(),
        run: Some(driver.run),
        resource: None,
        cell: None,
    };
    let _place = driver.place(&golden_path.platform).await?;
    let prepared = match call(&context, golden_path, Grant::default(), Export::Render).await {
        Err(error) if error.ends_one_step() => {
            return Ok(Rendered { result: Err(settle::host_error(&error)), lines: Vec::new() });
        }
        prepared => prepared?,
    };
    let answer =
        prepared.component.golden_path(prepared.call).render(&driver.plan.request, &task.step, &made).await;
    let scrub = Scrubber::new([]);
    let mut lines = prepared.execution.take_lines();
    scrub_events(&scrub, &mut lines);
    let result = match answer {
        Ok(answer) => match answer.value {
            Ok(files) => match breach(driver, &label, &files).await? {
                None => Ok(files),
                Some(breach) => Err(settle::plain_error(
                    Code::GoldenPathContract,
                    format!("the golden path `{label}` broke the contract: {breach}"),
                    Some("report this to the platform's author".into()),
                )),
            },
            Err(failure) => Err(settle::failure_error(Code::GoldenPathFailed, &failure, &[], &scrub)),
        },
        Err(error @ CallError::Fault { .. }) => Err(settle::call_error(&error, &scrub)),
        Err(CallError::Host(error)) => Err(settle::host_error(&prepared.execution.trouble(&error)?)),
    };
    Ok(Rendered { result, lines })
}

/// What was made before this step, as the golden path may see it: tokens are its own.
async fn made(driver: &Driver, task: &RenderTask, label: &str) -> Result<Vec<Made>, EngineError> {
    let ledger = driver.engine.ledger();
    let scope = &driver.plan.scope;
    let mut made = Vec::new();
    for before in driver.plan.tasks.iter().filter(|before| task.after.contains(&before.step)) {
        let Some(resource) = ledger.resource(before.resource).await? else { continue };
        let resource = resource.value;
        let maker = resource.status.made_by.as_ref().map(|made_by| made_by.label()).unwrap_or_default();
        let from = Holder { scope, application: &driver.plan.application, component: &maker };
        let mut outputs = Vec::new();
        for output in resource.outputs() {
            let value = if output.sensitive {
                Json::String(ledger.output_token(scope, label, resource.id, &output.name).await?)
            } else {
                output.value.clone()
            };
            outputs.push(Output { name: output.name.clone(), value, sensitive: output.sensitive });
        }
        let mut artifacts = Vec::new();
        for artifact in resource.artifacts() {
            let content = ledger.translate(from, label, &artifact.content).await?;
            artifacts.push(Artifact { content, ..artifact.clone() });
        }
        made.push(Made { need: before.uid.to_string(), outputs, artifacts });
    }
    Ok(made)
}

/// Tokens may stand in sensitive files only; names are relative, and each stands once.
async fn breach(driver: &Driver, label: &str, files: &[Artifact]) -> Result<Option<String>, EngineError> {
    if let Err(breach) = check_names(files.iter().map(|file| file.name.as_str())) {
        return Ok(Some(breach));
    }
    let Plan { scope, application, .. } = &*driver.plan;
    let holder = Holder { scope, application, component: label };
    for file in files.iter().filter(|file| !file.sensitive) {
        if driver.engine.ledger().holds_token(holder, &file.content).await? {
            return Ok(Some(format!("`{}` holds a secret, but is not marked sensitive", file.name)));
        }
    }
    Ok(None)
}
