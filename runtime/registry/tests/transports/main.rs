//! Registries, layouts and credentials, in one program: what it links is large, and linked once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod credentials;
mod layout;
mod real;
mod remote;
mod strangers;
mod tls;
