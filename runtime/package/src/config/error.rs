//! Why a file of the operator is not accepted.

use innominatus_model::{Code, Coded, Diagnostic, Severity};

use crate::findings::Document;

/// Everything that is wrong with `platforms.yaml`, `policy.yaml` or `registries.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{file}` cannot be used as {noun}: {}", count(.diagnostics))]
pub struct ConfigErrors {
    /// The file, as the person named it.
    pub file: String,
    /// At least one error, and the warnings, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    noun: &'static str,
    fallback: Code,
}

impl ConfigErrors {
    /// `diagnostics` holds at least one error.
    pub(crate) fn new(file: &str, document: Document, diagnostics: Vec<Diagnostic>) -> Self {
        Self { file: file.to_owned(), diagnostics, noun: document.noun(), fallback: document.invalid() }
    }

    fn first(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|finding| finding.severity == Severity::Error)
    }
}

fn count(diagnostics: &[Diagnostic]) -> String {
    let mut errors = diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
    match (errors.next(), errors.count()) {
        (Some(only), 0) => only.message.clone(),
        (_, more) => format!("{} errors", more + 1),
    }
}

impl Coded for ConfigErrors {
    fn code(&self) -> Code {
        self.first().map_or(self.fallback, |finding| finding.code)
    }

    fn remedy(&self) -> Option<String> {
        self.first().and_then(|finding| finding.hint.clone())
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}
