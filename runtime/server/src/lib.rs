//! Serves API v1: wires the rooms together, turns requests into calls of the engine and records into wire
//! types, errors into problems, events into streams.
//!
//! One home folder is one server. It listens on a Unix socket inside the home, which only its owner can
//! reach, and on request on a loopback address, where a token is asked for.
//!
//! **Absent on purpose:** decisions (`plan`), actions (`engine`), wording for a terminal (`cli`).

#![forbid(unsafe_code)]

mod auth;
mod error;
mod extract;
mod home;
mod limits;
mod listen;
mod problem;
mod routes;
mod start;
mod state;
mod views;
mod work;

#[cfg(test)]
mod tests;

pub use error::StartError;
pub use home::HomeError;
pub use innominatus_store::sled::OPENING_THREAD;
pub use limits::Limits;
pub use start::{Options, Running, start, start_with};

use std::process::ExitCode;

/// What the hidden command that compiles one component does: the server starts it as a process of its own.
pub fn compile_child_main() -> ExitCode {
    innominatus_sandbox::compile::child_main()
}
