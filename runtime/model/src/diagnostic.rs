//! What is wrong in a file that a person wrote, where, and what to write instead.

use std::fmt;

use crate::Code;

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file is not accepted.
    Error,
    /// The file is accepted; a person should look.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One finding. Lines and columns count from 1; 0 means the place is the whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as the person named it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Error or warning.
    pub severity: Severity,
    /// Stable code, known to `innominatus explain`.
    pub code: Code,
    /// What is wrong: a lower-case fragment without a full stop.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, severity, code, message, hint } = self;
        let severity = severity.as_str();
        if *line == 0 {
            write!(f, "{file}: {severity}[{code}]: {message}")?;
        } else {
            write!(f, "{file}:{line}:{column}: {severity}[{code}]: {message}")?;
        }
        match hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}
