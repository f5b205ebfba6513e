//! Errors, as RFC 9457 problem details.

use innominatus_model::{Code, Diagnostic, ExitClass};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `https://innominatus.io/errors/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code's one-line meaning.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code, known to `innominatus explain`.
    pub code: String,
    /// What happened here: the error and its causes.
    pub detail: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Places in files, if it is about what is written there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<DiagnosticView>,
    /// Finds the request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The exit code a command ends with because of this.
    pub exit_code: u8,
}

impl Problem {
    /// Of this code.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("https://innominatus.io/errors/{code}"),
            title: code.summary().to_owned(),
            status: code.status(),
            code: code.to_string(),
            detail: detail.into(),
            hint: None,
            diagnostics: Vec::new(),
            request_id: None,
            exit_code: code.exit().number(),
        }
    }

    /// The exit class. A code this client does not know yet is judged by the number that came along.
    pub fn exit(&self) -> ExitClass {
        Code::parse(&self.code)
            .map(Code::exit)
            .or_else(|| ExitClass::from_number(self.exit_code))
            .unwrap_or(ExitClass::Internal)
    }
}

/// One finding in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticView {
    /// The file, as the person named it.
    pub file: String,
    /// Line, from 1; 0 for the whole file.
    pub line: u32,
    /// Column in characters, from 1; 0 for the whole file.
    pub column: u32,
    /// `error` or `warning`.
    pub severity: String,
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl From<&Diagnostic> for DiagnosticView {
    fn from(diagnostic: &Diagnostic) -> Self {
        let Diagnostic { file, line, column, severity, code, message, hint } = diagnostic;
        Self {
            file: file.clone(),
            line: *line,
            column: *column,
            severity: severity.as_str().to_owned(),
            code: code.to_string(),
            message: message.clone(),
            hint: hint.clone(),
        }
    }
}
