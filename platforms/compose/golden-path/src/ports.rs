//! Which number a workload's container listens on, for a port by name or number.

use std::collections::BTreeMap;

use innominatus_guest::prelude::*;

use crate::parameters::Parameters;
use crate::score::Spec;

/// A port of a workload, as others reach it inside the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listening {
    pub(crate) number: u16,
    pub(crate) udp: bool,
}

/// Finds a port that the workload declares: by its name, by its number, or by the number that its container
/// listens on.
pub(crate) fn declared(spec: &Spec, wanted: &str) -> Option<Listening> {
    let ports = &spec.service.ports;
    let number = wanted.parse::<u16>().ok();
    let found = ports
        .iter()
        .find(|(name, _)| name == wanted)
        .or_else(|| ports.iter().find(|(_, port)| number == Some(port.port)))
        .or_else(|| ports.iter().find(|(_, port)| number.is_some() && number == port.target_port));
    found.map(|(_, port)| Listening {
        number: port.target_port.unwrap_or(port.port),
        udp: port.protocol.as_deref() == Some("UDP"),
    })
}

/// Finds a port that a person opens. A number that the workload does not declare stands for itself: a container
/// may listen on more than others are meant to use.
pub(crate) fn find(spec: &Spec, wanted: &str) -> Option<Listening> {
    let number = || wanted.parse().ok().filter(|number| *number > 0);
    declared(spec, wanted).or_else(|| Some(Listening { number: number()?, udp: false }))
}

/// Ports of this machine that would be opened for two things; only one could have it. Routes share theirs.
pub(crate) fn taken_twice(request: &Request<Parameters>, route_port: u16) -> Vec<Violation> {
    let routed = request.needs.iter().any(|need| need.kind == "route");
    let mut taken = BTreeMap::new();
    if routed {
        taken.insert(route_port, "the proxy of the routes".to_owned());
    }
    let mut found = Vec::new();
    for opening in request.parameters.publish.openings().flatten() {
        let what = format!("`{}`", opening.text);
        if let Some(other) = taken.insert(opening.here, what) {
            let message =
                format!("`{}` opens port {}, which {other} opens already", opening.text, opening.here);
            found.push(Violation::new("/publish", message).remedy("choose another port of this machine"));
        }
    }
    found
}

/// What a workload declares, for a person.
pub(crate) fn names(spec: &Spec) -> String {
    let ports = spec.service.ports.iter();
    let names: Vec<_> = ports.map(|(name, port)| format!("`{name}` ({})", port.port)).collect();
    if names.is_empty() { "declares none".to_owned() } else { format!("has {}", names.join(", ")) }
}
