//! `publish:`, where the author publishes the platform and under which tags.

use std::fmt;

use innominatus_model::Version;

use crate::config::{flag, repository};
use crate::findings::{Fields, Findings, nearest};
use crate::yaml::{Node, Value};

/// What may stand between braces.
const PARTS: [&str; 4] = ["version", "major", "minor", "patch"];

/// A tag has no more.
const TAG_LIMIT: usize = 128;

/// Where the author publishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// The repository in a registry, without tag: `ghcr.io/acme/platform-aws`.
    pub registry: String,
    /// What it is called there; `{version}` unless the file says otherwise, never empty.
    pub tags: Vec<TagTemplate>,
    /// Whether who signs it also attests where it was made.
    pub provenance: bool,
}

impl Publish {
    /// The tags of this version, each once. A version before its release (`2.4.0-rc.1`) gets only tags that name it
    /// whole: `2.4` and `stable` go on to name what was released.
    pub fn tags(&self, version: &Version) -> Vec<String> {
        let mut tags = Vec::new();
        for template in self.tags.iter().filter(|tag| version.pre.is_empty() || tag.names_the_version()) {
            let tag = template.render(version);
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }

    /// The tags of this version that go on to the next one: `2.4`, `stable`.
    pub fn moving(&self, version: &Version) -> Vec<String> {
        let moving = self.tags.iter().filter(|tag| version.pre.is_empty() && !tag.is_whole());
        moving.map(|tag| tag.render(version)).collect()
    }
}

/// A tag with `{version}`, `{major}`, `{minor}` and `{patch}` to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagTemplate(String);

impl TagTemplate {
    /// The tag of this version.
    pub fn render(&self, version: &Version) -> String {
        let Version { major, minor, patch, .. } = version;
        let parts = [version.to_string(), major.to_string(), minor.to_string(), patch.to_string()];
        PARTS
            .iter()
            .zip(parts)
            .fold(self.0.clone(), |tag, (name, value)| tag.replace(&format!("{{{name}}}"), &value))
    }

    fn names_the_version(&self) -> bool {
        self.0.contains("{version}")
    }

    /// Whether no two releases have it.
    fn is_whole(&self) -> bool {
        self.names_the_version() || ["{major}", "{minor}", "{patch}"].iter().all(|part| self.0.contains(part))
    }
}

impl fmt::Display for TagTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// `publish:`; `None` only with an error.
pub(super) fn read(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Option<Publish>> {
    let Some(node) = fields.optional("publish") else { return Some(None) };
    let mut publish = Fields::of(node, "publish", findings)?;
    let hint = "add the repository to publish to: `registry: ghcr.io/acme/platform-aws`";
    let registry = publish.required("registry", hint, findings);
    let registry = registry.and_then(|node| repository(node, "publish.registry", findings));
    let tags = match publish.optional("tags") {
        Some(node) => tags(node, findings),
        None => Some(vec![TagTemplate("{version}".to_owned())]),
    };
    let provenance = flag(&mut publish, "provenance", false, findings);
    publish.finish(findings);
    Some(Some(Publish { registry: registry?, tags: tags?, provenance: provenance? }))
}

fn tags(node: &Node, findings: &mut Findings) -> Option<Vec<TagTemplate>> {
    let items = findings.list(node, "publish.tags");
    if items.is_empty() {
        if matches!(node.value, Value::List(_)) {
            let hint = "write `tags: [\"{version}\"]`, or remove the line";
            findings.invalid(node.place, "`publish.tags` is empty", hint);
        }
        return None;
    }
    let mut tags: Vec<Option<TagTemplate>> = Vec::new();
    for (at, node) in items.iter().enumerate() {
        let tag = tag(node, &format!("publish.tags[{at}]"), findings);
        if let Some(tag) = tag.as_ref().filter(|tag| tags.iter().flatten().any(|other| other == *tag)) {
            findings.invalid(node.place, format!("the tag `{tag}` stands twice"), "keep one of them");
        }
        tags.push(tag);
    }
    let tags: Vec<TagTemplate> = tags.into_iter().collect::<Option<_>>()?;
    if !tags.iter().any(TagTemplate::names_the_version) {
        let message =
            "no tag under `publish.tags` names the version, so one version cannot be asked for by its number";
        findings.doubt(node.place, message, "add `\"{version}\"`");
    }
    Some(tags)
}

fn tag(node: &Node, what: &str, findings: &mut Findings) -> Option<TagTemplate> {
    if let Value::Map(_) = node.value {
        // What a bare brace is taken for.
        let message = format!("`{what}` must be text, found a mapping");
        findings.invalid(node.place, message, "put it in quotes: `\"{version}\"`");
        return None;
    }
    let text = findings.text(node, what)?;
    let shown: String = text.chars().take(TAG_LIMIT).collect();
    let shown = shown.escape_debug();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            findings.invalid(
                node.place,
                format!("`{what}` is `{shown}`: a brace is not closed"),
                "write `{version}`",
            );
            return None;
        };
        if !PARTS.contains(&name) {
            let message = format!("`{what}` has `{{{}}}`, which stands for nothing", name.escape_debug());
            let hint = match nearest(name, PARTS) {
                Some(near) => format!("did you mean `{{{near}}}`?"),
                None => "known: `{version}`, `{major}`, `{minor}`, `{patch}`".to_owned(),
            };
            findings.invalid(node.place, message, hint);
            return None;
        }
        rest = after;
    }
    let template = TagTemplate(text.to_owned());
    let sample = template.render(&Version::new(1, 0, 0));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let begins = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let good =
        sample.len() <= TAG_LIMIT && sample.bytes().all(plain) && sample.bytes().next().is_some_and(begins);
    if !good {
        let message = format!("`{what}` is `{shown}`, which no registry takes for a tag");
        let hint = "use up to 128 letters, digits, `.`, `_` and `-`, beginning with a letter, a digit or `_`";
        findings.invalid(node.place, message, hint);
        return None;
    }
    Some(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_before_its_release_moves_no_other_tag() {
        let tags = ["{version}", "{major}.{minor}", "{major}.{minor}.{patch}", "v{major}", "stable"];
        let tags = tags.map(|tag| TagTemplate(tag.to_owned())).to_vec();
        let publish = Publish { registry: "ghcr.io/acme/x".into(), tags, provenance: false };
        assert_eq!(publish.tags(&Version::new(2, 3, 1)), ["2.3.1", "2.3", "v2", "stable"]);
        assert_eq!(publish.tags(&Version::parse("2.4.0-rc.1").unwrap()), ["2.4.0-rc.1"]);
    }
}
