//! Texts that must parse: names, versions, paths.

use innominatus_model::{Code, InvalidName, Version};

use crate::findings::{Document, Findings};
use crate::yaml::{Node, Value};

/// Longer paths are a mistake or an attack.
const PATH_LIMIT: usize = 255;

/// A name or a resource type.
pub(crate) fn name<T>(
    node: &Node,
    what: &str,
    parse: fn(String) -> Result<T, InvalidName>,
    findings: &mut Findings,
) -> Option<T> {
    let text = findings.text(node, what)?;
    match parse(text.to_owned()) {
        Ok(name) => Some(name),
        Err(InvalidName { expected, found, .. }) => {
            let shown: String = found.chars().take(80).collect();
            let message = format!("`{what}` is `{}`, which is not a valid name", shown.escape_debug());
            findings.invalid(node.place, message, format!("use {expected}"));
            None
        }
    }
}

/// A SemVer version without `v` and without build metadata.
/// Letters of the longest version: a tag of a registry has no more, and a stage may stand behind it.
const VERSION_LIMIT: usize = 100;

pub(crate) fn version(node: &Node, what: &str, findings: &mut Findings) -> Option<Version> {
    let text = match &node.value {
        // A plain `1.0` is a number to YAML; the person meant a version all the same.
        Value::Plain { text, .. } => text,
        _ => findings.text(node, what)?,
    };
    let code = match findings.document() {
        Document::Manifest | Document::GoldenPath => Code::ManifestVersion,
        other => other.invalid(),
    };
    let mut refuse = |why: &str, hint: String| {
        let message = format!("`{what}` is `{}`, {why}", text.escape_debug());
        findings.error(node.place, code, message, hint);
        None
    };
    if text.len() > VERSION_LIMIT {
        let message = format!("`{what}` has more than {VERSION_LIMIT} characters");
        findings.error(node.place, code, message, "registries keep no longer tags: use a shorter one");
        return None;
    }
    match Version::parse(text) {
        Ok(version) if version.build.is_empty() => Some(version),
        Ok(mut version) => {
            version.build = semver::BuildMetadata::EMPTY;
            refuse(
                "which has build metadata: two builds of one version could not be told apart",
                format!("write `{version}`; a build before the release is `{version}-dev.1`"),
            )
        }
        Err(_) => match text.strip_prefix(['v', 'V']).map(Version::parse) {
            Some(Ok(version)) => {
                refuse("which is not a SemVer version: it starts with `v`", format!("write `{version}`"))
            }
            _ => {
                let hint = completed(text).map_or_else(
                    || "write three numbers, for example `1.0.0`".to_owned(),
                    |version| format!("write all three numbers: `{version}`"),
                );
                refuse("which is not a SemVer version", hint)
            }
        },
    }
}

/// `1` and `1.2` are short for something.
pub(crate) fn completed(text: &str) -> Option<Version> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    [format!("{text}.0"), format!("{text}.0.0")].iter().find_map(|longer| Version::parse(longer).ok())
}

/// The path of a file in the platform's folder, without `./` and doubled slashes.
pub(crate) fn path(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = findings.text(node, what)?;
    match check_path(text) {
        Ok(()) => {
            let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
            Some(parts.join("/"))
        }
        Err((why, hint)) => {
            let shown: String = text.chars().take(PATH_LIMIT).collect();
            let message = format!("`{what}` is `{}`, {why}", shown.escape_debug());
            findings.error(node.place, Code::ManifestPath, message, hint);
            None
        }
    }
}

fn check_path(text: &str) -> Result<(), (&'static str, &'static str)> {
    const INSIDE: &str = "name a file inside the platform's folder, for example `./postgres.wasm`";
    let bytes = text.as_bytes();
    if text.len() > PATH_LIMIT {
        return Err(("which is longer than 255 bytes", "use a shorter path"));
    }
    if text.contains('\\') {
        return Err(("which has a backslash", "separate folders with `/`"));
    }
    if text.chars().any(char::is_control) {
        return Err(("which has control characters", INSIDE));
    }
    if text.starts_with('/') || (bytes.len() > 1 && bytes[1] == b':' && bytes[0].is_ascii_alphabetic()) {
        return Err(("which is an absolute path", INSIDE));
    }
    if text.contains("://") {
        return Err((
            "which is an address",
            "name a file inside the platform's folder; nothing is downloaded",
        ));
    }
    if text.split('/').any(|part| part == "..") {
        return Err(("which may leave the platform's folder", INSIDE));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    if !text.bytes().all(plain) {
        return Err((
            "which has characters that not every registry and file system can keep",
            "use letters, digits, `.`, `_`, `-` and `/`",
        ));
    }
    if text.ends_with('/') || text.split('/').all(|part| part.is_empty() || part == ".") {
        return Err(("which names no file", INSIDE));
    }
    Ok(())
}
