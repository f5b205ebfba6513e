//! Whether every placeholder names an output that the chosen provisioner declares.

use std::collections::BTreeMap;

use innominatus_model::{Code, Diagnostic, Offer, ResourceUid, Severity};
use innominatus_score::Workload;
use innominatus_score::placeholder::Root;

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
            if offer.open_outputs || offer.outputs.iter().any(|spec| spec.name == *output) {
                continue;
            }
            let names: Vec<_> = offer.outputs.iter().map(|spec| format!("`{}`", spec.name)).collect();
            let hint = if names.is_empty() {
                format!("resources of type `{}` have no outputs here", offer.kind)
            } else {
                format!("resources of type `{}` have {}", offer.kind, names.join(", "))
            };
            diagnostics.push(Diagnostic {
                file: placed.file.to_string(),
                line: placed.line,
                column: placed.column,
                severity: Severity::Error,
                code: Code::PlaceholderOutput,
                message: format!(
                    "`{reference}` names the output `{output}`, which `{resource}` does not have"
                ),
                hint: Some(hint),
            });
        }
    }
    diagnostics
}
