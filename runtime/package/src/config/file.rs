//! Small values: the path of a file, a truth value, a part that may be absent.

use crate::findings::{Fields, Findings};
use crate::yaml::Node;

/// Longer paths are a mistake.
const PATH_LIMIT: usize = 4096;

/// A part that may be absent, read by `read`: `None` when it is there and wrong.
pub(crate) fn optional<T>(
    fields: &mut Fields<'_>,
    name: &'static str,
    findings: &mut Findings,
    read: impl FnOnce(&Node, &str, &mut Findings) -> Option<T>,
) -> Option<Option<T>> {
    let what = fields.path(name);
    match fields.optional(name) {
        Some(node) => read(node, &what, findings).map(Some),
        None => Some(None),
    }
}

/// A truth value that may be absent.
pub(crate) fn flag(
    fields: &mut Fields<'_>,
    name: &'static str,
    default: bool,
    findings: &mut Findings,
) -> Option<bool> {
    let flag = optional(fields, name, findings, |node, what, findings| findings.flag(node, what))?;
    Some(flag.unwrap_or(default))
}

/// The path of a file or folder of the operator's: absolute, or seen from the file that names it. It is not opened here.
pub(crate) fn file(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = findings.text(node, what)?;
    let (why, hint) = if text.trim().is_empty() {
        ("names no file", "write a path, seen from this file: `./file`")
    } else if text.len() > PATH_LIMIT {
        ("is longer than 4096 bytes", "use a shorter path")
    } else if text.chars().any(char::is_control) {
        ("has control characters", "write a path, seen from this file: `./file`")
    } else if text.contains("://") {
        ("is an address", "keep a copy of the file beside this one and write its path; nothing is downloaded")
    } else {
        return Some(text.to_owned());
    };
    findings.invalid(node.place, format!("`{what}` {why}"), hint);
    None
}
