//! Where Score expands placeholders, whether each one can be resolved in its workload, and which stand where
//! nothing expands them.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexSet;
use innominatus_model::{Code, Coded as _, Json, json_bytes};

use crate::findings::{Findings, show};
use crate::placeholder::{InvalidPlaceholder, Piece, Reference, Root, pieces};
use crate::suggest::{list, nearest};
use crate::text::Lines;
use crate::tree::{Node, Place, Value, segments};
use crate::workload::PlacedReference;

/// Bytes that the metadata which placeholders refer to may come to, over a whole file. What one line says is copied
/// wherever it is referred to, so a short file could otherwise become gigabytes.
const MOST_METADATA: usize = 1 << 20;

/// A string that Score expands.
pub(crate) struct Expanded<'a> {
    pub(crate) node: &'a Node,
    /// It is the content of a file.
    in_file: bool,
}

/// Every string that Score expands: values of variables, contents of files without `noExpand`, sources of
/// volumes, params of resources.
pub(crate) fn expanded(root: &Node) -> Vec<Expanded<'_>> {
    let mut found = Vec::new();
    for (_, container) in root.entries("containers") {
        found.extend(container.node.entries("variables").map(|(_, entry)| (&entry.node, false)));
        for (_, entry) in container.node.entries("files") {
            let verbatim = matches!(entry.node.get("noExpand"), Some(Node { value: Value::Bool(true), .. }));
            found.extend(entry.node.get("content").filter(|_| !verbatim).map(|content| (content, true)));
        }
        let volumes = container.node.entries("volumes");
        found.extend(volumes.filter_map(|(_, entry)| entry.node.get("source")).map(|source| (source, false)));
    }
    for params in root.entries("resources").filter_map(|(_, resource)| resource.node.get("params")) {
        strings(params, &mut found);
    }
    found.retain(|(node, _)| node.text().is_some());
    found.into_iter().map(|(node, in_file)| Expanded { node, in_file }).collect()
}

fn strings<'a>(node: &'a Node, found: &mut Vec<(&'a Node, bool)>) {
    match &node.value {
        Value::Text(_) => found.push((node, false)),
        Value::List(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Map(entries) => entries.values().for_each(|entry| strings(&entry.node, found)),
        _ => {}
    }
}

/// Checks every placeholder of the workload; gives those that can be resolved as far as this room knows.
pub(crate) fn check(root: &Node, lines: &Lines<'_>, findings: &mut Findings) -> Vec<PlacedReference> {
    let known = Known {
        resources: root.entries("resources").map(|(name, _)| name.as_str()).collect(),
        metadata: root.get("metadata").map(Node::to_json).unwrap_or_default(),
    };
    let own: Arc<str> = findings.file().into();
    let mut placed = Vec::new();
    let mut room = Some(MOST_METADATA);
    for Expanded { node, in_file } in expanded(root) {
        let file = match &node.local_file {
            Some(local) => beside(findings.file(), local).into(),
            None => own.clone(),
        };
        for (piece, at) in located(node, lines) {
            if findings.is_full() {
                return placed;
            }
            match known.judge(piece, in_file) {
                Ok(reference) => {
                    let Place { line, column } = at;
                    if let Some(left) = room {
                        room = left.checked_sub(known.bytes(&reference));
                        if room.is_none() {
                            let message =
                                format!("placeholders of metadata come to more than {MOST_METADATA} bytes");
                            let hint = "write less into `metadata`, or refer to it in fewer places";
                            findings.error_in(&file, at, Code::ScoreBudget, message, hint);
                        }
                    }
                    placed.push(PlacedReference { reference, file: file.clone(), line, column });
                }
                Err((code, message, hint)) => findings.error_in(&file, at, code, message, hint),
            }
        }
    }
    misplaced(root, findings);
    placed
}

/// The placeholders of a string, each with its place in the file that the text comes from.
fn located<'a>(node: &'a Node, lines: &Lines<'_>) -> Vec<(Piece<'a>, Place)> {
    let Some(text) = node.text().filter(|text| text.contains("${")) else { return Vec::new() };
    let meant: Vec<_> = pieces(text).filter(|(_, piece)| !matches!(piece, Piece::Text(_))).collect();
    if node.local_file.is_some() {
        let lines = Lines::of(text);
        let places = lines.places(meant.iter().map(|(byte, _)| *byte));
        return meant.iter().map(|(_, piece)| *piece).zip(places).collect();
    }
    // As written, escapes and folding may hide where a placeholder begins; then the string's place must do.
    let raw = lines.text().get(node.bytes.clone()).unwrap_or_default();
    let written: Vec<_> = pieces(raw).filter(|(_, piece)| !matches!(piece, Piece::Text(_))).collect();
    let same = |(a, b): (&(usize, Piece<'_>), &(usize, Piece<'_>))| match (a.1, b.1) {
        (Piece::Placeholder(a), Piece::Placeholder(b)) => a == b,
        (Piece::Unclosed(_), Piece::Unclosed(_)) => true,
        _ => false,
    };
    let meant_pieces = meant.iter().map(|(_, piece)| *piece);
    if meant.len() == written.len() && meant.iter().zip(&written).all(same) {
        let places = lines.places(written.iter().map(|(byte, _)| node.bytes.start + byte));
        meant_pieces.zip(places).collect()
    } else {
        meant_pieces.map(|piece| (piece, node.at)).collect()
    }
}

/// A path that is relative to the Score file, as seen from where the Score file's own name is relative to.
fn beside(own_file: &str, local: &str) -> String {
    match own_file.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{local}"),
        None => local.to_owned(),
    }
}

/// What placeholders of a workload can refer to.
struct Known<'a> {
    resources: IndexSet<&'a str>,
    metadata: Json,
}

