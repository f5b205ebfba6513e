//! What the program says, writes and exits with, against a stand-in that plays the server.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod asking;
mod looking;
mod making;
mod samples;
mod stand_in;
mod terminal;
