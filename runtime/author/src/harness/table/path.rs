//! Table tests of golden paths.

use std::sync::Arc;

use innominatus_effect::Export;
use innominatus_model::{
    Artifact, Candidate, Class, Json, Kind, Made, Name, Need, Offer, Output, PathRequest, Scope, Step,
    StepKind, WorkloadSpec,
};
use innominatus_package::PlatformTest;
use innominatus_sandbox::GoldenPath;
use serde_json::{Map, json};

use super::compare::Observed;
use super::{tell, world};
use crate::harness::catalogue as list;
use crate::harness::checks::Path;
use crate::harness::sheet::Sheet;
use crate::harness::world::Cloud;

/// Runs a test of a golden path and says on the sheet what came of it.
pub(crate) async fn run_path(path: &Path, test: &PlatformTest, sheet: &mut Sheet<'_>) {
    sheet.of(Some(test.name.to_string()));
    if sheet.wants(&list::TEST) {
        let cloud = Arc::new(world(test, json!({})));
        let observed = Box::pin(observe(path, test, &cloud)).await;
        tell(test, &cloud, observed, sheet);
    }
    sheet.of(None);
}

async fn observe(path: &Path, test: &PlatformTest, cloud: &Arc<Cloud>) -> Result<Observed, String> {
    let export = Export::parse(&test.when).ok_or_else(|| format!("there is no export `{}`", test.when))?;
    let given = &test.given.request;
    let request = request(given)?;
    let words = |error: innominatus_sandbox::CallError| error.to_string();
    let mut observed = Observed::default();
    match export {
        Export::Validate => {
            let call = async |guest: GoldenPath| guest.validate(&request).await;
            observed.violations = path.ask(export, cloud, call).await.0.map_err(words)?;
        }
        Export::GenerateSteps => {
            let call = async |guest: GoldenPath| guest.generate_steps(&request).await;
            match path.ask(export, cloud, call).await.0.map_err(words)? {
                Ok(steps) => observed.steps = steps.into_iter().map(|step| step.name).collect(),
                Err(failure) => observed.failure = Some(failure),
            }
        }
        Export::Render => {
            let step = Step {
                name: "render".into(),
                kind: StepKind::Render,
                subject: None,
                config: given.get("config").cloned().unwrap_or(Json::Null),
                depends_on: Vec::new(),
            };
            let made = made(given)?;
            let call = async |guest: GoldenPath| guest.render(&request, &step, &made).await;
            match path.ask(export, cloud, call).await.0.map_err(words)? {
                Ok(files) => {
                    observed.files =
                        files.into_iter().map(|Artifact { name, content, .. }| (name, content)).collect();
                }
                Err(failure) => observed.failure = Some(failure),
            }
        }
        _ => return Err(format!("`when: {}` is not run by a table test", test.when)),
    }
    Ok(observed)
}

/// `{application, workloads: [<Score>], needs: [{type, class, resource, params, provisioner}], parameters}`.
pub(super) fn request(given: &Json) -> Result<PathRequest, String> {
    let list = |field: &str| given.get(field).and_then(Json::as_array).cloned().unwrap_or_default();
    let mut workloads = Vec::new();
    for spec in list("workloads") {
        let named = spec.pointer("/metadata/name").and_then(Json::as_str).unwrap_or("web");
        workloads.push(WorkloadSpec { name: parsed(Name::new(named))?, spec });
    }
    let needs = list("needs").iter().map(need).collect::<Result<_, _>>()?;
    let application = given.get("application").and_then(Json::as_str).unwrap_or("shop");
    let parameters = given.get("parameters").cloned().unwrap_or_else(|| Json::Object(Map::new()));
    Ok(PathRequest {
        scope: Scope::default(),
        application: parsed(Name::new(application))?,
        workloads,
        needs,
        parameters,
    })
}

fn need(given: &Json) -> Result<Need, String> {
    let text = |field: &str| given.get(field).and_then(Json::as_str);
    let kind = parsed(Kind::new(text("type").ok_or("a need has no `type`")?))?;
    let class = match text("class") {
        Some(class) => parsed(Class::new(class))?,
        None => Class::default(),
    };
    let resource = text("resource").ok_or("a need has no `resource`: its name in the Score file")?;
    let workload = text("workload").unwrap_or("web");
    let offer = Offer {
        kind: kind.clone(),
        classes: Vec::new(),
        outputs: Vec::new(),
        open_outputs: true,
        verbs: Vec::new(),
    };
    Ok(Need {
        id: format!("{kind}.{class}#{workload}.{resource}"),
        name: format!("{workload}-{resource}"),
        workloads: vec![parsed(Name::new(workload))?],
        params: given.get("params").cloned().unwrap_or_else(|| Json::Object(Map::new())),
        depends_on: Vec::new(),
        candidates: vec![Candidate {
            provisioner: text("provisioner").unwrap_or("example/example").to_owned(),
            offer: Arc::new(offer),
        }],
        kind,
        class,
    })
}

/// `made: [{need, outputs: {…}, secrets: {…}, artifacts: [{name, mediaType, content, sensitive}]}]`.
pub(super) fn made(given: &Json) -> Result<Vec<Made>, String> {
    let items = given.get("made").and_then(Json::as_array).cloned().unwrap_or_default();
    let one = |item: &Json| {
        let need = item.get("need").and_then(Json::as_str).ok_or("something made names no `need`")?;
        let mut outputs = Vec::new();
        for (field, sensitive) in [("outputs", false), ("secrets", true)] {
            for (name, value) in item.get(field).and_then(Json::as_object).into_iter().flatten() {
                outputs.push(Output { name: name.clone(), value: value.clone(), sensitive });
            }
        }
        let text = |artifact: &Json, field: &str| {
            artifact.get(field).and_then(Json::as_str).unwrap_or_default().to_owned()
        };
        let artifacts =
            item.get("artifacts").and_then(Json::as_array).into_iter().flatten().map(|artifact| Artifact {
                name: text(artifact, "name"),
                media_type: text(artifact, "mediaType"),
                content: text(artifact, "content"),
                sensitive: artifact.get("sensitive").and_then(Json::as_bool).unwrap_or(false),
            });
        Ok(Made { need: need.to_owned(), outputs, artifacts: artifacts.collect() })
    };
    items.iter().map(one).collect()
}

fn parsed<T>(name: Result<T, innominatus_model::InvalidName>) -> Result<T, String> {
    name.map_err(|error| error.to_string())
}
