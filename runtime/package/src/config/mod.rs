//! What the operator's files have in common: how one is opened, and the values that stand in several of them.

mod address;
mod credentials;
mod error;
mod file;

use innominatus_model::Diagnostic;

pub use credentials::RegistryCredentials;
pub use error::ConfigErrors;

pub(crate) use address::{check_repository, host, is_local, is_loopback, repository, user_end, without_user};
pub(crate) use credentials::read as credentials;
pub(crate) use file::{file, flag, optional};

use crate::findings::{Document, Fields, Findings, Place};
use crate::yaml::{self, Value};

/// Reads one file whole. `file` is how the person named it; on success the diagnostics are warnings. `body` returns
/// `None` only when it found an error.
pub(crate) fn read<T>(
    file: &str,
    text: &[u8],
    document: Document,
    body: impl FnOnce(&mut Fields<'_>, &mut Findings) -> Option<T>,
) -> Result<(T, Vec<Diagnostic>), ConfigErrors> {
    let mut findings = Findings::new(file, document);
    let read = inner(text, &mut findings, body);
    let warnings = findings.finish().map_err(|all| ConfigErrors::new(file, document, all))?;
    Ok((read.expect("without an error the file is read"), warnings))
}

fn inner<T>(
    text: &[u8],
    findings: &mut Findings,
    body: impl FnOnce(&mut Fields<'_>, &mut Findings) -> Option<T>,
) -> Option<T> {
    let node = yaml::read(text, findings)?;
    let document = findings.document();
    if matches!(node.value, Value::Null) {
        let place = Place { line: 1, column: 1 };
        let message = format!("{} is empty", document.noun());
        findings.error(place, document.syntax(), message, document.beginning());
        return None;
    }
    let mut fields = Fields::of(&node, "", findings)?;
    let read = body(&mut fields, findings);
    fields.finish(findings);
    read
}
