//! Why a table test is not accepted.

use innominatus_model::{Code, Coded, Diagnostic, Severity};

/// Everything that is wrong with a table test.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{file}` is not a valid table test: {}", told(.diagnostics))]
pub struct TestErrors {
    /// The file, as the person named it.
    pub file: String,
    /// At least one error, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

impl TestErrors {
    fn first(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|finding| finding.severity == Severity::Error)
    }
}

fn told(diagnostics: &[Diagnostic]) -> String {
    match diagnostics {
        [one] => one.message.clone(),
        many => format!("{} errors", many.len()),
    }
}

impl Coded for TestErrors {
    fn code(&self) -> Code {
        self.first().map_or(Code::PlatformTestInvalid, |finding| finding.code)
    }

    fn remedy(&self) -> Option<String> {
        self.first().and_then(|finding| finding.hint.clone())
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}
