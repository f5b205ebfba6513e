//! The rest of the platform `compose`: what is no server of its own, but ties workloads together. Volumes,
//! host names, routes, other workloads and their ports, variables of the developer's shell.
//!
//! A component of its own because it needs no secret: it imports nothing that an operator would have to
//! grant.
//!
//! Deliberately absent: Docker, files, the network, and any knowledge of the other workloads.
#![forbid(unsafe_code)]

mod dns;
mod environment;
mod label;
mod route;
mod scope;
mod service;
mod service_port;
mod settings;
mod volume;

pub use dns::{Dns, DnsParams};
pub use environment::Environment;
pub use route::{ROUTE, Route, RouteParams};
pub use service::{Service, ServiceParams};
pub use service_port::{ServicePort, ServicePortParams};
pub use volume::{FRAGMENT, Volume, VolumeParams};

innominatus_guest::export_provisioner!(Volume, Dns, Route, Service, ServicePort, Environment);
