//! Golden paths: parameters, steps, files. They have no effect, so each call is made twice and compared.

mod request;
mod rules;
mod written;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use innominatus_effect::{Authoriser, Call as Asked, Entry, Export, Live, Recording};
use innominatus_model::{Artifact, Grant, Json, Made, Need, PathRequest, Step, StepKind};
use innominatus_plan::params::Schema;
use innominatus_sandbox::{Answer, Call, CallError, Component, GoldenPath, LoadError, Role};
use serde_json::json;

use super::declared::contract;
use super::leaks;

use crate::harness::catalogue as list;
use crate::harness::report::Figures;
use crate::harness::sample::Samples;
use crate::harness::sheet::Sheet;
use crate::harness::world::Cloud;

pub(crate) use request::need;
pub(crate) use written::{demanded, written};

use request::request;
use rules::broken;

/// A golden path that can be called.
pub(crate) struct Path {
    pub(crate) label: String,
    pub(crate) component: Component,
    pub(crate) figures: Mutex<Figures>,
}

impl Path {
    /// Calls one export; says all that it asked of the host.
    pub(crate) async fn ask<T>(
        &self,
        export: Export,
        cloud: &Arc<Cloud>,
        call: impl AsyncFnOnce(GoldenPath) -> Result<Answer<T>, CallError>,
    ) -> (Result<T, CallError>, Vec<Entry>) {
        let authoriser = Authoriser::new(export, self.label.clone(), Grant::default())
            .with_settings(cloud.settings().clone());
        let recording = Arc::new(Recording::new(Arc::new(Live::new(authoriser, cloud.clone()))));
        let answer = Box::pin(call(self.component.golden_path(Call::new(recording.clone())))).await;
        if let Ok(answer) = &answer {
            self.figures.lock().unwrap_or_else(PoisonError::into_inner).add(export, answer.usage);
        }
        (answer.map(|answer| answer.value), recording.entries())
    }
}

/// Every check of a golden path; `needs` are what the platform's provisioners made, with what came of it.
pub(crate) async fn golden_path(
    label: String,
    component: &Result<Component, LoadError>,
    needs: &[(Need, Made)],
    cloud: &Arc<Cloud>,
    sheet: &mut Sheet<'_>,
) -> Figures {
    let Some(component) = contract(component, Role::GoldenPath, &list::GP_CONTRACT, sheet) else {
        return Figures::default();
    };
    let path = Path { label, component, figures: Mutex::default() };
    Box::pin(checks(&path, needs, cloud, sheet)).await;
    path.figures.into_inner().unwrap_or_else(PoisonError::into_inner)
}

async fn checks(path: &Path, needs: &[(Need, Made)], cloud: &Arc<Cloud>, sheet: &mut Sheet<'_>) {
    let Some((schema, parameters)) = parameters(path, cloud, sheet).await else { return };
    let request = request(needs, parameters);
    validate(path, &schema, &request, cloud, sheet).await;
    let mut found = Vec::new();
    let Some(steps) = steps(path, &request, cloud, sheet).await else {
        for check in [&list::GP_RENDER, &list::GP_SECRETS] {
            sheet.skip(check, "it needs steps that keep the contract");
        }
        return;
    };
    let made: Vec<Made> = needs.iter().map(|(_, made)| made.clone()).collect();
    let mut wrong = Vec::new();
    for step in steps.iter().filter(|step| step.kind == StepKind::Render) {
        render(path, &request, step, &made, cloud, &mut wrong, &mut found).await;
    }
    if steps.iter().all(|step| step.kind != StepKind::Render) {
        sheet.skip(&list::GP_RENDER, "it has no render step");
    } else {
        sheet.judge(&list::GP_RENDER, wrong);
    }
    found.sort();
    found.dedup();
    sheet.judge(&list::GP_SECRETS, found);
}

/// The schema and parameters that satisfy it.
async fn parameters(path: &Path, cloud: &Arc<Cloud>, sheet: &mut Sheet<'_>) -> Option<(Json, Json)> {
    let later = Arc::new(cloud.fork());
    later.later();
    let mut schemas = Vec::new();
    let mut infos = Vec::new();
    for cloud in [cloud, &later] {
        let metadata = async |guest: GoldenPath| guest.metadata().await;
        let schema = async |guest: GoldenPath| guest.parameter_schema().await;
        match path.ask(Export::Metadata, cloud, metadata).await.0 {
            Ok(info) => infos.push(info),
            Err(error) => {
                sheet.fail(&list::GP_METADATA, format!("`metadata` breaks: {error}"));
                return None;
            }
        }
        match path.ask(Export::ParameterSchema, cloud, schema).await.0 {
            Ok(schema) => schemas.push(schema),
            Err(error) => {
                sheet.fail(&list::GP_SCHEMA, format!("`parameter-schema` breaks: {error}"));
                return None;
            }
        }
    }
    match infos[0] == infos[1] && schemas[0] == schemas[1] {
        true => sheet.pass(&list::GP_METADATA),
        false => sheet.fail(&list::GP_METADATA, "it answers otherwise the second time"),
    }
    let source = schemas.swap_remove(0);
    let schema = match Schema::new(&source) {
        Ok(schema) => schema,
        Err(error) => {
            sheet.fail(&list::GP_SCHEMA, format!("the parameter schema {error}"));
            return None;
        }
    };
    match Samples::of(&source, &schema) {
        Ok(samples) => {
            sheet.pass(&list::GP_SCHEMA);
            Some((source, samples.minimal))
        }
        Err(why) => {
            sheet.warn(&list::GP_SCHEMA, format!("no parameters could be made up: {why}"));
            None
        }
    }
}

