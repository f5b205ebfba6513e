//! What templates see: the request, and what was made before the step.

use std::collections::BTreeMap;

use innominatus_model::{Artifact, Json, Made, Need, PathRequest};
use innominatus_score::Workload;
use innominatus_score::placeholder::{self, Reference, Root};
use minijinja::Value;
use serde_json::json;

use super::WrittenError;
use super::template::value;

/// Everything a template can name, and what the filter `fill` needs.
pub(super) struct Context {
    pub(super) workloads: Value,
    pub(super) resources: Value,
    pub(super) parameters: Value,
    pub(super) application: String,
    pub(super) environment: String,
    pub(super) tenant: String,
    owners: BTreeMap<String, Owner>,
    /// Texts that stand for secrets.
    secrets: Vec<String>,
}

/// A workload as placeholders see it.
struct Owner {
    workload: Workload,
    /// By name in the file: the need's id, and what was made of it.
    resources: BTreeMap<String, (String, Option<Json>)>,
}

impl Context {
    /// Every name that a template may use.
    pub(super) const NAMES: &[&str] =
        &["workloads", "resources", "parameters", "application", "environment", "tenant", "range", "loop"];

    /// For whoever only looks at templates.
    pub(super) fn nothing() -> Self {
        Self {
            workloads: Value::UNDEFINED,
            resources: Value::UNDEFINED,
            parameters: Value::UNDEFINED,
            application: String::new(),
            environment: String::new(),
            tenant: String::new(),
            owners: BTreeMap::new(),
            secrets: Vec::new(),
        }
    }

    pub(super) fn new(request: &PathRequest, made: &[Made]) -> Result<Self, WrittenError> {
        let made: BTreeMap<&str, &Made> = made.iter().map(|made| (made.need.as_str(), made)).collect();
        let told = request.needs.iter().filter_map(|need| Some((need, *made.get(need.id.as_str())?)));
        let resources: BTreeMap<&str, Json> =
            told.clone().map(|(need, made)| (need.id.as_str(), resource(need, made))).collect();
        let mut owners = BTreeMap::new();
        let mut workloads = Vec::new();
        for spec in &request.workloads {
            let workload = Workload::from_spec(spec.spec.clone()).map_err(|error| {
                WrittenError::Workload { workload: spec.name.to_string(), what: error.to_string() }
            })?;
            let of: BTreeMap<String, (String, Option<Json>)> = workload
                .resources()
                .iter()
                .map(|(name, declared)| {
                    let id = declared.uid.to_string();
                    let made = resources.get(id.as_str()).cloned();
                    (name.clone(), (id, made))
                })
                .collect();
            let shown: serde_json::Map<String, Json> =
                of.iter().filter_map(|(name, (_, made))| Some((name.clone(), made.clone()?))).collect();
            workloads.push(json!({"name": spec.name.as_str(), "spec": spec.spec, "resources": shown}));
            owners.insert(spec.name.to_string(), Owner { workload, resources: of });
        }
        let listed: Vec<&Json> = told.filter_map(|(need, _)| resources.get(need.id.as_str())).collect();
        Ok(Self {
            workloads: value(&Json::Array(workloads)),
            resources: Value::from_serialize(&listed),
            parameters: value(&request.parameters),
            application: request.application.to_string(),
            environment: request.scope.environment.to_string(),
            tenant: request.scope.tenant.to_string(),
            owners,
            secrets: made.values().flat_map(|made| secrets(made)).collect(),
        })
    }

    /// Whether a text holds one that stands for a secret, as such or within JSON.
    pub(super) fn holds_secret(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| text.contains(secret.as_str()))
    }

    /// The value with Score's placeholders filled, as this workload means them. The error is a fragment.
    pub(super) fn filled(&self, value: &Json, workload: &str) -> Result<Json, String> {
        let owner = self
            .owners
            .get(workload)
            .ok_or_else(|| format!("there is no workload `{}`", workload.escape_debug()))?;
        placeholder::fill_json(value, &mut |reference| owner.resolve(reference))
            .map_err(|error| error.to_string())
    }
}

impl Owner {
    fn resolve(&self, reference: &Reference) -> Result<Json, String> {
        let mut path = reference.path.iter();
        if reference.root == Root::Metadata {
            let found = self.workload.metadata_at(&reference.path).cloned();
            return found.ok_or_else(|| "there is no such metadata".to_owned());
        }
        let name = path.next().map(String::as_str).unwrap_or_default();
        let (id, made) = self.resources.get(name).ok_or_else(|| format!("there is no resource `{name}`"))?;
        let Some(output) = path.next() else { return Ok(Json::from(id.as_str())) };
        let made =
            made.as_ref().ok_or_else(|| format!("`{name}` is not made before this step; see `dependsOn`"))?;
        let value = made["outputs"].get(output).cloned();
        let value = value.ok_or_else(|| format!("`{name}` gave no output `{output}`"))?;
        path.try_fold(value, |value, segment| value.get(segment).cloned())
            .ok_or_else(|| format!("it goes deeper than the output `{output}`"))
    }
}

fn resource(need: &Need, made: &Made) -> Json {
    let outputs: serde_json::Map<String, Json> =
        made.outputs.iter().map(|output| (output.name.clone(), output.value.clone())).collect();
    let artifact = |artifact: &Artifact| {
        json!({
            "name": artifact.name, "mediaType": artifact.media_type, "content": artifact.content,
            "sensitive": artifact.sensitive,
        })
    };
    let sensitive: Vec<&str> =
        made.outputs.iter().filter(|output| output.sensitive).map(|output| output.name.as_str()).collect();
    json!({
        "id": need.id,
        "name": need.name,
        "type": need.kind.as_str(),
        "class": need.class.as_str(),
        "workloads": need.workloads.iter().map(|name| name.as_str()).collect::<Vec<_>>(),
        "params": need.params,
        "outputs": outputs,
        "sensitive": sensitive,
        "artifacts": made.artifacts.iter().map(artifact).collect::<Vec<_>>(),
    })
}

/// A sensitive output is a text that stands for the secret; an artifact may hold several.
fn secrets(made: &Made) -> Vec<String> {
    let outputs = made.outputs.iter().filter(|output| output.sensitive);
    let outputs = outputs.filter_map(|output| output.value.as_str().map(str::to_owned));
    let artifacts = made.artifacts.iter().filter(|artifact| artifact.sensitive);
    let inner = |text: &str| {
        let quoted = Json::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let artifacts = artifacts.flat_map(|artifact| [artifact.content.clone(), inner(&artifact.content)]);
    outputs.chain(artifacts).filter(|text| !text.is_empty()).collect()
}
