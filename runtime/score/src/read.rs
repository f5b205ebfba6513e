//! One file, judged completely.

use std::collections::BTreeMap;

use indexmap::IndexSet;
use innominatus_model::{Code, Diagnostic, Severity};
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use crate::findings::{Findings, show};
use crate::sketch::Sketch;
use crate::suggest::nearest;
use crate::text::{Lines, decode};
use crate::tree::{Node, Place, parse};
use crate::workload::{PlacedReference, Workload};
use crate::{dialect, expand, local_file, schema, shape};

/// A Score file as a client hands it in.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The file's name as the person wrote it; stands in every finding.
    pub name: String,
    /// The file's bytes.
    pub text: Vec<u8>,
    /// Contents of the files named by `containers.*.files.*.source`, by the path as written; see
    /// [`crate::file_sources`].
    pub files: BTreeMap<String, Vec<u8>>,
}

/// What reading a file gave.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The workload, if and only if there is no error among the findings.
    pub workload: Option<Workload>,
    /// Errors and warnings, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one Score file and reports everything wrong with it at once.
pub fn read(source: &Source) -> Reading {
    let mut findings = Findings::new(&source.name);
    let judged = judge(source, &mut findings);
    let workload = judged.and_then(|(root, placeholders)| settle(source, &root, placeholders, &mut findings));
    reading(workload, findings)
}

/// Like [`read`], and beside it what the file asks for as far as that can be said; none of a file that is no
/// Score file at all.
pub fn survey(source: &Source) -> (Reading, Option<Sketch>) {
    let mut findings = Findings::new(&source.name);
    let Some((root, placeholders)) = judge(source, &mut findings) else {
        return (reading(None, findings), None);
    };
    let workload = settle(source, &root, placeholders.clone(), &mut findings);
    let reading = reading(workload, findings);
    let sketch = Sketch::new(&source.name, &root, placeholders, &reading.diagnostics);
    (reading, Some(sketch))
}

fn reading(workload: Option<Workload>, findings: Findings) -> Reading {
    let diagnostics = findings.finish();
    let accepted = diagnostics.iter().all(|finding| finding.severity != Severity::Error);
    Reading { workload: workload.filter(|_| accepted), diagnostics }
}

/// The file's tree, put right where a mistake is known by name, and the placeholders that can be resolved.
fn judge(source: &Source, findings: &mut Findings) -> Option<(Node, Vec<PlacedReference>)> {
    let text = decode(&source.text, findings)?;
    let mut root = parse(text, findings)?;
    if root.map().is_none() {
        let message = format!("a Score file is a mapping, and this is {}", root.kind());
        findings.error(root.at, Code::ScoreWrongType, message, "begin with `apiVersion: score.dev/v1b1`");
        return None;
    }
    dialect::settle(&mut root, findings);
    shape::straighten(&mut root, findings);
    schema::check(&root, findings);
    local_file::take_in(&mut root, &source.files, findings);
    before(&root, findings);
    let placeholders = expand::check(&root, &Lines::of(text), findings);
    Some((root, placeholders))
}

fn settle(
    source: &Source,
    root: &Node,
    placeholders: Vec<PlacedReference>,
    findings: &mut Findings,
) -> Option<Workload> {
    match Workload::from_tree(&source.name, root, placeholders) {
        Ok(workload) => Some(workload),
        Err(error) => {
            // The schema asks for more than a workload does, so this has been reported.
            if !findings.has_errors() {
                let hint = "report this file to the authors of innominatus";
                findings.error(Place::WHOLE_FILE, Code::Internal, error.to_string(), hint);
            }
            None
        }
    }
}

/// Containers that start before others: the others must exist, and nobody waits for itself.
fn before(root: &Node, findings: &mut Findings) {
    let names: IndexSet<&str> = root.entries("containers").map(|(name, _)| name.as_str()).collect();
    let mut graph = DiGraphMap::<&str, Place>::new();
    for (name, container) in root.entries("containers") {
        // What is no mapping has been reported, and may be of another form of `before`.
        for (other, entry) in container.node.entries("before").filter(|(_, entry)| entry.node.map().is_some())
        {
            if let Some(known) = names.get(other.as_str()) {
                graph.add_edge(name.as_str(), known, entry.key_at);
                continue;
            }
            if findings.is_full() {
                return;
            }
            let hint = match nearest(other, names.iter().copied()) {
                Some(near) => format!("write `{near}`"),
                None => format!("name one of {}", crate::suggest::list(names.iter().copied(), "and")),
            };
            let message =
                format!("`before` of container `{}` names `{}`, which is not there", show(name), show(other));
            findings.error(entry.key_at, Code::ContainerReference, message, hint);
        }
    }
    for mut circle in tarjan_scc(&graph) {
        if circle.len() == 1 && !graph.contains_edge(circle[0], circle[0]) {
            continue;
        }
        let place = graph
            .all_edges()
            .filter(|(a, b, _)| circle.contains(a) && circle.contains(b))
            .map(|edge| *edge.2);
        let Some(place) = place.min() else { continue };
        circle.sort_unstable();
        let message =
            format!("containers wait for each other by `before`: {}", crate::suggest::list(circle, "and"));
        findings.error(place, Code::ContainerReference, message, "remove one of the `before`s");
    }
}
