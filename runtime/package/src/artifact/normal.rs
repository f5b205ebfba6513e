//! What a manifest says, in one form: however the YAML was written, the same platform gives the same JSON.

use innominatus_model::{HttpRule, HttpTarget, Json, Want};
use serde_json::{Map, json};

use crate::{GoldenPathEntry, Manifest, PathSource, ProvisionerEntry};

/// The manifest as JSON; what is absent has no field.
pub(super) fn manifest(manifest: &Manifest) -> Map<String, Json> {
    let mut all = Map::new();
    let mut put = |name: &str, value: Json| {
        let empty = match &value {
            Json::Null => true,
            Json::Array(items) => items.is_empty(),
            Json::Object(fields) => fields.is_empty(),
            _ => false,
        };
        if !empty {
            all.insert(name.to_owned(), value);
        }
    };
    put("name", json!(manifest.name.as_str()));
    put("version", json!(manifest.version.to_string()));
    put("description", json!(manifest.description));
    put("repository", json!(manifest.repository));
    put("license", json!(manifest.license));
    put("core", json!(manifest.compatibility.to_string()));
    put("provisioners", manifest.provisioners.iter().map(provisioner).collect());
    put("goldenpaths", manifest.golden_paths.iter().map(golden_path).collect());
    let resources = manifest.resources.iter();
    let resources = resources.map(|(kind, binding)| {
        let bound = json!({
            "provisioner": binding.provisioner.as_str(),
            "definitionFile": binding.definition,
        });
        (kind.to_string(), full(bound))
    });
    put("resources", Json::Object(resources.collect()));
    let tests = manifest.tests.iter().map(|(suite, command)| (suite.to_string(), json!(command)));
    put("tests", Json::Object(tests.collect()));
    all
}

fn provisioner(entry: &ProvisionerEntry) -> Json {
    full(json!({
        "name": entry.name.as_str(),
        "type": entry.kind.as_str(),
        "version": entry.version.to_string(),
        "description": entry.description,
        "component": entry.component,
        "capabilities": wants(&entry.wants),
        "schema": entry.schema,
    }))
}

fn golden_path(entry: &GoldenPathEntry) -> Json {
    let (component, file) = match &entry.source {
        PathSource::Component(path) => (Some(path), None),
        PathSource::File(path) => (None, Some(path)),
    };
    full(json!({
        "name": entry.name.as_str(),
        "version": entry.version.to_string(),
        "description": entry.description,
        "component": component,
        "file": file,
        "capabilities": wants(&entry.wants),
    }))
}

/// By capability, because the order of the file says nothing.
fn wants(wants: &[Want]) -> Json {
    let one = |want: &Want| {
        let mut rules: Vec<&HttpRule> = want.http.iter().collect();
        rules.sort_by_key(|rule| (rule.target.to_string(), rule.path.clone(), rule.methods.clone()));
        let credentials = want.credentials.iter();
        let credentials: Map<_, _> =
            credentials.map(|(name, kind)| (name.clone(), json!(kind.as_str()))).collect();
        let value = full(json!({
            "reason": want.reason,
            "http": rules.into_iter().map(rule).collect::<Vec<_>>(),
            "credentials": credentials,
            "references": want.references,
        }));
        (want.capability.as_str().to_owned(), value)
    };
    Json::Object(wants.iter().map(one).collect())
}

fn rule(rule: &HttpRule) -> Json {
    let methods: Vec<&str> = rule.methods.iter().map(|method| method.as_str()).collect();
    let (at, value) = match &rule.target {
        HttpTarget::Origin { .. } => ("origin", rule.target.to_string()),
        HttpTarget::Setting(name) => ("setting", name.clone()),
    };
    json!({ at: value, "methods": methods, "path": rule.path, "secrets": rule.secrets })
}

/// Without what says nothing.
fn full(json: Json) -> Json {
    let Json::Object(fields) = json else { return json };
    let says = |value: &Json| match value {
        Json::Null => false,
        Json::Array(items) => !items.is_empty(),
        Json::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    Json::Object(fields.into_iter().filter(|(_, value)| says(value)).collect())
}
