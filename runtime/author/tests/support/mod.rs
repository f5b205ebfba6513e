//! What the tests of an author's day share: a workshop, and looking at what was found.

#![allow(dead_code, reason = "no test uses all of it")]

use std::path::{Path, PathBuf};

use innominatus_author::{CompilerCommand, Progress, Workshop};
use innominatus_model::Diagnostic;
use innominatus_testkit::programs;

/// Asks components; what was compiled once for any test is not compiled again.
pub(crate) fn workshop() -> Workshop {
    let compiler = CompilerCommand { program: programs::compiler(), args: Vec::new() };
    Workshop::open(programs::shared("components"), compiler).unwrap()
}

/// Nobody is told.
pub(crate) fn silence(_: Progress) {}

/// Place, code and message of each finding.
pub(crate) fn told(findings: &[Diagnostic]) -> Vec<String> {
    let line = |found: &Diagnostic| {
        let file = Path::new(&found.file).file_name().unwrap_or_default().to_string_lossy().into_owned();
        format!("{file}:{}: {}: {}", found.line, found.code, found.message)
    };
    findings.iter().map(line).collect()
}

/// Changes a file's text.
#[track_caller]
pub(crate) fn edit(file: PathBuf, from: &str, to: &str) {
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{}: no `{from}`", file.display());
    std::fs::write(file, text.replacen(from, to, 1)).unwrap();
}
