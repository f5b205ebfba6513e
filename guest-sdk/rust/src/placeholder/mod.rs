//! Score placeholders, for golden paths.
//!
//! The host fills the placeholders of resource params. Those of containers (variables, file contents,
//! volume sources) are the golden path's, because only it knows what a value becomes in its output: a
//! literal, a reference to a variable, a secret's token. So this module works in two halves: [`Template`]
//! splits a text, [`Values`] looks a reference up.

mod template;
mod values;

pub use template::{Reference, Segment, SyntaxError, Template};
pub use values::{LookupError, Value, Values, resource_uid};

/// Why a text cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// The text is not a template.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A reference leads nowhere.
    #[error(transparent)]
    Lookup(#[from] LookupError),
}

impl From<ExpandError> for crate::Failure {
    fn from(error: ExpandError) -> Self {
        Self::permanent("placeholder", error.to_string())
    }
}
