//! Installing and removing platforms, and what the operator grants them.

mod answer;
mod contracts;
mod decide;
mod examine;
mod install;
mod pin;
mod serving;
mod uninstall;

pub use answer::{Answer, Choice, InvalidChoice};
pub use decide::GrantError;
pub use examine::{Ask, Examination};
pub use install::Installed;
pub(crate) use pin::platform_and_pin;
pub(crate) use serving::Serving;
