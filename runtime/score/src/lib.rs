//! Score: the bytes of a file become a `Workload`, workloads become a `Demand`.
//!
//! `read` judges one file completely (text, schema, placeholders) and reports everything wrong in one go,
//! each finding with a place and what to write instead. `demand` merges the resources of all workloads of
//! an application, and orders them so that every need comes after what it depends on.
//!
//! **Absent on purpose:** files and folders (contents are handed in), platforms and what they make (whether
//! an output exists is judged by `plan`), state, clocks, anything asynchronous.

#![forbid(unsafe_code)]

mod demand;
mod dialect;
mod expand;
mod findings;
mod local_file;
pub mod placeholder;
mod read;
mod schema;
mod shape;
mod sketch;
mod suggest;
mod text;
mod tree;
mod workload;

pub use demand::{Demand, Demanded, demand};
pub use local_file::file_sources;
pub use read::{Reading, Source, read, survey};
pub use sketch::{Sketch, SketchedResource};
pub use workload::{InvalidSpec, PlacedReference, ResourceDeclaration, Workload};