type Verdict = Result<Reference, (Code, String, String)>;

impl Known<'_> {
    fn judge(&self, piece: Piece<'_>, in_file: bool) -> Verdict {
        let invalid = |error: InvalidPlaceholder| {
            let usual = || {
                let remedy = error.remedy().unwrap_or_default();
                // A script or a template is full of them, and seldom meant for Score.
                match in_file && error.is_foreign() {
                    true => format!("add `noExpand: true` to leave the whole file as it is, or {remedy}"),
                    false => remedy,
                }
            };
            let hint = self.better_hint(&error).unwrap_or_else(usual);
            (error.code(), error.to_string(), hint)
        };
        let reference = match piece {
            Piece::Placeholder(inner) => Reference::parse(inner).map_err(invalid)?,
            Piece::Unclosed(rest) | Piece::Text(rest) => {
                return Err(invalid(InvalidPlaceholder::Unclosed(rest.to_owned())));
            }
        };
        match reference.root {
            Root::Metadata => self.metadata(reference),
            Root::Resources => self.resource(reference),
        }
    }

    fn resource(&self, reference: Reference) -> Verdict {
        let name = reference.path[0].as_str();
        if !self.resources.contains(name) {
            let hint = match nearest(name, self.resources.iter().copied()) {
                Some(near) => format!("write `{}`", show(&with_segment(&reference, 0, near).to_string())),
                None if self.resources.is_empty() => {
                    format!("add `resources: {{{}: {{type: <type>}}}}`", show(name))
                }
                None => format!("the file has {}", list(self.resources.iter().copied(), "and")),
            };
            let message = format!(
                "`{}` refers to a resource that the file does not have",
                show(&reference.to_string())
            );
            return Err((Code::PlaceholderResource, message, hint));
        }
        if reference.path.len() > 2 && reference.path[1] == "outputs" {
            let mut short = reference.clone();
            short.path.remove(1);
            let message = format!("`{}` has a segment `outputs`", show(&reference.to_string()));
            let hint = format!("write `{}`", show(&short.to_string()));
            return Err((Code::PlaceholderOutputsSegment, message, hint));
        }
        Ok(reference)
    }

    fn metadata(&self, reference: Reference) -> Verdict {
        let mut value = &self.metadata;
        for (index, segment) in reference.path.iter().enumerate() {
            let Some(inner) = value.get(segment) else {
                let keys: Vec<&str> =
                    value.as_object().into_iter().flat_map(|map| map.keys().map(String::as_str)).collect();
                let hint = match nearest(segment, keys.iter().copied()) {
                    Some(near) => {
                        format!("write `{}`", show(&with_segment(&reference, index, near).to_string()))
                    }
                    None if keys.is_empty() => "write `${metadata.name}`, or add what it refers to".into(),
                    None => format!("there it may refer to {}", list(keys, "or")),
                };
                let message = format!("`{}` is not in the file's metadata", show(&reference.to_string()));
                return Err((Code::PlaceholderMetadata, message, hint));
            };
            value = inner;
        }
        Ok(reference)
    }

    /// Bytes of the metadata that takes the place of a placeholder.
    fn bytes(&self, reference: &Reference) -> usize {
        let value = match reference.root {
            Root::Metadata => reference.path.iter().try_fold(&self.metadata, |value, key| value.get(key)),
            Root::Resources => None,
        };
        match value {
            Some(Json::String(text)) => text.len(),
            Some(value) => json_bytes(value),
            None => 0,
        }
    }

    /// What was probably meant by a placeholder with an unknown beginning.
    fn better_hint(&self, error: &InvalidPlaceholder) -> Option<String> {
        let InvalidPlaceholder::UnknownRoot(inner) = error else { return None };
        let (first, rest) = inner.split_once('.')?;
        if self.resources.contains(first) {
            return Some(format!("write `${{resources.{}}}`", show(inner)));
        }
        let near = nearest(first, ["resources", "metadata"])?;
        Some(format!("write `${{{near}.{}}}`", show(rest)))
    }
}

fn with_segment(reference: &Reference, index: usize, segment: &str) -> Reference {
    let mut changed = reference.clone();
    changed.path[index] = segment.to_owned();
    changed
}

/// Placeholders that would reach the platform as text: in `image` anything that looks like one, elsewhere
/// only what cannot be meant for a shell.
fn misplaced(root: &Node, findings: &mut Findings) {
    let expanded: HashSet<*const Node> =
        expanded(root).into_iter().map(|found| std::ptr::from_ref(found.node)).collect();
    root.walk(&mut |pointer, node, place| {
        let Some(text) = node.text().filter(|text| text.contains("${")) else { return };
        let path: Vec<String> = segments(pointer).collect();
        let field = path.last().map(String::as_str).unwrap_or_default();
        // What files hold may be verbatim; a file or volume that is itself a text was reported, with what to write.
        let in_mount = path.len() == 5 && path[2] == "files";
        let short_form = path.len() == 4 && matches!(path[2].as_str(), "files" | "volumes");
        if expanded.contains(&std::ptr::from_ref(node)) || in_mount || short_form || findings.is_full() {
            return;
        }
        let image = path.len() == 3 && path[0] == "containers" && field == "image";
        let found = pieces(text).find_map(|(_, piece)| match piece {
            Piece::Placeholder(inner) if image || Reference::parse(inner).is_ok() => Some(inner),
            _ => None,
        });
        let Some(inner) = found else { return };
        let hint = match image {
            true => "write the image's tag, or `image: .` and pass `--image <image>`",
            false => {
                "put it into a variable; placeholders work in `variables`, `files`, `volumes` and `params`"
            }
        };
        let message = format!("`${{{}}}` is not expanded here", show(inner));
        findings.warning(place, Code::PlaceholderPlace, message, hint);
    });
}
