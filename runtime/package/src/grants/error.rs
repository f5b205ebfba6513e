//! Why grants are not accepted.

use innominatus_model::{Code, Coded, Diagnostic, Digest, Severity, Version};

/// Everything that is wrong with a grants file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{file}` is not a valid grants file: {}", count(.diagnostics))]
pub struct GrantsErrors {
    /// The file, as the person named it.
    pub file: String,
    /// At least one error, and the warnings, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

impl GrantsErrors {
    fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|finding| finding.severity == Severity::Error)
    }
}

fn count(diagnostics: &[Diagnostic]) -> String {
    let mut errors = diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
    match (errors.next(), errors.count()) {
        (Some(only), 0) => only.message.clone(),
        (_, more) => format!("{} errors", more + 1),
    }
}

impl Coded for GrantsErrors {
    fn code(&self) -> Code {
        self.errors().next().map_or(Code::GrantsInvalid, |finding| finding.code)
    }

    fn remedy(&self) -> Option<String> {
        self.errors().next().and_then(|finding| finding.hint.clone())
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

/// What was reviewed is not what is to be installed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the grants of `{entry}` were approved for {approved}; this is version {version} with digest {digest}"
)]
pub struct Stale {
    /// `<platform>/<entry>`.
    pub entry: String,
    /// The version or digest that was reviewed.
    pub approved: String,
    /// The version at hand.
    pub version: Version,
    /// The digest at hand.
    pub digest: Digest,
}

impl Coded for Stale {
    fn code(&self) -> Code {
        Code::GrantsStale
    }

    fn remedy(&self) -> Option<String> {
        let Self { entry, version, .. } = self;
        Some(format!(
            "review what `{entry}` asks for in this version, then write `approvedFor: {version}` (or the digest)"
        ))
    }
}
