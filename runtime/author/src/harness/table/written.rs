//! Table tests of golden paths that are files: the exports of a component, worked out from the file.

use innominatus_effect::Export;
use innominatus_model::{Artifact, Cause, Coded as _, Failure, Name, PathRequest, StepKind, WrittenPath};
use innominatus_package::PlatformTest;
use innominatus_plan::params::Schema;
use innominatus_plan::written::{self as work_out, WrittenError};
use innominatus_plan::{Catalogue, Offered};
use serde_json::json;

use super::compare::Observed;
use super::path::{made, request};
use super::{tell, world};
use crate::harness::catalogue as list;
use crate::harness::checks::demanded;
use crate::harness::sheet::Sheet;

/// A golden path that is a file, with what its platform makes.
pub(crate) struct Written<'a> {
    pub(crate) path: &'a WrittenPath,
    pub(crate) platform: &'a Name,
    pub(crate) offered: &'a [Offered],
}

/// Runs a test of one and says on the sheet what came of it.
pub(crate) fn run_written(path: &Written<'_>, test: &PlatformTest, sheet: &mut Sheet<'_>) {
    sheet.of(Some(test.name.to_string()));
    if sheet.wants(&list::TEST) {
        tell(test, &world(test, json!({})), observe(path, test), sheet);
    }
    sheet.of(None);
}

fn observe(path: &Written<'_>, test: &PlatformTest) -> Result<Observed, String> {
    let given = &test.given.request;
    let mut request = request(given)?;
    let schema = Schema::new(&path.path.schema).map_err(|error| format!("`parameters` {error}"))?;
    let violations = schema.violations(&request.parameters);
    request.parameters = schema.with_defaults(&request.parameters);
    let mut observed = Observed::default();
    match Export::parse(&test.when) {
        Some(Export::Validate) => observed.violations = violations,
        Some(Export::GenerateSteps) => match steps(path, &request)? {
            Ok(steps) => observed.steps = steps.into_iter().map(|step| step.name).collect(),
            Err(error) => observed.failure = Some(failure(&error)),
        },
        Some(Export::Render) => {
            let made = made(given)?;
            let only = given.get("step").and_then(|step| step.as_str());
            let files = steps(path, &request)?.and_then(|steps| {
                let renders = steps.iter().filter(|step| step.kind == StepKind::Render);
                let meant = renders.filter(|step| only.is_none_or(|only| step.name == only));
                let files = meant.map(|step| work_out::render(path.path, &request, step, &made));
                files.collect::<Result<Vec<_>, _>>()
            });
            match files {
                Ok(files) => {
                    let files = files.into_iter().flatten();
                    observed.files = files.map(|Artifact { name, content, .. }| (name, content)).collect();
                }
                Err(error) => observed.failure = Some(failure(&error)),
            }
        }
        _ => return Err(format!("`when: {}` is not run by a table test", test.when)),
    }
    Ok(observed)
}

fn steps(
    path: &Written<'_>,
    request: &PathRequest,
) -> Result<Result<Vec<innominatus_model::Step>, WrittenError>, String> {
    let demand = demanded(request)?;
    let catalogue = Catalogue::new(path.offered.to_vec());
    Ok(work_out::steps(path.path, path.platform, request, &demand, &catalogue))
}

/// As a component would say it.
fn failure(error: &WrittenError) -> Failure {
    Failure {
        cause: Cause::Permanent,
        code: error.code().as_str().to_owned(),
        message: error.to_string(),
        partial: None,
    }
}
