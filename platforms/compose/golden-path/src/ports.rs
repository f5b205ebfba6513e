//! Which number a workload's container listens on, for a port by name or number.

use crate::score::{Port, Spec};

/// A port of a workload, as others reach it inside the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listening {
    pub(crate) number: u16,
    pub(crate) udp: bool,
}

/// Finds a port. A number that `service.ports` does not know stands for itself, because a container may
/// listen on what its workload does not declare; a name that is unknown is nothing.
pub(crate) fn find(spec: &Spec, wanted: &str) -> Option<Listening> {
    let ports = &spec.service.ports;
    let listening = |port: &Port| Listening {
        number: port.target_port.unwrap_or(port.port),
        udp: port.protocol.as_deref() == Some("UDP"),
    };
    if let Some((_, port)) = ports.iter().find(|(name, _)| name == wanted) {
        return Some(listening(port));
    }
    let number: u16 = wanted.parse().ok().filter(|number| *number > 0)?;
    let known = ports.iter().find(|(_, port)| port.port == number);
    Some(known.map_or(Listening { number, udp: false }, |(_, port)| listening(port)))
}

/// The names that `find` knows, for a person.
pub(crate) fn names(spec: &Spec) -> String {
    let names: Vec<_> = spec.service.ports.iter().map(|(name, _)| format!("`{name}`")).collect();
    if names.is_empty() { "declares none".to_owned() } else { format!("has {}", names.join(", ")) }
}
