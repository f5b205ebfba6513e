//! The head of a manifest: what it is, whose, and with which core it works.

use innominatus_model::{Code, CoreRange, Name, Version};

use super::value;
use crate::findings::{Fields, Findings};

const API_VERSION: &str = "innominatus.io/v1";

/// `metadata:`.
pub(super) struct Identity {
    pub(super) name: Name,
    pub(super) version: Version,
    pub(super) description: Option<String>,
    pub(super) repository: Option<String>,
    pub(super) license: Option<String>,
}

/// `apiVersion` and `kind`: is this such a file at all?
pub(crate) fn declare(fields: &mut Fields<'_>, kind: &str, findings: &mut Findings) {
    for (name, expected) in [("apiVersion", API_VERSION), ("kind", kind)] {
        let hint = format!("write `{name}: {expected}`");
        let Some(node) = fields.required(name, hint.clone(), findings) else { continue };
        let Some(text) = findings.text(node, name) else { continue };
        if text != expected {
            let message = format!("`{name}` is `{}`, expected `{expected}`", text.escape_debug());
            findings.error(node.place, Code::ManifestInvalid, message, hint);
        }
    }
}

pub(super) fn metadata(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Identity> {
    let node = fields.required("metadata", "add `metadata:` with `name` and `version`", findings)?;
    let mut metadata = Fields::of(node, "metadata", findings)?;
    let name = metadata
        .required("name", "add the platform's name, for example `name: acme`", findings)
        .and_then(|node| value::name(node, "metadata.name", Name::new, findings));
    let version = metadata
        .required("version", "add the platform's version, for example `version: 1.0.0`", findings)
        .and_then(|node| value::version(node, "metadata.version", findings));
    let description = metadata.text("description", findings);
    let repository = metadata.text("repository", findings);
    let license = metadata.text("license", findings);
    metadata.finish(findings);
    Some(Identity { name: name?, version: version?, description, repository, license })
}

/// `compatibility:`, a half-open range.
pub(super) fn compatibility(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<CoreRange> {
    let hint = "add `compatibility:` with `minCoreVersion: \"1.0.0\"` and `maxCoreVersion: \"2.0.0\"`";
    let node = fields.required("compatibility", hint, findings)?;
    let mut range = Fields::of(node, "compatibility", findings)?;
    let min = range
        .required(
            "minCoreVersion",
            "add the oldest core it works with: `minCoreVersion: \"1.0.0\"`",
            findings,
        )
        .and_then(|node| value::version(node, "compatibility.minCoreVersion", findings));
    let max_node = range.optional("maxCoreVersion");
    let max = max_node.map(|node| value::version(node, "compatibility.maxCoreVersion", findings));
    range.finish(findings);
    let max = match max {
        Some(max) => Some(max?),
        None => None,
    };
    match CoreRange::new(min?, max) {
        Ok(range) => Some(range),
        Err(error) => {
            let hint = if error.min == error.max {
                let Version { major, .. } = error.min;
                format!(
                    "`maxCoreVersion` is exclusive: to work with {}, write `{}.0.0`",
                    error.min,
                    major + 1
                )
            } else {
                "swap `minCoreVersion` and `maxCoreVersion`; the maximum is exclusive".to_owned()
            };
            let place = max_node.map_or(node.place, |max| max.place);
            findings.error(place, Code::ManifestInvalid, error.to_string(), hint);
            None
        }
    }
}
