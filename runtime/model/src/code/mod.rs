//! Error codes: stable words, each with one HTTP status, one exit class and a page of explanation.
//!
//! `table.rs` is the list, `exit.rs` the exit classes. A code is added in one place; everything else
//! (status, exit code, `innominatus explain`, the reference page) follows from it.

mod exit;
mod table;

pub use exit::ExitClass;
pub use table::Code;

use crate::Diagnostic;

/// What every error that reaches a person can say of itself.
pub trait Coded: std::error::Error {
    /// The stable code.
    fn code(&self) -> Code;

    /// What to do next, in words or as a command.
    fn remedy(&self) -> Option<String> {
        None
    }

    /// Places in files, if the error is about what is written there.
    fn diagnostics(&self) -> &[Diagnostic] {
        &[]
    }
}
