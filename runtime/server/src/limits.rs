//! What one server bears.

use std::time::Duration;

/// How long is waited for clients, and how much is taken from them. The defaults suit a machine of a developer
/// and a server alike.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections that each listener serves at the same time.
    pub connections: usize,
    /// Connections beyond those that each listener tells that it is full; others are closed without a word.
    pub refusals: usize,
    /// How long the head of a request may take, and how long a connection may say nothing.
    pub head: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// Bytes of the body of a request. Score files are at most 1 MiB each; what they inline comes along.
    pub body_bytes: usize,
    /// How long calls in flight get when the server stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            refusals: 32,
            head: Duration::from_secs(10),
            body: Duration::from_secs(60),
            body_bytes: 32 * 1024 * 1024,
            drain: Duration::from_secs(10),
        }
    }
}
