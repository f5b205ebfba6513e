//! One run: an accepted plan becomes the world.
//!
//! `drive` is the order of things; `provision`, `render` and `remove` are the executors; `fill` puts outputs
//! into params; `cell` is a resource's record while it is worked on; `settle` turns answers into records;
//! `tracker` is what people see of it.

mod cell;
mod drive;
mod execute;
mod execution;
mod fill;
mod materialise;
mod provision;
mod remove;
mod render;
mod resume;
pub(crate) mod settle;
mod tracker;

pub(crate) use cell::Cell;
pub(crate) use execute::{Context, call};
pub use execution::{Resolution, Resolved};
pub(crate) use provision::scrub_events;
pub(crate) use tracker::Tracker;
pub use tracker::{RunView, StepState};
