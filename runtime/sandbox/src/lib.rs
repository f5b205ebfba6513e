//! Runs third-party components in sandboxes that hold no authority of their own.
//!
//! The way of a component: [`inspect()`] reads its contract before anything is compiled, [`Sandbox::load`]
//! compiles it in a child process (or takes it from the authenticated cache) and links it, and each call of
//! one export runs in a store and instance of its own, within [`Limits`], with every host call going through
//! the [`Port`](innominatus_effect::Port) that the caller hands in.
//!
//! A guest's *failure* is a value inside an [`Answer`], a guest's *fault* is [`CallError::Fault`], and our own
//! error is [`CallError::Host`].
//!
//! **Absent on purpose:** what stands behind the port, where components come from, what is granted (the port
//! judges), retries, and every kind of state. Nothing else in the program knows wasmtime.

#![deny(unsafe_code)]

mod sandbox;

mod inspect;

mod component;

mod asking;
mod call;
mod limits;

mod capability;
mod contract;
mod host;

mod bounds;
mod fault;
mod limiter;
mod text;

mod engine;
mod ticker;

pub mod compile;
pub mod measure;

pub use asking::asking;
pub use call::{Answer, Call, CallError, Frame, HostError, Usage};
pub use compile::{CompileLimits, CompilerCommand};
pub use component::{Component, GoldenPath, Provisioner};
pub use inspect::{Contract, ContractError, MAX_COMPONENT_BYTES, Role, check_role, inspect};
pub use limits::Limits;
pub use sandbox::{LoadError, OpenError, Sandbox, SandboxConfig};
