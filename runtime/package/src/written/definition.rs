//! Resource definitions: defaults for the params of a type, below what a Score file says.

use innominatus_model::placeholder::{Part, parts};
use innominatus_model::{Class, Code, Json, Kind, Name, ResourceDefinition};

use super::{declare, disagrees, document, json, named, place_of};
use crate::findings::{Fields, Findings};
use crate::manifest::value;
use crate::yaml::{Node, Value};

/// What the manifest says of it.
pub(crate) struct Expected<'a> {
    pub(crate) kind: &'a Kind,
    pub(crate) provisioner: Option<&'a Name>,
}

/// `None` only when at least one error was found.
pub(super) fn read(
    text: &[u8],
    expected: &Expected<'_>,
    findings: &mut Findings,
) -> Option<ResourceDefinition> {
    let document = document(text, findings)?;
    let mut fields = Fields::of(&document, "", findings)?;
    declare(&mut fields, findings);
    let metadata = named(&mut fields, findings);
    let spec = fields.required("spec", "add `spec:` with `type` and `params`", findings);
    let spec = spec.and_then(|node| read_spec(node, expected, findings));
    fields.finish(findings);
    let (metadata, name, description) = metadata?;
    metadata.finish(findings);
    let (kind, class, provisioner, params) = spec?;
    Some(ResourceDefinition { name: name?, description, kind, class, provisioner, params })
}

type Spec = (Kind, Option<Class>, Option<Name>, Json);

fn read_spec(node: &Node, expected: &Expected<'_>, findings: &mut Findings) -> Option<Spec> {
    let mut spec = Fields::of(node, "spec", findings)?;
    let hint = format!("add `type: {}`, as in the manifest", expected.kind);
    let kind = spec
        .required("type", hint, findings)
        .and_then(|node| value::name(node, "spec.type", Kind::new, findings));
    if let Some(kind) = kind.as_ref().filter(|kind| *kind != expected.kind) {
        let place = place_of(&mut spec, "type");
        disagrees(place, "spec.type", kind.as_str(), expected.kind.as_str(), findings);
    }
    let class = spec.optional("class").map(|node| value::name(node, "spec.class", Class::new, findings));
    let provisioner =
        spec.optional("provisioner").map(|node| value::name(node, "spec.provisioner", Name::new, findings));
    if let (Some(Some(here)), Some(there)) = (&provisioner, expected.provisioner)
        && here != there
    {
        let place = place_of(&mut spec, "provisioner");
        disagrees(place, "spec.provisioner", here.as_str(), there.as_str(), findings);
    }
    let params = match spec.optional("params") {
        None => Some(Json::Object(Default::default())),
        Some(node) => params(node, findings),
    };
    spec.finish(findings);
    let class = match class {
        Some(class) => Some(class?),
        None => None,
    };
    let provisioner = match provisioner {
        Some(provisioner) => Some(provisioner?),
        None => None,
    };
    Some((kind?, class, provisioner, params?))
}

fn params(node: &Node, findings: &mut Findings) -> Option<Json> {
    findings.entries(node, "spec.params")?;
    without_placeholders(node, "spec.params", findings);
    json::json(node, "spec.params", findings)
}

/// A definition is read in no file's context: there is nothing that a placeholder could mean.
fn without_placeholders(node: &Node, what: &str, findings: &mut Findings) {
    match &node.value {
        Value::Text(text) => {
            let plain = |found: &Vec<Part<'_>>| {
                found.iter().all(|part| matches!(part, Part::Text(_) | Part::Escape(_)))
            };
            if !parts(text).as_ref().is_ok_and(plain) {
                let message =
                    format!("`{what}` has a placeholder, which has no value in a resource definition");
                let hint = "write the value; `$${…}` is text. A golden path can fill in params";
                findings.error(node.place, Code::ManifestInvalid, message, hint);
            }
        }
        Value::List(items) => {
            let each = items.iter().enumerate();
            each.for_each(|(at, item)| without_placeholders(item, &format!("{what}[{at}]"), findings));
        }
        Value::Map(entries) => {
            for (key, item) in entries {
                without_placeholders(item, &format!("{what}.{}", key.text.escape_debug()), findings);
            }
        }
        Value::Null | Value::Plain { .. } => {}
    }
}
