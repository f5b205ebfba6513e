#![doc = include_str!("../README.md")]
//!
//! # The rooms of this crate
//!
//! [`Provisioner`] and [`GoldenPath`] are the traits, `value` and `golden_path` the words they use,
//! [`Host`] what they may ask for. `component` finds who answers, `wire` converts at the edge, [`bindings`]
//! is generated and holds the only unsafe code. [`testing`] is for natively built tests.
//!
//! Deliberately absent: anything of the runtime. This crate knows the contract in `wit/` and nothing else,
//! has no I/O of its own, and keeps nothing between calls.
#![deny(missing_docs)]

pub mod prelude;

mod golden_path;
mod host;
mod provisioner;
mod value;

pub mod placeholder;
pub mod schema;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod component;
mod export;
mod wire;

pub use golden_path::{Candidate, GoldenPath, Made, Need, Request, Step, Workload, steps_for_needs};
pub use host::{
    Host, Http, HttpBody, HttpCall, HttpError, HttpRequest, HttpResponse, Level, Minted, PathHost,
    SecretError, Secrets, Slot, Token,
};
pub use provisioner::{NoParams, Provisioner};
pub use value::{
    Artifact, Cause, Denial, Difference, Failure, FailureExt, Health, Hint, Info, Json, Offer, Output,
    OutputSpec, Pending, Prior, Progress, Removal, State, Status, Target, Unsettled, Violation,
};
