//! Files become a plan, and a plan the current one.
//!
//! `read` is the files, `judge` what is wrong with them, `choose` the golden path, `parameters` what it gets, `ask`
//! what it answers, `snapshot` what exists, `draft` all of these together, `accept` the swap of the pointer, `delete`
//! the plan that removes.

mod accept;
mod ask;
mod choose;
mod delete;
mod draft;
mod judge;
mod parameters;
mod read;
mod snapshot;

pub use accept::Accepted;
pub(crate) use draft::Edit;
pub use read::{ApplyInput, Validation};
