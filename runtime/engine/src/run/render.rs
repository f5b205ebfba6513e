//! The executor of render steps: the golden path assembles what was made into files of the run.

use std::time::Duration;

use innominatus_effect::Export;
use innominatus_ledger::{Holder, LastError, seal::Scrubber};
use innominatus_model::{Artifact, Code, Coded as _, Event, Grant, Json, Made, Output};
use innominatus_plan::{ComponentRef, Plan, RenderTask, written};
use innominatus_sandbox::CallError;

use super::drive::Driver;
use super::execute::{Context, call};
use super::provision::scrub_events;
use super::settle;
use crate::EngineError;
use crate::files::check_names;

/// As long as a component may take.
const LONGEST: Duration = Duration::from_secs(60);

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
    let _place = driver.place(&golden_path.platform).await?;
    let answered = if is_written(driver, golden_path).await? {
        answer_of_file(driver, golden_path, task, made).await
    } else {
        answer_of_component(driver, golden_path, task, &made).await
    };
    let Rendered { result, lines } = match answered {
        Err(error) if error.ends_one_step() => {
            return Ok(Rendered { result: Err(settle::host_error(&error)), lines: Vec::new() });
        }
        answered => answered?,
    };
    let result = match result {
        Ok(files) => match breach(driver, &label, &files).await? {
            None => Ok(files),
            Some(breach) => Err(settle::plain_error(
                Code::GoldenPathContract,
                format!("the golden path `{label}` broke the contract: {}", breach.what),
                Some(breach.remedy.into()),
            )),
        },
        Err(error) => Err(error),
    };
    Ok(Rendered { result, lines })
}

/// Whether the golden path that the plan was made with is a file. One that is not installed any more is looked for
/// as a component, and then it is said that it is not there.
async fn is_written(driver: &Driver, golden_path: &ComponentRef) -> Result<bool, EngineError> {
    let ComponentRef { platform, version, entry, component } = golden_path;
    let tenant = &driver.plan.scope.tenant;
    let known = driver.engine.ledger().platform(tenant, platform, version).await?;
    let known = known.as_ref().and_then(|known| known.value.golden_path(entry));
    Ok(known.is_some_and(|known| known.written && known.component == *component))
}

async fn answer_of_file(
    driver: &Driver,
    golden_path: &ComponentRef,
    task: &RenderTask,
    made: Vec<Made>,
) -> Result<Rendered, EngineError> {
    let path = driver.engine.0.components.written(golden_path).await?;
    let (plan, step) = (driver.plan.clone(), task.step.clone());
    let render = move || written::render(&path, &plan.request, &step, &made);
    // Its work is counted; whatever is not, ends with this wait at the latest.
    let rendering = tokio::time::timeout(LONGEST, tokio::task::spawn_blocking(render)).await;
    let scrub = Scrubber::new([]);
    let result = match rendering {
        Ok(rendered) => rendered.map_err(|_| EngineError::Stopping)?.map_err(|error| {
            let remedy = error.remedy().map(|remedy| scrub.scrub(&remedy).into_owned());
            settle::plain_error(error.code(), scrub.scrub(&error.to_string()).into_owned(), remedy)
        }),
        Err(_) => Err(settle::plain_error(
            Code::GoldenPathFailed,
            format!("rendering takes longer than {} s", LONGEST.as_secs()),
            Some("let the templates do less".into()),
        )),
    };
    Ok(Rendered { result, lines: Vec::new() })
}

async fn answer_of_component(
    driver: &Driver,
    golden_path: &ComponentRef,
    task: &RenderTask,
    made: &[Made],
) -> Result<Rendered, EngineError> {
    let context = Context {
        engine: driver.engine.clone(),
        scope: driver.plan.scope.clone(),
        application: driver.plan.application.clone(),
        run: Some(driver.run),
        resource: None,
        cell: None,
    };
    let prepared = call(&context, golden_path, Grant::default(), Export::Render).await?;
    let answer =
        prepared.component.golden_path(prepared.call).render(&driver.plan.request, &task.step, made).await;
    let scrub = Scrubber::new([]);
    let mut lines = prepared.execution.take_lines();
    scrub_events(&scrub, &mut lines);
    let result = match answer {
        Ok(answer) => answer
            .value
            .map_err(|failure| settle::failure_error(Code::GoldenPathFailed, &failure, &[], &scrub)),
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

/// Why the files are not taken.
struct Breach {
    what: String,
    remedy: &'static str,
}

/// Tokens may stand in sensitive files only; names are relative, and each stands once.
async fn breach(driver: &Driver, label: &str, files: &[Artifact]) -> Result<Option<Breach>, EngineError> {
    if let Err(what) = check_names(files.iter().map(|file| file.name.as_str())) {
        return Ok(Some(Breach { what, remedy: "report this to the platform's author" }));
    }
    let Plan { scope, application, .. } = &*driver.plan;
    let holder = Holder { scope, application, component: label };
    for file in files.iter().filter(|file| !file.sensitive) {
        if driver.engine.ledger().holds_token(holder, &file.content).await? {
            let what = format!("`{}` holds a secret, but is not marked sensitive", file.name);
            let remedy =
                "report this to the platform's author; in a golden path's file, write `sensitive: true`";
            return Ok(Some(Breach { what, remedy }));
        }
    }
    Ok(None)
}
