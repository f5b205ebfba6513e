//! A component's JSON Schema for people: one row per parameter, with its type in words, its default and its meaning.
//! Schemas come from guests, so what cannot be put into words is shown as it is, and everything has an end.

use serde_json::Value;

use super::text::show_value;

/// How deep references and alternatives are followed for the word of a type.
const DEPTH: usize = 6;
/// How many alternatives are listed.
const LISTED: usize = 12;

/// One parameter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) kind: String,
    /// `required`, or what holds without it.
    pub(crate) default: String,
    pub(crate) meaning: String,
}

/// In the order of the schema; none where it names none.
pub(crate) fn parameters(schema: &Value) -> Vec<Parameter> {
    let place = followed(schema, schema);
    let required = |name: &str| {
        place["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name))
    };
    let properties = place["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| Parameter {
            name: name.clone(),
            kind: kind(schema, property, DEPTH),
            default: match property.get("default") {
                Some(value) if !value.is_null() => show_value(value),
                _ if required(name) => "required".to_owned(),
                _ => String::new(),
            },
            meaning: meaning(schema, property),
        })
        .collect()
}

/// What stands behind a reference into the same schema.
fn followed<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut place = schema;
    for _ in 0..DEPTH {
        let target = place["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
        match target.and_then(|pointer| root.pointer(pointer)) {
            Some(target) => place = target,
            None => break,
        }
    }
    place
}

/// On one line.
fn meaning(root: &Value, property: &Value) -> String {
    let own = property["description"].as_str().or_else(|| followed(root, property)["description"].as_str());
    own.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn kind(root: &Value, schema: &Value, depth: usize) -> String {
    let place = followed(root, schema);
    let Some(depth) = depth.checked_sub(1) else { return "…".into() };
    if let Some(value) = place.get("const") {
        return show_value(value);
    }
    if let Some(values) = place["enum"].as_array() {
        return alternatives(values.iter().filter(|value| !value.is_null()).map(show_value).collect());
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(schemas) = place[word].as_array() {
            return alternatives(schemas.iter().map(|schema| kind(root, schema, depth)).collect());
        }
    }
    let noun = |name: &str| match name {
        "string" => "text".to_owned(),
        "integer" => "whole number".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => match place.get("items") {
            Some(items) if items.is_object() => format!("list of {}", kind(root, items, depth)),
            _ => "list".to_owned(),
        },
        "object" => match place.get("additionalProperties") {
            Some(values) if values.is_object() => format!("object of {}", kind(root, values, depth)),
            _ => "object".to_owned(),
        },
        other => other.to_owned(),
    };
    match &place["type"] {
        Value::String(name) => noun(name),
        Value::Array(names) => alternatives(names.iter().filter_map(Value::as_str).map(noun).collect()),
        _ => "anything".into(),
    }
}

/// `null` is not told of: it says that a parameter may be left out.
fn alternatives(kinds: Vec<String>) -> String {
    let mut told: Vec<String> = Vec::new();
    for kind in kinds {
        if kind != "null" && !told.contains(&kind) {
            told.push(kind);
        }
    }
    if told.len() > LISTED {
        told.truncate(LISTED);
        told.push("…".into());
    }
    if told.is_empty() { "null".into() } else { told.join(" | ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_parameter_is_put_into_words() {
        let schema = json!({
            "properties": {
                "project": {"type": ["string", "null"], "description": "The\n  name."},
                "publish": {"$ref": "#/$defs/Publish", "default": []},
                "mode": {"anyOf": [{"oneOf": [{"const": "a"}, {"enum": ["b", null]}]}, {"type": "null"}]},
                "sizes": {"type": "object", "additionalProperties": {"type": "integer"}},
                "on": {"type": "boolean", "default": true},
                "any": true,
            },
            "required": ["sizes"],
            "$defs": {"Publish": {
                "description": "Ports.",
                "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            }},
        });
        let rows: Vec<String> = parameters(&schema)
            .into_iter()
            .map(|row| format!("{}: {} ({}) {}", row.name, row.kind, row.default, row.meaning))
            .collect();
        assert_eq!(
            rows,
            [
                "project: text () The name.",
                "publish: text | list of text ([]) Ports.",
                "mode: a | b () ",
                "sizes: object of whole number (required) ",
                "on: true or false (true) ",
                "any: anything () ",
            ]
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_comes_to_an_end() {
        let schema = json!({"properties": {
            "tree": {"type": "array", "items": {"$ref": "#/properties/tree"}},
            "loop": {"$ref": "#/properties/loop"},
        }});
        let rows = parameters(&schema);
        assert!(rows[0].kind.starts_with("list of list of"), "{rows:?}");
        assert_eq!(rows[1].kind, "anything");
        assert!(parameters(&json!(true)).is_empty() && parameters(&json!([])).is_empty());
    }
}
