//! Decisions: those of the fixtures, and what holds for all of them.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod plans;
mod properties;
mod support;
mod unmet;
