//! Whole platforms from one place to another: pulled, pushed, copied. Made of what every [`crate::Registry`] can do.

mod cache;
mod copy;
mod document;
mod error;
mod pull;
mod push;

pub use cache::{Cache, NoCache};
pub use copy::{Copied, copy};
pub use document::{DocumentKind, INDEX, document, put_document};
pub use error::TransferError;
pub use pull::{Pulled, inspect, pull};
pub use push::{NewReferrer, Part, PushPlan, Pushed, Tagging, plan_push, push};
