//! The deprecated list forms of `files` and `volumes` become the mapping forms.

use indexmap::IndexMap;
use innominatus_model::Code;

use crate::findings::{Findings, show};
use crate::tree::{Entry, Node, Value, too_long};

/// Turns every list form into a mapping from target to the rest, and says that it is deprecated.
pub(crate) fn straighten(root: &mut Node, findings: &mut Findings) {
    for (container, entry) in root.entries_mut("containers") {
        let Some(container_map) = entry.node.map_mut() else { continue };
        for field in ["files", "volumes"] {
            let Some(entry) = container_map.get_mut(field) else { continue };
            match &mut entry.node.value {
                Value::List(items) => {
                    let hint = format!("write a mapping: `{field}: {{<target>: {{…}}}}`");
                    let message =
                        format!("`{field}` of container `{}` is a list, a deprecated form", show(container));
                    findings.warning(entry.key_at, Code::ScoreDeprecated, message, hint);
                    entry.node.value = Value::Map(by_target(std::mem::take(items), field, findings));
                }
                Value::Map(entries) => {
                    entries.iter_mut().for_each(|(key, entry)| stray_target(key, entry, findings))
                }
                _ => {}
            }
        }
    }
}

fn by_target(items: Vec<Node>, field: &str, findings: &mut Findings) -> IndexMap<String, Entry> {
    let one = field.trim_end_matches('s');
    let mut entries = IndexMap::<String, Entry>::new();
    for mut item in items {
        let Some(map) = item.map_mut() else {
            let message = format!("a {one} is {}, expected a mapping", item.kind());
            findings.error(
                item.at,
                Code::ScoreWrongType,
                message,
                format!("write `{field}: {{<target>: {{…}}}}`"),
            );
            continue;
        };
        let Some(target) = map.shift_remove("target") else {
            let message = format!("a {one} in the list form has no `target`");
            findings.error(
                item.at,
                Code::ScoreMissingField,
                message,
                "add `target: <path in the container>`",
            );
            continue;
        };
        let Some(path) = target.node.text().filter(|path| !path.is_empty()) else {
            let message = format!("`target` is {}, expected a path", target.node.kind());
            findings.error(
                target.place(),
                Code::ScoreWrongType,
                message,
                "write `target: <path in the container>`",
            );
            continue;
        };
        if let Some(message) = too_long(path, "target") {
            findings.error(target.place(), Code::ScoreBudget, message, "write a shorter path");
            continue;
        }
        if let Some(first) = entries.get(path) {
            let message =
                format!("target `{}` stands twice, first in line {}", show(path), first.key_at.line);
            findings.error(target.node.at, Code::ScoreDuplicateKey, message, "remove one of the two");
            continue;
        }
        entries.insert(path.to_owned(), Entry { key_at: target.node.at, node: item });
    }
    entries
}

fn stray_target(key: &str, entry: &mut Entry, findings: &mut Findings) {
    let Some(target) = entry.node.map_mut().and_then(|map| map.shift_remove("target")) else { return };
    let message = format!("`target` stands beside the key `{}`, which is the target already", show(key));
    findings.error(target.key_at, Code::ScoreUnknownField, message, "remove `target`");
}
