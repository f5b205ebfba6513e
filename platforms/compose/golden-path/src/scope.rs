//! Whose project this is: environments and tenants that are not the default stand beside each other on one
//! machine, so neither the project's name nor the port of its routes may be the same.
//!
//! The provisioners of `dns` and `route` follow the same rules; a test holds the two together.

use innominatus_guest::Request;

use crate::parameters::{Parameters, Settings};

const DEFAULT: &str = "default";
/// The port of this machine where routes of the default environment are served.
const PORT: u16 = 8080;

/// What tells this scope from the default one: nothing, the environment, or the environment and the tenant.
/// No name has a `_`, so joined with it no two scopes read alike.
fn parts(request: &Request<Parameters>) -> Vec<&str> {
    match (request.environment.as_str(), request.tenant.as_str()) {
        (DEFAULT, DEFAULT) => vec![],
        (environment, DEFAULT) => vec![environment],
        (environment, tenant) => vec![environment, tenant],
    }
}

/// The Compose project's name. Two projects of one name replace each other.
pub(crate) fn project_name(request: &Request<Parameters>) -> String {
    let made = || [&[request.application.as_str()], parts(request).as_slice()].concat().join("_");
    request.parameters.project.clone().unwrap_or_else(made)
}

/// The port of this machine where routes are served.
pub(crate) fn route_port(request: &Request<Parameters>, settings: &Settings) -> u16 {
    let set = settings.route_ports.get(&request.environment).copied();
    request.parameters.route_port.or(set).unwrap_or_else(|| match parts(request).as_slice() {
        [] => settings.route_port.unwrap_or(PORT),
        parts => port_of(parts),
    })
}

/// A port that follows from the scope, so that two environments run side by side. Where two meet all the same,
/// a person sets one.
fn port_of(parts: &[&str]) -> u16 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let sum = bytes.fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    18_000 + u16::try_from(sum % 1_000).unwrap_or_default()
}
