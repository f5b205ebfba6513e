//! Golden paths that are files: the same rules as for components, on what is worked out from the file.

use std::collections::BTreeSet;

use innominatus_model::{Coded as _, Made, Name, PathRequest, Step, StepKind, WrittenPath};
use innominatus_plan::Catalogue;
use innominatus_plan::params::Schema;
use innominatus_plan::written::{self as work_out, WrittenError};
use innominatus_score::{Demand, Workload, demand};
use serde_json::json;

use super::request::request;
use super::rules::broken;
use crate::harness::catalogue as list;
use crate::harness::checks::leaks;
use crate::harness::run::Shown;
use crate::harness::sample::Samples;
use crate::harness::sheet::Sheet;
use crate::harness::world::Cloud;

/// Every check that fits a file. What it says of itself was judged when the platform was opened.
pub(crate) fn written(path: &WrittenPath, own: &Name, shown: &Shown, sheet: &mut Sheet<'_>) {
    let Some(request) = asked(path, shown, sheet) else { return };
    let demand = match demanded(&request) {
        Ok(demand) => demand,
        Err(why) => return sheet.fail(&list::GP_STEPS, why),
    };
    let catalogue = Catalogue::new(shown.offered.clone());
    let work = || work_out::steps(path, own, &request, &demand, &catalogue);
    let steps = match work() {
        Ok(steps) => steps,
        Err(error) => {
            sheet.fail(&list::GP_STEPS, words(&error));
            for check in [&list::GP_RENDER, &list::GP_SECRETS] {
                sheet.skip(check, "it needs steps that keep the contract");
            }
            return;
        }
    };
    let mut wrong = broken(&steps, &request.needs);
    if work().as_ref() != Ok(&steps) {
        wrong.push("the steps are others the second time".to_owned());
    }
    sheet.judge(&list::GP_STEPS, wrong);
    files(path, &request, &steps, shown, sheet);
}

/// The request, with parameters that the file's own schema accepts.
fn asked(path: &WrittenPath, shown: &Shown, sheet: &mut Sheet<'_>) -> Option<PathRequest> {
    let schema = match Schema::new(&path.schema) {
        Ok(schema) => schema,
        Err(error) => {
            sheet.fail(&list::GP_SCHEMA, format!("the schema under `parameters` {error}"));
            return None;
        }
    };
    match Samples::of(&path.schema, &schema) {
        Ok(samples) => {
            sheet.pass(&list::GP_SCHEMA);
            Some(request(&shown.needs, samples.minimal))
        }
        Err(why) => {
            sheet.warn(&list::GP_SCHEMA, format!("no parameters could be made up: {why}"));
            None
        }
    }
}

/// What the workloads of a request need.
pub(crate) fn demanded(request: &PathRequest) -> Result<Demand, String> {
    let workloads: Result<Vec<Workload>, _> =
        request.workloads.iter().map(|workload| Workload::from_spec(workload.spec.clone())).collect();
    let workloads = workloads.map_err(|error| format!("the sample workload cannot be read: {error}"))?;
    demand(&workloads).map_err(|found| match found.first() {
        Some(first) => format!("the sample workload cannot be used: {}", first.message),
        None => "the sample workload cannot be used".to_owned(),
    })
}

fn files(path: &WrittenPath, request: &PathRequest, steps: &[Step], shown: &Shown, sheet: &mut Sheet<'_>) {
    let made: Vec<Made> = shown.needs.iter().map(|(_, made)| made.clone()).collect();
    let cloud = Cloud::new(json!({})).minted(made.iter().flat_map(|made| made.outputs.iter()));
    let (mut wrong, mut found) = (Vec::new(), Vec::new());
    let renders: Vec<&Step> = steps.iter().filter(|step| step.kind == StepKind::Render).collect();
    for step in &renders {
        let work = || work_out::render(path, request, step, &made);
        match (work(), work()) {
            (Err(error), _) | (_, Err(error)) => {
                leaks::text(&cloud, "the message of a failure", &error.to_string(), &mut found);
                wrong.push(format!("step `{}`: {}", step.name, words(&error)));
            }
            (Ok(files), again) => {
                if again.as_ref() != Ok(&files) {
                    wrong.push(format!("step `{}`: the files are others the second time", step.name));
                }
                let mut names = BTreeSet::new();
                for file in &files {
                    if !names.insert(file.name.as_str()) {
                        wrong.push(format!("step `{}`: two files are named `{}`", step.name, file.name));
                    }
                    if !file.sensitive {
                        let place = format!("the file `{}`, which is not sensitive", file.name);
                        leaks::text(&cloud, &place, &file.content, &mut found);
                    }
                }
            }
        }
    }
    match renders.is_empty() {
        true => sheet.skip(&list::GP_RENDER, "it has no render step"),
        false => sheet.judge(&list::GP_RENDER, wrong),
    }
    found.sort();
    found.dedup();
    sheet.judge(&list::GP_SECRETS, found);
}

/// The error, and what to do.
fn words(error: &WrittenError) -> String {
    match error.remedy() {
        Some(remedy) => format!("{error} ({remedy})"),
        None => error.to_string(),
    }
}