async fn validate(
    path: &Path,
    schema: &Json,
    request: &PathRequest,
    cloud: &Arc<Cloud>,
    sheet: &mut Sheet<'_>,
) {
    let mut wrong = Vec::new();
    match path.ask(Export::Validate, cloud, async |guest: GoldenPath| guest.validate(request).await).await.0 {
        Err(error) => wrong.push(format!("`validate` breaks: {error}")),
        Ok(violations) => wrong.extend(violations.first().map(|violation| {
            format!("a plain workload is refused: `{}`: {}", violation.pointer, violation.message)
        })),
    }
    let plain = wrong.is_empty();
    for strange in [json!({"no-such-parameter": 1}), json!({"a": {"b": [null, "Größe-🦀"]}})] {
        let refused = Schema::new(schema).is_ok_and(|schema| !schema.violations(&strange).is_empty());
        let request = PathRequest { parameters: strange.clone(), ..request.clone() };
        match path
            .ask(Export::Validate, cloud, async |guest: GoldenPath| guest.validate(&request).await)
            .await
            .0
        {
            Err(error) => wrong.push(format!("with parameters {strange}, `validate` breaks: {error}")),
            Ok(violations) if refused && plain && violations.is_empty() => {
                wrong
                    .push(format!("parameters {strange} are not in its schema, and `validate` accepts them"));
            }
            Ok(_) => {}
        }
    }
    sheet.judge(&list::GP_VALIDATE, wrong);
}

async fn steps(
    path: &Path,
    request: &PathRequest,
    cloud: &Arc<Cloud>,
    sheet: &mut Sheet<'_>,
) -> Option<Vec<Step>> {
    let later = Arc::new(cloud.fork());
    later.later();
    let mut answers = Vec::new();
    for cloud in [cloud, &later] {
        let call = async |guest: GoldenPath| guest.generate_steps(request).await;
        match path.ask(Export::GenerateSteps, cloud, call).await.0 {
            Ok(Ok(steps)) => answers.push(steps),
            Ok(Err(failure)) => {
                sheet.fail(&list::GP_STEPS, format!("it says no to a plain workload: {failure}"));
                return None;
            }
            Err(error) => {
                sheet.fail(&list::GP_STEPS, format!("`generate-steps` breaks: {error}"));
                return None;
            }
        }
    }
    let same = answers[0] == answers[1];
    let steps = answers.swap_remove(0);
    let mut wrong = broken(&steps, &request.needs);
    if !same {
        wrong.push("the steps are others the second time".to_owned());
    }
    let good = wrong.is_empty();
    sheet.judge(&list::GP_STEPS, wrong);
    good.then_some(steps)
}

async fn render(
    path: &Path,
    request: &PathRequest,
    step: &Step,
    made: &[Made],
    cloud: &Arc<Cloud>,
    wrong: &mut Vec<String>,
    found: &mut Vec<String>,
) {
    let later = Arc::new(cloud.fork());
    later.later();
    let mut answers: Vec<Vec<Artifact>> = Vec::new();
    for cloud in [cloud, &later] {
        let call = async |guest: GoldenPath| guest.render(request, step, made).await;
        let (answer, entries) = path.ask(Export::Render, cloud, call).await;
        for entry in entries {
            if let Asked::Log { message, .. } = entry.call {
                leaks::text(cloud, "a log line", &message, found);
            }
        }
        match answer {
            Ok(Ok(files)) => answers.push(files),
            Ok(Err(failure)) => {
                leaks::text(cloud, "the message of a failure", &failure.message, found);
                wrong.push(format!("step `{}`: it says no: {failure}", step.name));
                return;
            }
            Err(error) => {
                wrong.push(format!("step `{}`: it breaks: {error}", step.name));
                return;
            }
        }
    }
    if answers[0] != answers[1] {
        wrong.push(format!("step `{}`: the files are others the second time", step.name));
    }
    let mut names = BTreeSet::new();
    for file in &answers[0] {
        if !names.insert(file.name.as_str()) {
            wrong.push(format!("step `{}`: two files are named `{}`", step.name, file.name));
        }
        if !file.sensitive {
            let place = format!("the file `{}`, which is not sensitive", file.name);
            leaks::text(cloud, &place, &file.content, found);
        }
    }
}
