//! Why a manifest is not accepted.

use innominatus_model::{Code, Coded, CoreRange, Diagnostic, Name, Severity, Version};

/// Everything that is wrong with a manifest and with the files beside it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{file}` is not a valid platform manifest: {}", count(.diagnostics))]
pub struct ManifestErrors {
    /// The file, as the person named it.
    pub file: String,
    /// At least one error, and the warnings: those of the manifest first, each file's in its order.
    pub diagnostics: Vec<Diagnostic>,
}

impl ManifestErrors {
    /// `diagnostics` holds at least one error.
    pub(crate) fn new(file: &str, diagnostics: Vec<Diagnostic>) -> Self {
        Self { file: file.to_owned(), diagnostics }
    }

    fn first(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|finding| finding.severity == Severity::Error)
    }
}

impl Coded for ManifestErrors {
    fn code(&self) -> Code {
        self.first().map_or(Code::ManifestInvalid, |finding| finding.code)
    }

    fn remedy(&self) -> Option<String> {
        self.first().and_then(|finding| finding.hint.clone())
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

fn count(diagnostics: &[Diagnostic]) -> String {
    let errors: Vec<_> = diagnostics.iter().filter(|finding| finding.severity == Severity::Error).collect();
    match errors.as_slice() {
        [one] => one.message.clone(),
        many => format!("{} errors", many.len()),
    }
}

/// A platform does not work with this core.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("platform `{platform}` {version} works with core {wants}, this is core {core}")]
pub struct CoreIncompatible {
    /// Which platform.
    pub platform: Name,
    /// In which version.
    pub version: Version,
    /// The core versions it names.
    pub wants: Box<CoreRange>,
    /// The core version there is.
    pub core: Version,
}

impl Coded for CoreIncompatible {
    fn code(&self) -> Code {
        Code::CoreIncompatible
    }

    fn remedy(&self) -> Option<String> {
        Some(if self.core < *self.wants.min() {
            format!("install a core of at least {}, or an older version of the platform", self.wants.min())
        } else {
            format!("install a newer version of `{}`; `maxCoreVersion` is exclusive", self.platform)
        })
    }
}
