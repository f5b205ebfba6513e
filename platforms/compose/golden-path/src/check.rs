//! What is wrong with a request, all of it at once and before anything is made.

use std::collections::BTreeMap;

use innominatus_guest::placeholder::Values;
use innominatus_guest::prelude::*;

use crate::parameters::{Opening, Parameters};
use crate::ports;
use crate::score::{Container, Ready, Spec};
use crate::text::is_variable;
use crate::workload::{Order, health, problem, service_name};

/// Every violation.
pub(crate) fn violations(request: &Request<Parameters>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut specs = BTreeMap::new();
    for workload in &request.workloads {
        match Spec::of(workload) {
            Ok(spec) => {
                specs.insert(workload.name.as_str(), spec);
            }
            Err(failure) => {
                found.push(Violation::new("", format!("workload `{}`: {failure}", workload.name)))
            }
        }
    }
    let mut services: BTreeMap<String, String> = BTreeMap::new();
    for workload in &request.workloads {
        let Some(spec) = specs.get(workload.name.as_str()) else { continue };
        if let Err(failure) = Order::of(&workload.name, spec) {
            found.push(Violation::new("", failure.message));
        }
        found.extend(health_awaited(&workload.name, spec, &request.parameters));
        let values = Values::new(workload, &request.needs, &[]);
        for (name, container) in &spec.containers {
            let place = format!("container `{name}` of workload `{}`", workload.name);
            found.extend(in_container(&place, container, values));
            if let Some(other) = services.insert(service_name(&workload.name, name), place.clone()) {
                let message = format!("{place} and {other} become the same service");
                found.push(Violation::new("", message).remedy("rename one of the two containers"));
            }
        }
    }
    found.extend(request.needs.iter().filter_map(|need| in_need(need, &specs)));
    found.extend(request.needs.iter().filter_map(ours_in_need));
    found.extend(in_parameters(request, &specs));
    found
}

fn in_container(place: &str, container: &Container, values: Values<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    if container.image == "." {
        let message = format!("{place} has the image `.`, which stands for one that is named later");
        found.push(Violation::new("", message).remedy("name the image with `--image`"));
    }
    for (_, volume) in &container.volumes {
        let problem = problem(volume, values);
        found.extend(
            problem.map(|(problem, remedy)| Violation::new("", format!("{place}: {problem}")).remedy(remedy)),
        );
    }
    for (target, file) in &container.files {
        if file.content.is_none() && file.binary_content.is_none() {
            let message = format!("{place}: the content of the file `{target}` is not here");
            found.push(Violation::new("", message));
        }
    }
    found
}

/// Containers that others wait for until they are healthy, and that nobody can ask whether they are.
fn health_awaited(workload: &str, spec: &Spec, parameters: &Parameters) -> Vec<Violation> {
    let awaited = |container: &Container| {
        let awaits = container.before.iter().find(|(_, before)| before.ready == Ready::Healthy);
        awaits.filter(|_| health::check(container, parameters).is_none()).map(|(later, _)| later.clone())
    };
    let found = spec.containers.iter().filter_map(|(name, container)| {
        let later = awaited(container)?;
        let has = match container.probe() {
            None => "has no probe",
            Some(_) => "its probe is not asked, because `httpProbes` is off",
        };
        let message = format!(
            "container `{name}` of workload `{workload}` has to be healthy before `{later}` starts, and {has}"
        );
        let remedy = "give it a `readinessProbe` with `exec`, or let `before` ask for `ready: started`";
        Some(Violation::new("", message).remedy(remedy))
    });
    found.collect()
}

/// Ports that a route or a service port names. What is a placeholder is not known yet.
fn in_need(need: &Need, specs: &BTreeMap<&str, Spec>) -> Option<Violation> {
    let workload = match need.kind.as_str() {
        "route" => need.workloads.first()?.as_str(),
        "service-port" => need.params["workload"].as_str()?,
        _ => return None,
    };
    let port = match &need.params["port"] {
        Json::Null => return None,
        port => port.as_str().map_or_else(|| port.to_string(), str::to_owned),
    };
    if workload.contains('$') || port.contains('$') {
        return None;
    }
    let Some(spec) = specs.get(workload) else {
        // A number stands for itself; the workload may come later.
        let known: Vec<_> = specs.keys().map(|name| format!("`{name}`")).collect();
        let message = format!(
            "`{}` names the workload `{workload}`, which is not part of the application; it has {}",
            need.id,
            known.join(", ")
        );
        return port.parse::<u16>().is_err().then(|| {
            Violation::new("", message).remedy("apply it to the same application, first or in one command")
        });
    };
    if ports::declared(spec, &port).is_some() {
        return None;
    }
    let message = format!(
        "`{}` names the port `{port}` of workload `{workload}`, which {}",
        need.id,
        ports::names(spec)
    );
    Some(Violation::new("", message).remedy("declare the port under `service.ports`"))
}

/// What the golden path itself puts into params.
fn ours_in_need(need: &Need) -> Option<Violation> {
    let ours = matches!(need.kind.as_str(), "route" | "dns") && !need.params["routePort"].is_null();
    ours.then(|| {
        let message = format!("`{}` says `routePort`, which is one port for all routes", need.id);
        Violation::new("", message).remedy("pass it to the golden path: `--param routePort=<port>`")
    })
}

fn in_parameters(request: &Request<Parameters>, specs: &BTreeMap<&str, Spec>) -> Vec<Violation> {
    let mut found = Vec::new();
    for opening in request.parameters.publish.openings() {
        match opening {
            Ok(opening) => found.extend(in_opening(&opening, request, specs)),
            Err(text) => found.push(
                Violation::new("/publish", format!("`{text}` does not say which port to open")).remedy(
                    "write `<port here>:<workload or resource>:<its port>`, like `8080:hello-world:web`",
                ),
            ),
        }
    }
    for (name, value) in &request.parameters.environment {
        if !is_variable(name) {
            let message = format!("`{name}` is not the name of an environment variable");
            found.push(Violation::new("/environment", message));
        } else if value.chars().any(char::is_control) {
            let message = format!("the value of `{name}` has characters that `.env` cannot hold");
            found.push(Violation::new("/environment", message));
        }
    }
    found
}

fn in_opening(
    opening: &Opening<'_>,
    request: &Request<Parameters>,
    specs: &BTreeMap<&str, Spec>,
) -> Option<Violation> {
    let Opening { text, of, port, .. } = opening;
    if let Some(spec) = specs.get(of) {
        let message = format!("`{text}`: workload `{of}` has no port `{port}`, it {}", ports::names(spec));
        return ports::find(spec, port).is_none().then(|| Violation::new("/publish", message));
    }
    let names: Vec<_> = request.needs.iter().map(|need| need.name.as_str()).collect();
    if request.needs.iter().any(|need| need.name == *of || need.id == *of) {
        let message = format!("`{text}`: the port of a resource is a number");
        return port.parse::<u16>().is_err().then(|| Violation::new("/publish", message));
    }
    let known: Vec<_> = specs.keys().copied().chain(names).map(|name| format!("`{name}`")).collect();
    let message = format!("`{text}`: there is no workload or resource `{of}`");
    Some(Violation::new("/publish", message).remedy(format!("one of {}", known.join(", "))))
}
