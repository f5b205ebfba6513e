//! `capabilities:`, each with the reason that a person reads before saying yes.

use std::collections::{BTreeMap, BTreeSet};

use innominatus_model::{BindingKind, Capability, HttpRule, SecretName, Want};

use crate::findings::{Fields, Findings, list, nearest};
use crate::rule::{self, Side};
use crate::yaml::{Node, Value};

const WHY: &str = "say in a sentence what it is for: an operator reads it before granting";
const LINE: &str =
    "add `http:` and below it `- {host: api.example.com, methods: [GET]}`: an operator grants hosts";

/// The list of an entry.
pub(super) fn read(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Vec<Want>> {
    let path = fields.path("capabilities");
    let items = fields.optional("capabilities").map_or(&[][..], |node| findings.list(node, &path));
    let mut wants: Vec<Option<Want>> = Vec::new();
    for (at, node) in items.iter().enumerate() {
        let want = want(node, &format!("{path}[{at}]"), findings);
        let twice = |want: &Want| wants.iter().flatten().any(|other| other.capability == want.capability);
        if let Some(want) = want.as_ref().filter(|want| twice(want)) {
            let message = format!("the capability `{}` is asked for twice", want.capability);
            findings.invalid(node.place, message, "keep one, with the whole reason and all its lines");
        }
        wants.push(want);
    }
    wants.into_iter().collect()
}

/// A golden path computes files and steps and reaches nothing outside.
pub(super) fn of_golden_path(wants: &[Want], fields: &Fields<'_>, findings: &mut Findings) {
    for want in wants.iter().filter(|want| !want.capability.is_always_granted()) {
        let message = format!("a golden path asks for `{}`, which no golden path can have", want.capability);
        findings.doubt(fields.place(), message, "remove it; what reaches outside is a provisioner's work");
    }
}

fn want(node: &Node, path: &str, findings: &mut Findings) -> Option<Want> {
    if let Value::Text(text) = &node.value {
        let message = format!("`{path}` does not say why it wants `{}`", text.escape_debug());
        let hint = format!("write `- name: {}` and below it `reason: …`", text.escape_debug());
        findings.invalid(node.place, message, hint);
        return None;
    }
    let mut fields = Fields::of(node, path, findings)?;
    let capability = fields.required("name", known_capabilities(), findings).and_then(|node| {
        let text = findings.text(node, &fields.path("name"))?;
        let found = Capability::parse(text);
        if found.is_none() {
            let message = format!("there is no capability `{}`", text.escape_debug());
            let hint = match nearest(text, Capability::ALL.map(Capability::as_str)) {
                Some(word) => format!("did you mean `{word}`? {}", known_capabilities()),
                None => known_capabilities(),
            };
            findings.invalid(node.place, message, hint);
        }
        found
    });
    let reason = fields.required("reason", WHY, findings).and_then(|node| {
        let text = findings.text(node, &fields.path("reason"))?.trim();
        if text.is_empty() {
            findings.invalid(node.place, format!("`{}` is empty", fields.path("reason")), WHY);
            return None;
        }
        Some(text.to_owned())
    });
    let http = http(&mut fields, capability, findings);
    let credentials = credentials(&mut fields, capability, findings);
    let references = references(&mut fields, capability, findings);
    fields.finish(findings);
    Some(Want {
        capability: capability?,
        reason: reason?,
        http: http?,
        credentials: credentials?,
        references: references?,
    })
}

/// The node of a detail, if it stands under the capability that it belongs to.
fn detail<'a>(
    fields: &mut Fields<'a>,
    name: &'static str,
    owner: Capability,
    capability: Option<Capability>,
    findings: &mut Findings,
) -> Result<Option<&'a Node>, ()> {
    match (fields.entry(name), capability) {
        // What the capability is, nobody knows: that was said.
        (None, _) | (_, None) => Ok(None),
        (Some((_, node)), Some(found)) if found == owner => Ok(Some(node)),
        (Some((key, _)), Some(found)) => {
            let message = format!("`{}` is not a detail of `{found}`", fields.path(name));
            findings.invalid(key.place, message, format!("move it below `- name: {owner}`"));
            Err(())
        }
    }
}

fn http(
    fields: &mut Fields<'_>,
    capability: Option<Capability>,
    findings: &mut Findings,
) -> Option<Vec<HttpRule>> {
    let node = detail(fields, "http", Capability::Http, capability, findings).ok()?;
    let path = fields.path("http");
    let Some(node) = node else {
        if capability == Some(Capability::Http) {
            findings.invalid(fields.place(), format!("`{path}` is missing: where do requests go?"), LINE);
            return None;
        }
        return Some(Vec::new());
    };
    let items = findings.list(node, &path);
    if items.is_empty() && matches!(node.value, Value::List(_)) {
        findings.invalid(node.place, format!("`{path}` is empty: where do requests go?"), LINE);
    }
    let mut rules: Vec<Option<HttpRule>> = Vec::new();
    for (at, node) in items.iter().enumerate() {
        let rule = Fields::of(node, format!("{path}[{at}]"), findings).and_then(|mut fields| {
            let rule = rule::read(&mut fields, Side::Want, findings);
            fields.finish(findings);
            rule
        });
        if let Some(rule) = &rule {
            rule::refuse_twice(rule, rules.iter().flatten(), node.place, findings);
        }
        rules.push(rule);
    }
    rules.into_iter().collect::<Option<Vec<_>>>().filter(|rules| !rules.is_empty())
}

fn credentials(
    fields: &mut Fields<'_>,
    capability: Option<Capability>,
    findings: &mut Findings,
) -> Option<BTreeMap<String, BindingKind>> {
    let node = detail(fields, "credentials", Capability::Http, capability, findings).ok()?;
    let path = fields.path("credentials");
    let Some(node) = node else { return Some(BTreeMap::new()) };
    let mut all = Vec::new();
    for (key, node) in findings.entries(node, &path)? {
        let what = format!("{path}.{}", key.text.escape_debug());
        let name = rule::credential_name(key, &path, findings);
        let kind = findings.text(node, &what).and_then(|word| {
            let kind = BindingKind::parse(word);
            if kind.is_none() {
                let message =
                    format!("`{what}` is `{}`, which is no kind of credential", word.escape_debug());
                findings.invalid(node.place, message, rule::known_bindings(word));
            }
            kind
        });
        all.push(name.map(|name| name.to_string()).zip(kind));
    }
    all.into_iter().collect()
}

fn references(
    fields: &mut Fields<'_>,
    capability: Option<Capability>,
    findings: &mut Findings,
) -> Option<BTreeSet<String>> {
    let node = detail(fields, "references", Capability::Secrets, capability, findings).ok()?;
    let path = fields.path("references");
    let Some(node) = node else { return Some(BTreeSet::new()) };
    let mut names = BTreeSet::new();
    let mut whole = true;
    for (at, node) in findings.list(node, &path).iter().enumerate() {
        let what = format!("{path}[{at}]");
        let Some(name) = super::value::name(node, &what, SecretName::new, findings) else {
            whole = false;
            continue;
        };
        if !names.insert(name.to_string()) {
            findings.invalid(node.place, format!("`{name}` stands twice in `{path}`"), "keep one of them");
        }
    }
    whole.then_some(names)
}

fn known_capabilities() -> String {
    format!("known capabilities: {}", list(Capability::ALL.map(Capability::as_str)))
}
