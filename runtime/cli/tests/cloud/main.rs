//! The real program against the fake cloud: killed for real, and asked for secrets in every way there is.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

mod canary;
mod home;
mod kill;
mod late;
