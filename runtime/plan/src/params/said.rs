//! What the validator found, in words for people.

use innominatus_model::{Json, Violation};
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};

/// Usually one; of entries that are not allowed, one each.
pub(super) fn violations(error: &ValidationError<'_>, schema: &Json, params: &Json) -> Vec<Violation> {
    let pointer = error.instance_path().to_string();
    let unexpected: Vec<&String> = match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            unexpected.iter().collect()
        }
        // So it is said where no entry at all is allowed, and of the first one only.
        Kind::FalseSchema if error.schema_path().to_string().ends_with("/additionalProperties") => {
            let entries = params.pointer(&pointer).and_then(Json::as_object);
            entries.into_iter().flat_map(|entries| entries.keys()).collect()
        }
        Kind::FalseSchema => {
            return vec![Violation { pointer, message: "it is not allowed".into(), remedy: None }];
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            return alternatives(error, context, schema, params);
        }
        _ => return vec![Violation { pointer, message: words(error), remedy: None }],
    };
    let known = known(error, schema);
    let of = |name: &String| Violation {
        pointer: format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
        message: "there is no such parameter".into(),
        remedy: remedy(name, &known),
    };
    unexpected.into_iter().map(of).collect()
}

/// Where one of several schemas is to be satisfied, and none is: what is wrong by those that are for such a value,
/// or else which kinds of values they are for.
fn alternatives(
    error: &ValidationError<'_>,
    branches: &[Vec<ValidationError<'_>>],
    schema: &Json,
    params: &Json,
) -> Vec<Violation> {
    let pointer = error.instance_path().to_string();
    let here = |other: &&ValidationError<'_>| other.instance_path() == error.instance_path();
    let is_for_others = |branch: &&Vec<ValidationError<'_>>| {
        branch.iter().filter(here).any(|other| matches!(other.kind(), Kind::Type { .. }))
    };
    let near: Vec<_> = branches.iter().filter(|branch| !is_for_others(branch)).collect();
    let message = match near.as_slice() {
        [] => {
            let types =
                branches.iter().flatten().filter(here).flat_map(|other| types(other.kind())).collect();
            wrong_type(error.instance(), types)
        }
        [only] => return only.iter().flat_map(|error| violations(error, schema, params)).collect(),
        several => match several.iter().map(|branch| values(branch)).collect::<Option<Vec<_>>>() {
            Some(allowed) => {
                format!("{} is none of {}", brief(error.instance()), allowed.concat().join(", "))
            }
            None => {
                let reasons = several.iter().filter_map(|branch| branch.first().map(words));
                format!("it has none of the forms that are allowed: {}", list(reasons.collect(), "; or "))
            }
        },
    };
    vec![Violation { pointer, message, remedy: None }]
}

