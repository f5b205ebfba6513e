//! Typed, versioned and sealed records over the store.
//!
//! Applications, plans, resources, runs and what they rendered, events, installed platforms, secrets and
//! tokens. A state change and its event are one [`Change`], committed in one transaction; what must not be
//! read is sealed before it gets to the store; what is too big for one value is kept in chunks, written
//! first, and found by one pointer that is swapped.
//!
//! **Absent on purpose:** what to do next (`plan`), doing it (`engine`), wire formats (`api`), any database
//! (behind `store`).

#![forbid(unsafe_code)]

mod applications;
mod blobs;
mod change;
mod chunks;
mod error;
mod event_size;
mod events;
mod indexes;
mod journal;
mod key;
mod open;
mod plans;
mod platforms;
mod record;
mod recording;
mod resources;
mod rotate;
mod runs;
pub mod seal;
mod secrets;
mod subscriptions;

pub use applications::Application;
pub use blobs::{BlobError, Blobs};
pub use change::{Change, Stored};
pub use error::{LedgerError, store_code};
pub use events::{Cursor, EventFeed, InvalidCursor, Kept, Listed, Recorded};
pub use indexes::SeenIndex;
pub use innominatus_store::Revision;
pub use journal::{EXECUTIONS_KEPT, Execution, NoteSequence};
pub use open::Ledger;
pub use platforms::{InstalledGoldenPath, InstalledPlatform, InstalledProvisioner};
pub use recording::{Recording, RecordingError};
pub use resources::{LastError, Resource, ResourceStatus, Waiting};
pub use rotate::KeyRotation;
pub use runs::{RenderedFile, Run, RunState, StepEnd};
pub use secrets::{
    Completed, Destination, GeneratedSecret, Holder, MAX_OPERATOR_SECRET, OperatorSecret, TokenTarget,
    Withheld,
};
pub use subscriptions::{AccessRecord, BlobRecord, Held, Origin, Signer, Subscription};
