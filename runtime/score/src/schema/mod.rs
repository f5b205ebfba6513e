//! The published schema judges the tree; what it says is put into our own words by `words`.

mod words;

use std::collections::HashSet;
use std::sync::LazyLock;

use innominatus_model::{Code, Json};
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};

use crate::findings::{Findings, show};
use crate::suggest::{list, nearest};
use crate::tree::{Node, Place, Value, join, segments};

/// As published; `NOTICE` beside it says where.
const PUBLISHED: &str = include_str!("score-v1b1.json");

static SCHEMA: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(PUBLISHED).expect("the published schema is JSON"));
static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::validator_for(&SCHEMA).expect("the published schema is a schema"));

/// Reports every way in which the tree breaks the schema, except where something was already said.
pub(crate) fn check(root: &Node, findings: &mut Findings) {
    let json = root.to_json();
    let mut judge = Judge { root, findings, said: HashSet::new() };
    for error in VALIDATOR.iter_errors(&json) {
        if judge.findings.is_full() {
            break;
        }
        judge.report(&error);
    }
}

struct Judge<'a> {
    root: &'a Node,
    findings: &'a mut Findings,
    /// Values with a finding: one rule in words covers `minLength` and `pattern`.
    said: HashSet<String>,
}

impl Judge<'_> {
    fn report(&mut self, error: &ValidationError<'_>) {
        let pointer = error.instance_path().as_str();
        let Some((node, place)) = self.root.find(pointer) else { return };
        if node.settled {
            return;
        }
        match error.kind() {
            Kind::Required { property } => {
                self.missing(pointer, place, property.as_str().unwrap_or_default())
            }
            Kind::AdditionalProperties { unexpected } => {
                let allowed = fields_beside(error.schema_path().as_str());
                unexpected.iter().for_each(|name| self.unknown(pointer, node, name, &allowed));
            }
            Kind::PropertyNames { error } => self.bad_key(pointer, node, error),
            Kind::Type { kind } => self.wrong_type(pointer, node, place, kind),
            Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
                self.none_of(pointer, node, place, context)
            }
            Kind::OneOfMultipleValid { .. } => self.several(pointer, node, place),
            kind => self.bad_value(pointer, node, place, kind),
        }
    }

    fn missing(&mut self, pointer: &str, place: Place, field: &str) {
        let message = format!("{} has no `{field}`", words::owner(pointer));
        self.findings.error(place, Code::ScoreMissingField, message, words::how_to_add(pointer, field));
    }

    fn unknown(&mut self, pointer: &str, node: &Node, name: &str, allowed: &[&str]) {
        let Some(entry) = node.map().and_then(|map| map.get(name)) else { return };
        let owner = words::owner(pointer);
        let hint = match words::known_stranger(pointer, name) {
            Some(hint) => hint.to_owned(),
            None => match nearest(name, allowed.iter().copied()) {
                Some(near) => format!("write `{near}`"),
                None => format!("remove it; {owner} may have {}", list(allowed.iter().copied(), "and")),
            },
        };
        let message = format!("{owner} has no field `{}`", show(name));
        self.findings.error(entry.key_at, Code::ScoreUnknownField, message, hint);
    }

    fn bad_key(&mut self, pointer: &str, node: &Node, error: &ValidationError<'_>) {
        let Some(name) = error.instance().as_str() else { return };
        let Some(entry) = node.map().and_then(|map| map.get(name)) else { return };
        if !self.said.insert(join(pointer, name)) {
            return;
        }
        let rule = words::key_rule(pointer);
        let message = format!("`{}` cannot be {}", show(name), rule.what);
        let hint = words::rule_hint(rule.expected, name, rule.slug);
        self.findings.error(entry.key_at, Code::ScoreInvalidValue, message, hint);
    }

    fn wrong_type(&mut self, pointer: &str, node: &Node, place: Place, kind: &TypeKind) {
        let expected = match kind {
            TypeKind::Single(kind) => kind.to_string(),
            TypeKind::Multiple(_) => "another type".into(),
        };
        let (code, message, hint) = words::wrong_type(pointer, node, &expected);
        self.findings.error(place, code, message, hint);
    }

    /// No branch holds. The branch of the right type tells more than "no branch holds".
    fn none_of(
        &mut self,
        pointer: &str,
        node: &Node,
        place: Place,
        branches: &[Vec<ValidationError<'static>>],
    ) {
        let here = |error: &ValidationError<'_>| error.instance_path().as_str() == pointer;
        let choice = branches.iter().map(|branch| match branch.as_slice() {
            [only] if here(only) => match only.kind() {
                Kind::Required { property } => property.as_str(),
                _ => None,
            },
            _ => None,
        });
        if let Some(fields) = choice.collect::<Option<Vec<_>>>()
            && node.map().is_some()
        {
            let message =
                format!("{} has none of {}", words::owner(pointer), list(fields.iter().copied(), "and"));
            let hint = words::how_to_add(pointer, fields.last().copied().unwrap_or_default());
            self.findings.error(place, Code::ScoreMissingField, message, hint);
            return;
        }
        let of_right_type = |branch: &&Vec<ValidationError<'static>>| {
            !branch.iter().any(|error| here(error) && matches!(error.kind(), Kind::Type { .. }))
        };
        match branches.iter().filter(of_right_type).collect::<Vec<_>>().as_slice() {
            [only] => only.iter().for_each(|error| self.report(error)),
            // Every list form has become a mapping, so a mapping is what is missing.
            _ => {
                let (code, message, hint) = words::wrong_type(pointer, node, "object");
                self.findings.error(place, code, message, hint);
            }
        }
    }

    fn several(&mut self, pointer: &str, node: &Node, place: Place) {
        // Of what is no mapping, `required` holds in every branch; that it is none is said already.
        if node.map().is_none() {
            return;
        }
        let given =
            ["source", "content", "binaryContent"].into_iter().filter(|field| node.get(field).is_some());
        let message = format!("{} has {} together", words::owner(pointer), list(given, "and"));
        self.findings.error(place, Code::ScoreInvalidValue, message, "keep exactly one of them");
    }

    fn bad_value(&mut self, pointer: &str, node: &Node, place: Place, kind: &Kind) {
        if !self.said.insert(pointer.to_owned()) {
            return;
        }
        let field = segments(pointer).last().unwrap_or_default();
        let value = match &node.value {
            Value::Text(text) => format!("`{}`", show(text)),
            Value::Number(number) => format!("`{number}`"),
            _ => node.kind().to_owned(),
        };
        let message = format!("`{}` of {} cannot be {value}", show(&field), words::owner(parent(pointer)));
        self.findings.error(place, Code::ScoreInvalidValue, message, words::value_rule(pointer, node, kind));
    }
}

