//! How large a workload may be with its files: so large that it can be handed to a platform.

use innominatus_model::{Code, Json, JsonLimits, json_bytes};

use crate::findings::{Findings, show};
use crate::tree::{Node, Place};

/// Reports a workload whose JSON text is over the contract's limit, at the largest of its local files.
pub(crate) fn check(root: &Node, spec: &Json, findings: &mut Findings) {
    let limit = JsonLimits::WORKLOAD.bytes;
    let bytes = json_bytes(spec);
    if bytes <= limit {
        return;
    }
    let contents = root.entries("containers").flat_map(|(_, container)| container.node.entries("files"));
    let contents = contents.filter_map(|(_, file)| {
        let content = ["content", "binaryContent"].iter().find_map(|field| file.node.get(field))?;
        Some((content.text()?.len(), content.local_file.as_deref()?, content.at))
    });
    // The first of the largest.
    let largest = contents.reduce(|largest, next| if next.0 > largest.0 { next } else { largest });
    let whole = format!("the workload with the contents of its files has {bytes} bytes, more than {limit}");
    let (at, message) = match largest {
        Some((size, path, at)) => (at, format!("{whole}; the largest is `{}` with {size}", show(path))),
        None => (Place::WHOLE_FILE, whole),
    };
    let hint = "put large files into the image or a volume";
    findings.error(at, Code::FileSource, message, hint);
}
