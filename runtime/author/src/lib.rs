//! What a platform author does all day: scaffold, build, test, pack.
//!
//! A [`Project`] is a platform's folder as its author works in it. [`build()`] compiles its components and lays it out as
//! a person would install it, [`validate()`] says what is wrong with it, [`sync()`] writes what derives from the manifest,
//! [`scaffold()`] makes a new one. A [`Workshop`] asks components what they are. [`dev`] shows what a platform does while
//! it is written.
//!
//! **Absent on purpose:** the command line and what people see of it (`cli`), the store, and whatever is installed on
//! this machine: an author's tools leave a runtime alone.

#![forbid(unsafe_code)]

mod build;
mod cargo;
pub mod dev;
mod files;
pub mod harness;
mod process;
mod progress;
mod project;
pub mod publish;
mod scaffold;
mod suites;
mod sync;
mod toolchain;
mod validate;
mod workshop;

pub use build::{BuildError, BuildOptions, Built, BuiltComponent, Maker, build};
pub use files::WriteError;
pub use process::ProcessError;
pub use progress::{Progress, Tell};
pub use project::{Project, ProjectError};
pub use scaffold::{Scaffold, ScaffoldError, Scaffolded, scaffold};
pub use suites::{SuiteError, suites};
pub use sync::{Derived, SyncError, Synced, derived, sync};
pub use toolchain::{Choice as ToolchainChoice, NoToolchain};
pub use validate::{ValidateError, Validation, validate};
pub use workshop::{Workshop, WorkshopError};

pub use innominatus_sandbox::CompilerCommand;
