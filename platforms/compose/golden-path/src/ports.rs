//! Which number a workload's container listens on, for a port by name or number.

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

/// What a workload declares, for a person.
pub(crate) fn names(spec: &Spec) -> String {
    let ports = spec.service.ports.iter();
    let names: Vec<_> = ports.map(|(name, port)| format!("`{name}` ({})", port.port)).collect();
    if names.is_empty() { "declares none".to_owned() } else { format!("has {}", names.join(", ")) }
}
