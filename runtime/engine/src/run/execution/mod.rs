//! Executions: calls of exports that write. Each is in the record before anything is called, goes on where it was
//! after an interruption, and is closed in the same transaction that says what came of it.
//!
//! `keeper` puts notes into the ledger, `perform` makes the call, `ending` closes it or leaves it to a person,
//! `open` judges what it left open, `broken` what becomes of one whose component broke, `finish` brings one of an
//! earlier wish to its end, `resolve` takes a person's word.

mod broken;
mod ending;
mod finish;
mod keeper;
mod open;
mod perform;
mod resolve;

pub(super) use broken::{broken, refused};
pub(super) use ending::{Ended, Ending, doubt, goes_on_error, in_doubt_error, lost_error};
pub(super) use finish::finish;
pub(super) use open::{doubtful, of_their_own};
pub(super) use perform::{Begin, NoAnswer, Performed, begin, perform};
pub use resolve::{Resolution, Resolved};
