//! What the operator of the platform may set.

use innominatus_guest::{Failure, Host};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    /// The port of this machine where routes are served.
    #[serde(default = "default_route_port")]
    route_port: u16,
}

fn default_route_port() -> u16 {
    8080
}

/// Where a host name is served, for a person's browser.
pub(crate) fn address(host: &Host<'_>, name: &str) -> Result<String, Failure> {
    match host.settings::<Settings>()?.route_port {
        80 => Ok(format!("http://{name}")),
        port => Ok(format!("http://{name}:{port}")),
    }
}
