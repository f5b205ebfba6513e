//! The ledger at its seam: records in, records out, whatever the store does in between.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod between;
mod changes;
mod events;
mod journal;
mod opening;
mod operator;
mod records;
mod rotation;
mod samples;
mod sealed;
mod secrets;
mod sizes;
mod stored;
mod stored_grants;
mod support;
