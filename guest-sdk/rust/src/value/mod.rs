//! The contract's values, as an author meets them: JSON is [`Json`], lists have builders, nothing is a
//! bare string that means something.

mod answer;
mod failure;
mod offer;
mod state;
mod target;

pub use answer::{Difference, Health, Hint, Pending, Progress, Removal, Status};
pub use failure::{Cause, Denial, Failure, FailureExt, Violation};
pub use offer::{Info, Offer, OutputSpec};
pub use state::{Artifact, Output, State};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use target::ANNOTATION;
pub use target::{Prior, Target, Unsettled};

/// Any JSON value.
pub type Json = serde_json::Value;
