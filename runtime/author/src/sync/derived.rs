//! One place that derives from the manifest.

use std::ops::Range;
use std::path::PathBuf;

use innominatus_model::{Code, Diagnostic, Severity};

use crate::project::place::number;

/// One place in a file that derives from the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The file as the person would name it.
    pub file: String,
    /// Line, from 1; 0 means the whole file.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What it is, for people: "the version of the package `x`".
    pub what: String,
    /// What stands there.
    pub found: String,
    /// What derives.
    pub wanted: String,
    /// Whether the project may stay as it is all the same.
    pub optional: bool,
    pub(crate) path: PathBuf,
    /// The bytes that `wanted` takes the place of; none where more than these bytes has to change.
    pub(crate) span: Option<Range<usize>>,
}

impl Derived {
    /// At these bytes of a file's text.
    pub(crate) fn at(
        file: (String, PathBuf),
        text: &str,
        span: Range<usize>,
        what: String,
        wanted: String,
    ) -> Self {
        let before = &text[..span.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            file: file.0,
            path: file.1,
            line: number(before.matches('\n').count() + 1),
            column: number(before[line_start..].chars().count() + 1),
            what,
            found: text[span.clone()].to_owned(),
            wanted,
            optional: false,
            span: Some(span),
        }
    }

    /// Whether something else stands there than derives.
    pub fn differs(&self) -> bool {
        self.found != self.wanted
    }

    /// Whether that has to be mended.
    pub fn must_change(&self) -> bool {
        self.differs() && !self.optional
    }

    /// It as a finding: an error where it has to be mended.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            file: self.file.clone(),
            line: self.line,
            column: self.column,
            severity: if self.optional { Severity::Warning } else { Severity::Error },
            code: Code::PlatformDrift,
            message: match self.span {
                Some(_) => format!("{} is `{}`, and derives as `{}`", self.what, self.found, self.wanted),
                None => format!("{} is {}, not {}", self.what, self.found, self.wanted),
            },
            hint: Some("run `innominatus platform sync`".into()),
        }
    }
}
