//! Requests sent to real servers on loopback. The rows N1 to N12 in the names are those of
//! `docs/security/http-egress.md`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod addresses;
mod bombs;
mod captures;
mod credentials;
mod headers;
mod keys;
mod logs;
mod outcomes;
mod properties;
mod proxies;
mod rebinding;
mod redirects;
mod scrubbing;
mod secrets;
mod support;
mod timeouts;
mod tls;
mod turns;
