//! Names and ways: host names, routes, and other workloads. None of them starts a service of its own.

mod dns;
mod route;
mod service;
mod service_port;

use innominatus_guest::{Failure, Host};
use serde::Deserialize;

pub use dns::{Dns, DnsParams};
pub use route::{Route, RouteParams};
pub use service::{Service, ServiceParams};
pub use service_port::{ServicePort, ServicePortParams};

/// What the operator of the platform may set.
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
fn address(host: &Host<'_>, name: &str) -> Result<String, Failure> {
    match host.settings::<Settings>()?.route_port {
        80 => Ok(format!("http://{name}")),
        port => Ok(format!("http://{name}:{port}")),
    }
}
