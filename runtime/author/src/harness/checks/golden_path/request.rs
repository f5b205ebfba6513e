//! What a golden path is asked: one workload that needs everything the platform makes.

use std::sync::Arc;

use innominatus_model::{Candidate, Class, Json, Made, Need, Output, PathRequest, Scope, WorkloadSpec};
use serde_json::json;

use crate::harness::subject::{Subject, name};

/// One workload that refers to every need.
pub(super) fn request(needs: &[(Need, Made)], parameters: Json) -> PathRequest {
    let resources: serde_json::Map<String, Json> = needs
        .iter()
        .map(|(need, _)| {
            let resource = json!({"type": need.kind.to_string(), "class": need.class.to_string(), "params": need.params});
            (resource_name(need), resource)
        })
        .collect();
    let variables: serde_json::Map<String, Json> = needs
        .iter()
        .flat_map(|(need, made)| {
            let variable = |output: &Output| {
                let fold = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
                let key: String =
                    format!("{}_{}", resource_name(need), output.name).chars().map(fold).collect();
                (key, json!(format!("${{resources.{}.{}}}", resource_name(need), output.name)))
            };
            made.outputs.iter().map(variable).collect::<Vec<_>>()
        })
        .collect();
    let spec = json!({
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "web"},
        "containers": {"main": {"image": "registry.example/web:1.0.0", "variables": variables}},
        "service": {"ports": {"www": {"port": 8080, "targetPort": 8080}}},
        "resources": resources,
    });
    PathRequest {
        scope: Scope::default(),
        application: name("shop"),
        workloads: vec![WorkloadSpec { name: name("web"), spec }],
        needs: needs.iter().map(|(need, _)| need.clone()).collect(),
        parameters,
    }
}

/// As in `${resources.<this>.…}`.
fn resource_name(need: &Need) -> String {
    need.id.rsplit('.').next().unwrap_or(&need.id).to_owned()
}

/// A need of this type, as the plan would have it.
pub(crate) fn need(entry: &Subject, class: &Class, params: Json) -> Need {
    let resource = entry.entry.name.to_string();
    Need {
        id: format!("{}.{class}#web.{resource}", entry.entry.kind),
        name: format!("web-{resource}"),
        kind: entry.entry.kind.clone(),
        class: class.clone(),
        workloads: vec![name("web")],
        params,
        depends_on: Vec::new(),
        candidates: vec![Candidate {
            provisioner: entry.label.clone(),
            offer: Arc::new(entry.offer.clone()),
        }],
    }
}
