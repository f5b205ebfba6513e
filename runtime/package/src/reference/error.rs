//! Why a text names no platform.

use innominatus_model::{Code, Coded};

/// A text that is not a reference, with what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {problem}")]
pub struct ReferenceError {
    /// What was written, shortened and escaped.
    pub text: String,
    problem: String,
    remedy: String,
}

impl ReferenceError {
    /// `problem` goes on after the text: "names no version".
    pub(super) fn new(text: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        let text: String = text.chars().take(200).collect();
        Self { text: text.escape_debug().to_string(), problem: problem.into(), remedy: remedy.into() }
    }

    /// The same about a longer text.
    pub(super) fn of(self, whole: &str) -> Self {
        let Self { text, problem, remedy } = self;
        if whole.escape_debug().to_string() == text || text.is_empty() {
            return Self::new(whole, problem, remedy);
        }
        Self::new(whole, format!("is not a reference: `{text}` {problem}"), remedy)
    }
}

impl Coded for ReferenceError {
    fn code(&self) -> Code {
        Code::ReferenceInvalid
    }

    fn remedy(&self) -> Option<String> {
        Some(self.remedy.clone())
    }
}
