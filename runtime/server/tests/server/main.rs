//! What clients see of a server, over TCP and over its Unix socket. No verdict depends on time: limits are
//! small where their end is waited for, and whatever is waited for for too long is a failure.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod client;
mod door;
mod ending;
mod grants;
mod homes;
mod house;
mod requests;
mod slow;
mod starting;
