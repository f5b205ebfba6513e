//! Installing and removing platforms, and what the operator grants them.

mod answer;
mod available;
mod contracts;
mod decide;
mod desired;
mod differ;
mod examine;
mod install;
mod look;
mod migrate;
mod older;
mod overview;
mod pin;
mod serving;
mod source;
mod switch;
mod uninstall;
mod update;
mod verify;
mod written;

pub use answer::{Answer, Choice, InvalidChoice};
pub use available::Available;
pub use decide::GrantError;
pub use desired::{Became, DesiredEntry};
pub use differ::{
    Contents, Difference, EntryChange, Fate, OfferChange, ParamChange, Profile, Remark, Side, TypeChange,
};
pub use examine::{Ask, Examination};
pub use install::Installed;
pub use look::{Behind, Compatible, Listed, NotAsked};
pub use migrate::{Migration, Moved, Moves};
pub use overview::Overview;
pub(crate) use pin::platform_and_pin;
pub(crate) use serving::Serving;
pub use source::{Access, AcquireError, SourceFiles, Terms, Wanted};
pub use switch::Switched;
pub use update::{UpdateInput, Updated};
pub use verify::Judged;
