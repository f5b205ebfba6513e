//! One platform of `platforms.yaml`.

use innominatus_model::{Digest, Name};

use super::{DesiredPlatform, VersionRule};
use crate::config::{self, flag, is_local, optional};
use crate::findings::{Fields, Findings, Place};
use crate::manifest::value;
use crate::yaml::{Node, Value};

/// The list.
pub(super) fn all(node: &Node, findings: &mut Findings) -> Option<Vec<DesiredPlatform>> {
    let mut platforms = Vec::new();
    let mut taken: Vec<(Name, Place)> = Vec::new();
    let mut sources: Vec<(String, Place)> = Vec::new();
    if !matches!(node.value, Value::List(_)) {
        // Said by `list`.
        platforms.push(None);
    }
    for (at, node) in findings.list(node, "platforms").iter().enumerate() {
        let platform = Fields::of(node, format!("platforms[{at}]"), findings)
            .and_then(|fields| one(fields, &mut taken, &mut sources, findings));
        platforms.push(platform);
    }
    platforms.into_iter().collect()
}

fn one(
    mut fields: Fields<'_>,
    taken: &mut Vec<(Name, Place)>,
    sources: &mut Vec<(String, Place)>,
    findings: &mut Findings,
) -> Option<DesiredPlatform> {
    let name = name(&mut fields, taken, findings);
    let hint = "add where it comes from: `repository: github.com/innominatus/platform-aws`";
    let what = fields.path("repository");
    let repository = fields.required("repository", hint, findings);
    let place = repository.map(|node| node.place);
    let repository = repository.and_then(|node| repository_of(node, &what, findings));
    if let Some((source, place)) = repository.clone().zip(place) {
        let source = source.trim_start_matches("oci://").to_owned();
        match sources.iter().find(|(known, _)| *known == source) {
            // One version serves: two entries would undo each other.
            Some((_, first)) => findings.invalid(
                place,
                format!("`{what}` is the repository of line {} already", first.line),
                "keep one entry for a platform",
            ),
            None => sources.push((source, place)),
        }
    }
    let hint =
        "add the version that is wanted: `version: 2.3.1`, or `version: ^2.3` for any that is compatible";
    let what = fields.path("version");
    let version = fields.required("version", hint, findings).and_then(|node| version(node, &what, findings));
    let enabled = flag(&mut fields, "enabled", true, findings);
    let private = flag(&mut fields, "private", false, findings);
    let credentials = optional(&mut fields, "credentials", findings, config::credentials);
    let grants = optional(&mut fields, "grants", findings, config::file);
    let digest = optional(&mut fields, "digest", findings, digest);
    fields.finish(findings);
    Some(DesiredPlatform {
        name: name?,
        repository: repository?,
        version: version?,
        enabled: enabled?,
        private: private?,
        credentials: credentials?,
        grants: grants?,
        digest: digest?,
    })
}

fn name(fields: &mut Fields<'_>, taken: &mut Vec<(Name, Place)>, findings: &mut Findings) -> Option<Name> {
    let what = fields.path("name");
    let node = fields.required("name", "add a name for it: `name: aws`", findings)?;
    let name = value::name(node, &what, Name::new, findings)?;
    if let Some((_, first)) = taken.iter().find(|(known, _)| *known == name) {
        let message = format!("the name `{name}` is taken by the platform in line {}", first.line);
        findings.invalid(
            node.place,
            message,
            "give each platform a name of its own, or remove one of the two",
        );
    }
    taken.push((name.clone(), node.place));
    Some(name)
}

/// A registry's repository, or something on this machine.
fn repository_of(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = findings.text(node, what)?;
    if is_local(text) {
        if text.chars().any(char::is_control) {
            let hint = "write the path of a folder: `./platforms/aws`";
            findings.invalid(node.place, format!("`{what}` has control characters"), hint);
            return None;
        }
        return Some(text.to_owned());
    }
    let bare = text.strip_prefix("oci://").unwrap_or(text);
    if let Err((why, hint)) = config::check_repository(bare) {
        let shown: String = config::without_user(text).chars().take(255).collect();
        // A version behind the name is where it stands on the command line.
        let hint = match bare.split_once('@') {
            Some((rest, version))
                if config::user_end(bare).is_none()
                    && VersionRule::parse(version.trim_start_matches('v')).is_ok() =>
            {
                let version = version.trim_start_matches('v');
                format!("write `repository: {}` and `version: {version}`", rest.escape_debug())
            }
            _ => hint,
        };
        findings.invalid(node.place, format!("`{what}` is `{}`, {why}", shown.escape_debug()), hint);
        return None;
    }
    Some(text.to_owned())
}

fn version(node: &Node, what: &str, findings: &mut Findings) -> Option<VersionRule> {
    let text = match &node.value {
        // A plain `2.3` is a number to YAML; the person meant versions all the same.
        Value::Plain { text, .. } => text,
        _ => findings.text(node, what)?,
    };
    match VersionRule::parse(text) {
        Ok(rule) => Some(rule),
        Err(error) => {
            let shown: String = text.chars().take(128).collect();
            let message = format!("`{what}` is `{}`, which {error}", shown.escape_debug());
            findings.invalid(node.place, message, error.remedy());
            None
        }
    }
}

fn digest(node: &Node, what: &str, findings: &mut Findings) -> Option<Digest> {
    let text = findings.text(node, what)?;
    let digest = text.parse().ok();
    if digest.is_none() {
        let shown: String = text.chars().take(80).collect();
        let message = format!("`{what}` is `{}`, which is no digest", shown.escape_debug());
        findings.invalid(node.place, message, "write `sha256:` and 64 digits of 0-9 and a-f");
    }
    digest
}
