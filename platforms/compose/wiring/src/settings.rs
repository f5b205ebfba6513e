//! Where routes are served: what the operator of the platform may set.

use std::collections::BTreeMap;

use innominatus_guest::{Failure, Host, Target};
use serde::Deserialize;

use crate::scope;

/// The port of this machine where routes of the default environment are served.
const PORT: u16 = 8080;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    /// That port, for the default environment.
    route_port: Option<u16>,
    /// That port, by environment.
    #[serde(default)]
    route_ports: BTreeMap<String, u16>,
}

/// Where a host name is served, for a person's browser. `port` is what the golden path says.
pub(crate) fn address<P>(
    host: &Host<'_>,
    target: &Target<P>,
    port: Option<u16>,
    name: &str,
) -> Result<String, Failure> {
    let settings = host.settings::<Settings>()?;
    let parts = scope::parts(target);
    let set = settings.route_ports.get(&target.environment).copied();
    let port = port.or(set).unwrap_or_else(|| match parts.as_slice() {
        [] => settings.route_port.unwrap_or(PORT),
        parts => port_of(parts),
    });
    Ok(match port {
        80 => format!("http://{name}"),
        port => format!("http://{name}:{port}"),
    })
}

/// A port that follows from the scope, so that two environments run side by side. Where two meet all the same,
/// the operator sets one.
fn port_of(parts: &[&str]) -> u16 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let sum = bytes.fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    18_000 + u16::try_from(sum % 1_000).unwrap_or_default()
}
