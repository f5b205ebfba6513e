//! Whether every placeholder names an output that the chosen provisioner declares.

use std::collections::BTreeMap;

use innominatus_model::{Code, Diagnostic, Offer, ResourceUid, Severity};
use innominatus_score::placeholder::Root;
use innominatus_score::{PlacedReference, Workload};

use crate::error::MOST_FINDINGS;

/// One finding per placeholder that cannot be filled, at its place.
pub(crate) fn check(workloads: &[Workload], offers: &BTreeMap<&ResourceUid, &Offer>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for workload in workloads {
        for placed in workload.placeholders() {
            let reference = &placed.reference;
            if reference.root != Root::Resources {
                continue;
            }
            let [resource, output, ..] = reference.path.as_slice() else { continue };
            let declaration = workload.resources().get(resource);
            let Some(offer) = declaration.and_then(|declaration| offers.get(&declaration.uid)) else {
                continue;
            };
            diagnostics.extend(unknown(placed, resource, output, &[offer]));
            if diagnostics.len() >= MOST_FINDINGS {
                return diagnostics;
            }
        }
    }
    diagnostics
}

/// A finding if none of the offers, of which there is one at least, has the output.
pub(crate) fn unknown(
    placed: &PlacedReference,
    resource: &str,
    output: &str,
    offers: &[&Offer],
) -> Option<Diagnostic> {
    let has = |offer: &&Offer| offer.open_outputs || offer.outputs.iter().any(|spec| spec.name == output);
    if offers.iter().any(has) {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    for spec in offers.iter().flat_map(|offer| &offer.outputs) {
        let name = format!("`{}`", spec.name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let kind = &offers.first()?.kind;
    let hint = if names.is_empty() {
        format!("resources of type `{kind}` have no outputs here")
    } else {
        format!("resources of type `{kind}` have {}", names.join(", "))
    };
    let reference = &placed.reference;
    Some(Diagnostic {
        file: placed.file.to_string(),
        line: placed.line,
        column: placed.column,
        severity: Severity::Error,
        code: Code::PlaceholderOutput,
        message: format!("`{reference}` names the output `{output}`, which `{resource}` does not have"),
        hint: Some(hint),
    })
}
