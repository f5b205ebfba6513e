//! Decides, and never acts.
//!
//! Demand, steps, offers and a snapshot become an immutable [`Plan`]: complete (nothing is left to choose
//! when it is carried out), bound to its parent, every component pinned by digest.
//!
//! **Absent on purpose:** clock, chance (ids are handed in), store, guests, async. The same inputs give the
//! same plan, everywhere; what a plan says can be tested by reading it.

#![forbid(unsafe_code)]

mod decide;
mod defaults;
mod draft;
mod error;
mod explain;
mod fit;
mod inputs;
mod judge;
mod metadata;
mod name;
mod needs;
mod outputs;
pub mod params;
mod plan;
mod removals;
mod steps;
mod unmet;
pub mod written;

pub use decide::{decide, removal};
pub use defaults::{Defaults, Misfit, fits};
pub use error::PlanError;
pub use explain::explain;
pub use inputs::{Catalogue, Current, Existing, Inputs, Offered, Serves, Snapshot};
pub use needs::needs;
pub use plan::{Action, ComponentRef, Counts, Plan, Removal, RenderTask, Task};
pub use unmet::unmet;
