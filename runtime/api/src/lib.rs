//! API v1: the wire types people and programs see, and a client that speaks them.
//!
//! Served over HTTP/1.1 with JSON bodies; errors are RFC 9457 `application/problem+json`; events are
//! server-sent. The types only grow: a field is never removed or retyped inside v1.
//!
//! **Absent on purpose:** what the server does with a request (`server`, `engine`), any wording meant for
//! a terminal (`cli`), stored formats (`ledger`).

#![forbid(unsafe_code)]

pub mod client;
pub mod socket;
pub mod wire;

pub use client::{Client, ClientError, Endpoint};

/// Stands in every object a command prints with `--json`.
pub const API_VERSION: &str = "innominatus.io/v1";
