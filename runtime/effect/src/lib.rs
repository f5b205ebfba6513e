//! Every effect of a guest is a value that passes through here.
//!
//! A guest is pure computation; each thing it does to the world is a [`Call`] that the sandbox hands to a
//! [`Port`], and an [`Outcome`] that comes back. What stands behind the port decides what running the
//! guest means: [`Live`] authorises and performs, [`Journaled`] also keeps what happened and goes on where it was,
//! [`Replay`] answers from what was kept and performs nothing. A preview is only another thing behind the same
//! port.
//!
//! **Absent on purpose:** how a call is performed (`engine`, `egress`), where it is kept (`ledger`), and
//! wasmtime. This room knows what a call *is*.

#![forbid(unsafe_code)]

mod authorise;
mod call;
mod export;
pub mod http;
mod journal;
mod journaled;
mod live;
mod recording;
mod replay;

pub use authorise::{Authoriser, HttpPermit, Permit, Verdict};
pub use call::{Access, Call, LogLevel, Minted, Outcome, SecretError};
pub use export::Export;
pub use http::{Capture, HttpBody, HttpError, HttpRequest, HttpResponse, Slot};
pub use journal::{Gap, Intent, Journal, JournalError, Note, Past, past, take_back, take_back_to_made};
pub use journaled::Journaled;
pub use live::{Live, World};
pub use recording::{Entry, Recording};
pub use replay::Replay;

use async_trait::async_trait;

/// Why a guest cannot go on after a call. Not an outcome: the guest never sees it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Interrupt {
    /// The guest asked for something that this export may never do: a fault of the guest.
    #[error("{0}")]
    Breach(String),
    /// A replay came to another call than the one that was kept: the component does not do the same twice.
    #[error("at position {position} it {did}, where `{recorded}` was kept")]
    Diverged {
        /// Counted from 0.
        position: u32,
        /// What was kept.
        recorded: String,
        /// What it did instead, for people.
        did: String,
    },
    /// The host could not do its part (the store does not answer, the runtime stops): our own error.
    #[error("the host could not perform `{call}`: {reason}")]
    Host {
        /// Which call, as in the contract.
        call: &'static str,
        /// Why, for people.
        reason: String,
    },
}

impl Interrupt {
    /// It called something that was not kept there.
    fn astray(position: u32, recorded: &str, call: &Call) -> Self {
        let did = match call.name() {
            name if name == recorded => format!("called `{name}` with another request"),
            name => format!("called `{name}`"),
        };
        Self::Diverged { position, recorded: recorded.to_owned(), did }
    }

    /// It answered before it had done all that was kept; none if it had.
    fn early(position: u32, past: &[Past]) -> Result<(), Self> {
        match past.get(position as usize) {
            None => Ok(()),
            Some(next) => {
                Err(Self::Diverged { position, recorded: next.call.clone(), did: "answered".to_owned() })
            }
        }
    }
}

/// Where the calls of one execution go. One port serves one call of one export.
#[async_trait]
pub trait Port: Send + Sync {
    /// Performs (or answers, or refuses) one call.
    async fn perform(&self, call: Call) -> Result<Outcome, Interrupt>;
}
