//! The servers of the platform `compose`: databases, caches, queues and buckets that a Score file asks for, as
//! services of a Compose project on the developer's own machine.
//!
//! Nothing is started here. Each provisioner hands over outputs with the names that Score users expect,
//! and an artifact that the golden path `deploy-compose` assembles; see [`fragment`] for its shape. Secrets
//! are made by the host and stay there: a fragment refers to outputs by name, so it holds no token.
//!
//! Deliberately absent: Docker, files, the network, and any knowledge of the other workloads.
#![forbid(unsafe_code)]

pub mod fragment;

pub mod server;

mod data;
mod image;
mod naming;
mod release;

pub use server::{Amqp, Database, MONGODB, MYSQL, POSTGRES, Redis, S3};

innominatus_guest::export_provisioner!(
    Database(&POSTGRES),
    Database(&MYSQL),
    Database(&MONGODB),
    Redis,
    Amqp,
    S3,
);