fn parent(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The fields that the schema knows where it refused another one.
fn fields_beside(schema_path: &str) -> Vec<&'static str> {
    let fields = SCHEMA.pointer(parent(schema_path)).and_then(|schema| schema.get("properties"));
    fields
        .and_then(Json::as_object)
        .map(|fields| fields.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Where the schema has a rule that only words can tell. One more here wants words in `words` and a line
    /// in a fixture; the published schema changed.
    #[test]
    fn every_pattern_of_the_schema_is_known() {
        let mut found = BTreeSet::new();
        Node::from_json(&SCHEMA).walk(&mut |pointer, _, _| {
            if let Some(place) = pointer.strip_suffix("/pattern") {
                let path: Vec<String> =
                    segments(place).filter(|part| part != "properties" && part != "$defs").collect();
                found.insert(path.join("."));
            }
        });
        let known = [
            "apiVersion",
            "container.before.propertyNames",
            "container.variables.propertyNames",
            "containerFile.mode",
            "containers.propertyNames",
            "httpProbe.httpHeaders.items.name",
            "metadata.annotations.propertyNames",
            "metadata.name",
            "resource.class",
            "resource.id",
            "resource.metadata.annotations.propertyNames",
            "resource.type",
            "resources.propertyNames",
            "resourcesLimits.cpu",
            "resourcesLimits.memory",
            "service.ports.propertyNames",
        ];
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), known);
    }

    /// One more here wants a line in [`crate::whole`].
    #[test]
    fn every_integer_of_the_schema_is_known() {
        let mut found = BTreeSet::new();
        Node::from_json(&SCHEMA).walk(&mut |pointer, node, _| {
            if let Some(place) = pointer.strip_suffix("/type")
                && matches!(node.text(), Some("integer" | "number"))
            {
                let path: Vec<String> =
                    segments(place).filter(|part| part != "properties" && part != "$defs").collect();
                found.insert(path.join("."));
            }
        });
        let known = ["httpProbe.port", "servicePort.port", "servicePort.targetPort"];
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), known);
    }
}
