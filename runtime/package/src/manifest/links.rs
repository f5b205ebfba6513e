//! `resources:` and the parts that name something elsewhere.

use std::collections::BTreeMap;

use innominatus_model::{Code, Kind, Name};

use super::{Binding, FileUse, Stands, entries::Maker, value};
use crate::findings::{Fields, Findings, list, nearest};
use crate::package::FileRole;
use crate::yaml::{Key, Node};

/// `resources:` binds a type to one of the platform's provisioners.
pub(super) fn resources(
    fields: &mut Fields<'_>,
    makers: &[Maker],
    files: &mut Vec<FileUse>,
    findings: &mut Findings,
) -> BTreeMap<Kind, Binding> {
    let mut bound = BTreeMap::new();
    let Some(node) = fields.optional("resources") else { return bound };
    for (key, node) in findings.entries(node, "resources").unwrap_or_default() {
        let path = format!("resources.{}", key.text.escape_debug());
        let kind = kind(key, findings);
        let Some(mut binding) = Fields::of(node, &*path, findings) else { continue };
        let definition = binding.optional("definitionFile").map(|node| {
            let path = value::path(node, &format!("{path}.definitionFile"), findings);
            path.map(|path| (path, node.place))
        });
        let hint = "name one of the entries under `provisioners:`";
        let provisioner = binding.required("provisioner", hint, findings);
        binding.finish(findings);
        let name = provisioner.and_then(|node| {
            let what = format!("{path}.provisioner");
            value::name(node, &what, Name::new, findings).map(|name| (name, node))
        });
        let Some(kind) = kind else { continue };
        if let Some(Some((path, place))) = &definition {
            let provisioner = name.as_ref().map(|(name, _)| name.clone());
            let stands = Stands::Definition { kind: kind.clone(), provisioner };
            let path = path.clone();
            files.push(FileUse { path, place: *place, role: FileRole::Definition, stands });
        }
        let Some((provisioner, node)) = name else { continue };
        if makes(&provisioner, &kind, node, makers, findings) {
            let definition = definition.flatten().map(|(path, _)| path);
            bound.insert(kind, Binding { provisioner, definition });
        }
    }
    bound
}

fn kind(key: &Key, findings: &mut Findings) -> Option<Kind> {
    let kind = Kind::new(key.text.as_str());
    if let Err(error) = &kind {
        let message = format!(
            "`resources` has an entry for `{}`, which is not a resource type",
            key.text.escape_debug()
        );
        findings.error(key.place, Code::ManifestInvalid, message, format!("use {}", error.expected));
    }
    kind.ok()
}

/// Whether the provisioner exists and makes this type.
fn makes(name: &Name, kind: &Kind, node: &Node, makers: &[Maker], findings: &mut Findings) -> bool {
    let Some((_, made)) = makers.iter().find(|(maker, _)| maker == name) else {
        let message = format!(
            "resource type `{kind}` refers to the provisioner `{name}`, which is not in this manifest"
        );
        let all = || makers.iter().map(|(maker, _)| maker.as_str());
        let hint = match nearest(name.as_str(), all()) {
            _ if all().next().is_none() => format!("add `{name}` under `provisioners:`"),
            Some(near) => format!("did you mean `{near}`? otherwise add `{name}` under `provisioners:`"),
            None => {
                format!("add `{name}` under `provisioners:`, or refer to one that is there: {}", list(all()))
            }
        };
        findings.error(node.place, Code::ManifestReference, message, hint);
        return false;
    };
    match made {
        Some(made) if made != kind => {
            let message = format!("resource type `{kind}` is bound to `{name}`, which makes `{made}`");
            let fitting = makers.iter().filter(|(_, made)| made.as_ref() == Some(kind));
            let fitting = list(fitting.map(|(maker, _)| maker.as_str()));
            let hint = match fitting.as_str() {
                "" => {
                    format!("no provisioner in this manifest makes `{kind}`: remove the binding or add one")
                }
                _ => format!("provisioners that make `{kind}`: {fitting}"),
            };
            findings.error(node.place, Code::ManifestReference, message, hint);
            false
        }
        _ => true,
    }
}
