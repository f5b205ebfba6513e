//! A workload: each container a service, all of them in one network, as Score has it.

mod compute;
pub(crate) mod health;
mod mounts;
mod order;

use innominatus_guest::placeholder::{Template, Value, Values};
use innominatus_guest::{Failure, Json, Made, Need, PathHost, Request, Workload};
use serde_json::{Map, json};

use crate::parameters::Parameters;
use crate::ports;
use crate::project::{DependsOn, Project};
use crate::resources::Resources;
use crate::score::{Container, Spec};
use crate::text::{Variables, argument, literal};

use mounts::Mounts;

pub(crate) use mounts::problem;
pub(crate) use order::Order;

/// The service of a container.
pub(crate) fn service_name(workload: &str, container: &str) -> String {
    format!("{workload}-{container}")
}

/// The service that answers to the workload's name.
pub(crate) fn entry_service(workload: &str, spec: &Spec) -> Result<String, Failure> {
    Ok(service_name(workload, Order::of(workload, spec)?.owner()))
}

/// Adds the services of a workload.
pub(crate) fn add(
    project: &mut Project,
    host: &PathHost<'_>,
    request: &Request<Parameters>,
    made: &[Made],
    workload: &Workload,
    resources: &Resources<'_>,
    variables: &mut Variables,
) -> Result<(), Failure> {
    let spec = Spec::of(workload)?;
    let order = Order::of(&workload.name, &spec)?;
    let values = Values::new(workload, &request.needs, made);
    let needs = Needs::of(request, workload, &spec, values);
    for (name, container) in &spec.containers {
        let full_name = service_name(&workload.name, name);
        let mut service = Map::new();
        let mut put = |key: &str, value: Json| service.insert(key.to_owned(), value);
        put("image", json!(literal(&container.image)));
        if !container.command.is_empty() {
            put("entrypoint", arguments(&container.command));
        }
        if !container.args.is_empty() {
            put("command", arguments(&container.args));
        }
        if !spec.metadata.annotations.is_empty() {
            put("annotations", annotations(&spec.metadata.annotations));
        }
        if !container.variables.is_empty() {
            let variable =
                |(name, text): &(String, String)| Ok((name.clone(), json!(variables.expand(text, values)?)));
            let environment: Result<Map<_, _>, Failure> = container.variables.iter().map(variable).collect();
            put("environment", Json::Object(environment?));
        }
        if !order.runs_once(name) {
            put("restart", json!("unless-stopped"));
        }
        if name == order.owner() {
            project.add_alias(&workload.name)?;
            put("networks", json!({"default": {"aliases": [workload.name]}}));
            let ports = published(&workload.name, &spec, &request.parameters)?;
            if !ports.is_empty() {
                put("ports", Json::Array(ports));
            }
        } else if !order.runs_once(name) {
            put("network_mode", json!(format!("service:{}", service_name(&workload.name, order.owner()))));
        }
        let mut depends_on = DependsOn::default();
        let mut mounts = Mounts { project, variables, values, depends_on: &mut depends_on, host };
        mounts.add(&mut service, &full_name, container)?;
        if container.readiness_probe.is_some() && container.liveness_probe.is_some() {
            host.warn(format!(
                "service `{full_name}` is checked by its readiness probe alone; Compose has no second check"
            ));
        }
        if let Some(check) = health::check(container, &request.parameters) {
            service.insert("healthcheck".to_owned(), check);
        }
        if let Some(deploy) = compute::deploy(host, &full_name, &container.resources)? {
            service.insert("deploy".to_owned(), deploy);
        }
        for need in needs.used_by(container, values) {
            resources.wait_for(need, &mut depends_on);
        }
        for (other, condition) in order.waits_for(name, &request.parameters) {
            depends_on.add(&service_name(&workload.name, other), condition);
        }
        depends_on.write(&mut service);
        project.add_service(&full_name, service)?;
    }
    Ok(())
}

fn arguments(words: &[String]) -> Json {
    words.iter().map(|word| argument(word)).collect()
}

fn annotations(annotations: &Map<String, Json>) -> Json {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    annotations.iter().map(|(key, value)| (key.clone(), literal(&text(value)))).collect()
}

/// The workload's ports that are opened on this machine.
fn published(workload: &str, spec: &Spec, parameters: &Parameters) -> Result<Vec<Json>, Failure> {
    let port = |opening: crate::parameters::Opening<'_>| {
        let listening = ports::find(spec, opening.port).ok_or_else(|| {
            let message = format!("`{}`: workload `{workload}` {}", opening.text, ports::names(spec));
            Failure::permanent("publish", message)
        })?;
        let protocol = if listening.udp { "/udp" } else { "" };
        Ok(json!(format!("{}:{}{protocol}", opening.here, listening.number)))
    };
    parameters.publish.of(&[workload]).into_iter().map(port).collect()
}

/// Which resources a container waits for: those it refers to. One that no container refers to is waited
/// for by all of them, because the workload asked for it.
struct Needs<'a> {
    own: Vec<&'a Need>,
    referred: Vec<String>,
}

impl<'a> Needs<'a> {
    fn of(request: &'a Request<Parameters>, workload: &Workload, spec: &Spec, values: Values<'_>) -> Self {
        let own = request.needs.iter().filter(|need| need.workloads.contains(&workload.name)).collect();
        let containers = spec.containers.iter();
        let referred = containers.flat_map(|(_, container)| references(container, values)).collect();
        Self { own, referred }
    }

    fn used_by(&self, container: &Container, values: Values<'_>) -> Vec<&'a Need> {
        let referred = references(container, values);
        let used = |need: &&&Need| referred.contains(&need.id) || !self.referred.contains(&need.id);
        self.own.iter().filter(used).copied().collect()
    }
}

/// The ids of the needs that a container refers to.
fn references(container: &Container, values: Values<'_>) -> Vec<String> {
    let variables = container.variables.iter().map(|(_, text)| text);
    let volumes = container.volumes.iter().map(|(_, volume)| &volume.source);
    let files = container.files.iter().filter(|(_, file)| !file.no_expand);
    let files = files.filter_map(|(_, file)| file.content.as_ref());
    let mut ids = Vec::new();
    for template in variables.chain(volumes).chain(files).filter_map(|text| Template::parse(text).ok()) {
        for reference in template.references() {
            match values.look_up(reference) {
                Ok(Value::Resource(need) | Value::Output { need, .. } | Value::Open { need, .. }) => {
                    ids.push(need.id.clone());
                }
                Ok(Value::Metadata(_)) | Err(_) => {}
            }
        }
    }
    ids
}
