//! Provisioners of the platform `compose`: what a Score file asks for, as services of a Compose project on
//! the developer's own machine.
//!
//! Nothing is started here. Each provisioner hands over outputs with the names that Score users expect,
//! and an artifact that the golden path `deploy-compose` assembles; see [`fragment`] for its shape. Secrets
//! are made by the host and stay there: a fragment refers to outputs by name, so it holds no token.
//!
//! Deliberately absent: Docker, files, the network, and any knowledge of the other workloads.
#![forbid(unsafe_code)]

pub mod fragment;

pub mod network;
pub mod server;

mod environment;
mod image;
mod naming;
mod volume;

pub use environment::Environment;
pub use network::{Dns, Route, Service, ServicePort};
pub use server::{Amqp, Database, MONGODB, MYSQL, POSTGRES, Redis, S3};
pub use volume::Volume;

innominatus_guest::export_provisioner!(
    Database(&POSTGRES),
    Database(&MYSQL),
    Database(&MONGODB),
    Redis,
    Amqp,
    S3,
    Volume,
    Dns,
    Route,
    Service,
    ServicePort,
    Environment,
);