/// The values that are allowed, if that is all there is to say.
fn values(branch: &[ValidationError<'_>]) -> Option<Vec<String>> {
    match branch {
        [only] => match only.kind() {
            Kind::Constant { expected_value } => Some(vec![brief(expected_value)]),
            Kind::Enum { options } => Some(options.as_array()?.iter().map(brief).collect()),
            _ => None,
        },
        _ => None,
    }
}

fn types(kind: &Kind) -> Vec<&'static str> {
    match kind {
        Kind::Type { kind: TypeKind::Single(one) } => vec![one.as_str()],
        Kind::Type { kind: TypeKind::Multiple(set) } => set.iter().map(|one| one.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// `null` is not told of: leaving the value out does the same, and more clearly.
fn wrong_type(value: &Json, types: Vec<&'static str>) -> String {
    let mut expected: Vec<String> = Vec::new();
    for name in types.into_iter().filter(|name| *name != "null").map(noun) {
        if !expected.iter().any(|known| known == name) {
            expected.push(name.to_owned());
        }
    }
    let is = match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(number) if number.is_f64() => "a number",
        Json::Number(_) => "a whole number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    let shown = brief(value);
    let found = if shown == is { shown } else { format!("{shown} is {is}") };
    format!("{found}, expected {}", if expected.is_empty() { "null".into() } else { list(expected, " or ") })
}

fn noun(name: &'static str) -> &'static str {
    match name {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "an object",
        other => other,
    }
}

/// A value as JSON, or "it" if that is long.
fn brief(value: &Json) -> String {
    const LONGEST: usize = 60;
    let shown = value.to_string();
    if shown.len() > LONGEST { "it".into() } else { shown }
}

fn list(mut items: Vec<String>, last: &str) -> String {
    const LISTED: usize = 20;
    if items.len() > LISTED {
        let more = items.len() - LISTED;
        items.truncate(LISTED);
        items.push(format!("{more} more"));
    }
    match items.split_last() {
        Some((only, [])) => only.clone(),
        Some((end, rest)) if last.starts_with(';') => format!("{}{last}{end}", rest.join("; ")),
        Some((end, rest)) => format!("{}{last}{end}", rest.join(", ")),
        None => String::new(),
    }
}

/// The names that the schema knows beside the keyword that does not allow others.
fn known<'s>(error: &ValidationError<'_>, schema: &'s Json) -> Vec<&'s str> {
    let path = error.schema_path().to_string();
    let place = path.rfind('/').and_then(|end| schema.pointer(&path[..end]));
    let properties = place.and_then(|place| place.get("properties")).and_then(Json::as_object);
    properties.into_iter().flat_map(|entries| entries.keys().map(String::as_str)).collect()
}

fn remedy(name: &str, known: &[&str]) -> Option<String> {
    const LISTED: usize = 20;
    let near = known.iter().map(|known| (strsim::jaro_winkler(name, known), known));
    let nearest = near.filter(|(likeness, _)| *likeness > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, nearest)) = nearest {
        return Some(format!("write `{nearest}`"));
    }
    let mut listed: Vec<String> = known.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    if known.len() > LISTED {
        listed.push(format!("{} more", known.len() - LISTED));
    }
    if listed.is_empty() { None } else { Some(format!("known are {}", listed.join(", "))) }
}

/// The validator's own words. They show the value, which may be long.
fn words(error: &ValidationError<'_>) -> String {
    const LONGEST: usize = 300;
    if matches!(error.kind(), Kind::Type { .. }) {
        return wrong_type(error.instance(), types(error.kind()));
    }
    let mut message = error.to_string();
    if message.len() > LONGEST {
        message = error.masked().to_string();
    }
    if message.len() > LONGEST {
        message = format!("it does not satisfy `{}`", error.kind().keyword());
    }
    // Values are quoted, so a capital only ever begins a sentence.
    if message.starts_with(|first: char| first.is_ascii_uppercase()) {
        message[..1].make_ascii_lowercase();
    }
    message.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::params::Schema;

    fn said(schema: serde_json::Value, params: serde_json::Value) -> Vec<String> {
        let violations = Schema::new(&schema).unwrap().violations(&params);
        let shown = violations
            .into_iter()
            .map(|v| format!("{}: {} ({})", v.pointer, v.message, v.remedy.unwrap_or_default()));
        shown.collect()
    }

    #[test]
    fn an_unknown_parameter_is_pointed_at_and_the_known_ones_are_named() {
        let schema = json!({
            "properties": {"size": {}, "nested": {"$ref": "#/$defs/nested"}},
            "additionalProperties": false,
            "$defs": {"nested": {"properties": {"colour": {}}, "additionalProperties": false}},
        });
        assert_eq!(
            said(schema, json!({"siez": 1, "other/one": 2, "nested": {"color": 1}})),
            [
                "/nested/color: there is no such parameter (write `colour`)",
                "/other~1one: there is no such parameter (known are `size`, `nested`)",
                "/siez: there is no such parameter (write `size`)",
            ]
        );
        assert_eq!(
            said(json!({"additionalProperties": false}), json!({"a": 1, "b": 2})),
            ["/a: there is no such parameter ()", "/b: there is no such parameter ()"]
        );
    }

    #[test]
    fn of_several_forms_those_are_told_of_that_the_value_is_near_to() {
        let ports = json!({"properties": {"publish": {"anyOf": [
            {"type": "string", "pattern": "^[0-9]+:[a-z]+$"},
            {"type": "array", "items": {"type": "string"}},
        ]}}});
        for (publish, expected) in [
            (json!(8080), "/publish: 8080 is a whole number, expected text or a list ()"),
            (json!("8080"), "/publish: \"8080\" does not match \"^[0-9]+:[a-z]+$\" ()"),
            (json!(["a", 1]), "/publish/1: 1 is a whole number, expected text ()"),
        ] {
            assert_eq!(said(ports.clone(), json!({"publish": publish})), [expected]);
        }
        let mode = json!({"anyOf": [{"oneOf": [{"const": "a"}, {"enum": ["b", "c"]}]}, {"type": "null"}]});
        assert_eq!(said(mode.clone(), json!("x")), [": \"x\" is none of \"a\", \"b\", \"c\" ()"]);
        let other = json!({"oneOf": [{"required": ["port"]}, {"required": ["socket"]}]});
        assert_eq!(
            said(other, json!({"x": 1})),
            [": it has none of the forms that are allowed: \"port\" is a required property; \
              or \"socket\" is a required property ()"]
        );
        assert_eq!(
            said(json!({"type": ["string", "null"]}), json!(1.5)),
            [": 1.5 is a number, expected text ()"]
        );
        assert_eq!(said(json!({"type": "object"}), json!(null)), [": null, expected an object ()"]);
    }

    #[test]
    fn words_begin_small_and_have_an_end() {
        assert_eq!(
            said(json!({"maxProperties": 1}), json!({"a": "x".repeat(10_000), "b": 1})),
            [": value has more than 1 property ()"]
        );
        assert_eq!(said(json!({"properties": {"a": false}}), json!({"a": 1})), ["/a: it is not allowed ()"]);
        let pattern = format!("^({})$", "x".repeat(1000));
        assert_eq!(said(json!({"pattern": pattern}), json!("x")), [": it does not satisfy `pattern` ()"]);
    }
}
