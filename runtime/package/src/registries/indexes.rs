//! `indexes:` and `namespaces:`.

use innominatus_model::Name;

use super::{Index, IndexSource};
use crate::Glob;
use crate::config::{self, repository};
use crate::findings::{Fields, Findings, Place, list, nearest};
use crate::manifest::value;
use crate::yaml::{Node, Value};

const KINDS: [&str; 2] = ["dir", "oci"];

/// `indexes:`.
pub(super) fn indexes(node: &Node, findings: &mut Findings) -> Option<Vec<Index>> {
    let mut indexes = Vec::new();
    let mut taken: Vec<(Name, Place)> = Vec::new();
    for (at, node) in findings.list(node, "indexes").iter().enumerate() {
        let index = Fields::of(node, format!("indexes[{at}]"), findings)
            .and_then(|fields| one(fields, &mut taken, findings));
        indexes.push(index);
    }
    matches!(node.value, Value::List(_)).then_some(())?;
    indexes.into_iter().collect()
}

fn one(mut fields: Fields<'_>, taken: &mut Vec<(Name, Place)>, findings: &mut Findings) -> Option<Index> {
    let what = fields.path("name");
    let node = fields.required("name", "add a name for it: `name: corp`", findings);
    let name = node.and_then(|node| value::name(node, &what, Name::new, findings));
    if let (Some(name), Some(node)) = (&name, node) {
        if let Some((_, first)) = taken.iter().find(|(known, _)| known == name) {
            let message = format!("the name `{name}` is taken by the index in line {}", first.line);
            findings.invalid(node.place, message, "give each index a name of its own");
        }
        taken.push((name.clone(), node.place));
    }
    let source = source(&mut fields, findings);
    fields.finish(findings);
    Some(Index { name: name?, source: source? })
}

fn source(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<IndexSource> {
    let of_path = fields.entry("path");
    let of_ref = fields.entry("ref");
    let what = fields.path("type");
    let node =
        fields.required("type", "add `type: dir` with `path:`, or `type: oci` with `ref:`", findings)?;
    let word = findings.text(node, &what)?;
    if !KINDS.contains(&word) {
        let message = format!("`{what}` is `{}`, which is no kind of index", word.escape_debug());
        let hint = match nearest(word, KINDS) {
            Some(near) => format!("did you mean `{near}`? known kinds: {}", list(KINDS)),
            None => format!("known kinds: {}", list(KINDS)),
        };
        findings.invalid(node.place, message, hint);
        return None;
    }
    let folder = word == "dir";
    let (other, stray) = if folder { ("ref", of_ref) } else { ("path", of_path) };
    if let Some((key, _)) = stray {
        let message = format!("`{}` stands beside `type: {word}`", fields.path(other));
        findings.invalid(key.place, message, "remove it, or change the type");
    }
    if folder {
        let what = fields.path("path");
        let node = fields.required("path", "add the folder: `path: ./index`", findings)?;
        config::file(node, &what, findings).map(IndexSource::Folder)
    } else {
        let what = fields.path("ref");
        let hint = "add the repository: `ref: registry.acme.example/platforms/index`";
        let node = fields.required("ref", hint, findings)?;
        repository(node, &what, findings).map(IndexSource::Oci)
    }
}

/// `namespaces:`, patterns of platforms' names and the index that answers for them.
pub(super) fn namespaces(
    node: &Node,
    indexes: Option<&[Index]>,
    findings: &mut Findings,
) -> Option<Vec<(Glob, Name)>> {
    let mut namespaces = Vec::new();
    let mut whole = true;
    for (key, node) in findings.entries(node, "namespaces")? {
        let what = format!("namespaces.{}", key.text.escape_debug());
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-/*".contains(&byte);
        let good = !key.text.is_empty() && key.text.bytes().all(plain);
        if !good {
            let shown: String = key.text.chars().take(80).collect();
            let message =
                format!("`namespaces` has `{}`, which is no pattern of names", shown.escape_debug());
            findings.invalid(key.place, message, "use a-z, 0-9, `-`, `/` and stars: `acme-*`, `*`");
        }
        let name = value::name(node, &what, Name::new, findings);
        // Where the indexes themselves are wrong, nothing is said of who refers to them.
        let known = match (&name, indexes) {
            (Some(name), Some(indexes)) => {
                let known = indexes.iter().any(|index| index.name == *name);
                if !known {
                    let names = || indexes.iter().map(|index| index.name.as_str());
                    let message = format!("`{what}` refers to the index `{name}`, which is not in this file");
                    let hint = match nearest(name.as_str(), names()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None if indexes.is_empty() => format!("add `{name}` under `indexes:`"),
                        None => format!("known indexes: {}", list(names())),
                    };
                    findings.invalid(node.place, message, hint);
                }
                known
            }
            _ => true,
        };
        match name {
            Some(name) if good && known => namespaces.push((Glob::new(key.text.as_str()), name)),
            _ => whole = false,
        }
    }
    whole.then_some(namespaces)
}
