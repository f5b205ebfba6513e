//! What the validator found, in words for people.

use innominatus_model::{Json, Violation};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;

/// Usually one; of entries that are not allowed, one each, at most so many.
pub(super) fn violations(
    error: &ValidationError<'_>,
    schema: &Json,
    params: &Json,
    most: usize,
) -> Vec<Violation> {
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
        _ => return vec![Violation { pointer, message: words(error), remedy: None }],
    };
    let known = known(error, schema);
    let of = |name: &String| Violation {
        pointer: format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
        message: "there is no such parameter".into(),
        remedy: remedy(name, &known),
    };
    unexpected.into_iter().take(most).map(of).collect()
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
    // Beyond so many names or letters a guess costs more than it helps.
    const COMPARED: usize = 200;
    const LONGEST: usize = 80;
    let comparable = known.iter().filter(|known| name.len().max(known.len()) <= LONGEST).take(COMPARED);
    let near = comparable.map(|known| (strsim::jaro_winkler(name, known), known));
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
