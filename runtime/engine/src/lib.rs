//! Accepts and runs plans: acts, and never decides.
//!
//! Files become a plan (`apply/`), an accepted plan becomes a run, a run calls provisioners, renders and
//! removes (`run/`). What stands behind a guest's calls is `world`. Everything that must survive a crash is
//! in the ledger before it is acknowledged; a run that was interrupted goes on where its resources are.
//!
//! **Absent on purpose:** choices (they are in the plan), HTTP (`server`), wasmtime (`sandbox`), databases
//! (`store`). This is the only room with a loop that acts.

#![forbid(unsafe_code)]

mod apply;
mod backoff;
mod clock;
mod components;
mod engine;
mod error;
mod events;
mod files;
mod places;
mod platforms;
mod refusals;
mod replay;
mod run;
mod secrets;
mod settings;
mod tasks;
mod vault;
mod world;

pub use apply::{Accepted, ApplyInput, Validation};
pub use engine::{Engine, EngineConfig};
pub use error::{ApplyError, EngineError, InstallError};
pub use files::{RunFile, complete_files};
pub use innominatus_effect::HttpResponse as Answered;
pub use innominatus_ledger::Recording;
pub use platforms::{
    Access, AcquireError, Answer, Ask, Available, Became, Behind, Choice, Compatible, Contents, DesiredEntry,
    Difference, EntryChange, Examination, Fate, GrantError, Installed, InvalidChoice, Judged, Listed,
    Migration, Moved, Moves, NotAsked, OfferChange, Overview, ParamChange, Profile, Remark, Side,
    SourceFiles, Switched, Terms, TypeChange, UpdateInput, Updated, Wanted,
};
pub use replay::Replayed;
pub use run::{Resolution, Resolved, RunView, StepState};
pub use secrets::SecretSet;
