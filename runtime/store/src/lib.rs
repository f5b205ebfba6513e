//! The store: a small port over a sorted map of bytes with revisions, and the backends behind it.
//!
//! What the port promises, and the [`conformance`] suite checks for every backend:
//!
//! * a **transaction** ([`Txn`]) happens whole or not at all; it takes effect only if all its compares hold, and its
//!   answer comes only after it is durable. All its changes share one [`Revision`], which grows by one;
//! * **reads are linearizable**: what one caller has seen, no later read un-sees, not even after a crash;
//! * a **watch** ([`Watch`]) from a revision gives every change since, once, in order, or says that the history
//!   was compacted;
//! * **limits** ([`limits`]) are the same for all backends and are checked before a backend is asked.
//!
//! Backends: [`memory`] for tests, [`sled`] for a runtime of one process. [`faulty`] wraps any of them to break it
//! at chosen writes; [`measure`] compares one with the disk below it.
//!
//! **Absent on purpose:** what the bytes mean (that is `ledger`), anything of another room, encryption, clocks.
//! No type of a database leaves this room.

#![forbid(unsafe_code)]

pub mod conformance;
mod error;
pub mod faulty;
mod feed;
pub mod limits;
pub mod measure;
pub mod memory;
mod port;
mod range;
pub mod sled;
mod stamp;
mod txn;
mod versioned;
mod watch;

pub use error::{Error, Part};
pub use port::{Backend, Store, collect};
pub use range::{Page, Range};
pub use txn::{Committed, Compare, Op, Txn};
pub use versioned::{Key, Revision, Versioned};
pub use watch::{Batch, Change, ChangeKind, Watch, WatchError};
