//! Params against a component's schema: defaults, and what is wrong where.

use innominatus_model::{Json, Violation};
use innominatus_score::placeholder;
use jsonschema::{Draft, PatternOptions, Validator};

/// A component's schema that cannot be used. A fragment for "the schema of … {error}".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a usable JSON Schema: {0}")]
pub struct SchemaError(String);

/// A schema, compiled. References reach only inside the schema itself, patterns cannot run away.
#[derive(Debug)]
pub struct Schema {
    source: Json,
    validator: Validator,
}

impl Schema {
    /// Compiles.
    pub fn new(source: &Json) -> Result<Self, SchemaError> {
        if let Some(reference) = foreign_reference(source) {
            return Err(SchemaError(format!("it refers to `{reference}`, outside itself")));
        }
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .build(source)
            .map_err(|error| SchemaError(error.to_string()))?;
        Ok(Self { source: source.clone(), validator })
    }

    /// What is wrong. Values that hold placeholders are not judged: they are judged when filled.
    pub fn violations(&self, params: &Json) -> Vec<Violation> {
        let mut violations: Vec<Violation> = self
            .validator
            .iter_errors(params)
            .filter_map(|error| {
                let pointer = error.instance_path().to_string();
                let open = params.pointer(&pointer).is_some_and(|value| match value {
                    Json::String(text) => placeholder::contains(text),
                    _ => false,
                });
                (!open).then(|| Violation { pointer, message: fragment(&error.to_string()), remedy: None })
            })
            .collect();
        violations.sort_by(|a, b| (&a.pointer, &a.message).cmp(&(&b.pointer, &b.message)));
        violations
    }

    /// The params with `default`s of absent properties filled in, at every level that `properties` describe.
    pub fn with_defaults(&self, params: &Json) -> Json {
        let mut params = if params.is_null() { Json::Object(Default::default()) } else { params.clone() };
        fill_defaults(&self.source, &self.source, &mut params, 0);
        params
    }
}

/// jsonschema capitalises nothing, but ends some messages with a full stop.
fn fragment(message: &str) -> String {
    message.trim_end_matches('.').to_owned()
}

fn foreign_reference(schema: &Json) -> Option<&str> {
    match schema {
        Json::Object(entries) => entries.iter().find_map(|(key, value)| match (key.as_str(), value) {
            ("$ref" | "$dynamicRef", Json::String(target)) if !target.starts_with('#') => Some(target.as_str()),
            _ => foreign_reference(value),
        }),
        Json::Array(items) => items.iter().find_map(foreign_reference),
        _ => None,
    }
}

fn fill_defaults(root: &Json, schema: &Json, value: &mut Json, depth: usize) {
    // Schemas may refer to themselves; values are at most this deep.
    if depth > 32 {
        return;
    }
    let schema = match schema.get("$ref").and_then(Json::as_str).and_then(|target| target.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).unwrap_or(schema),
        None => schema,
    };
    let (Some(properties), Json::Object(entries)) = (schema.get("properties").and_then(Json::as_object), value) else {
        return;
    };
    for (name, property) in properties {
        match (entries.get_mut(name), property.get("default")) {
            (Some(entry), _) => fill_defaults(root, property, entry, depth + 1),
            (None, Some(default)) if !default.is_null() => {
                entries.insert(name.clone(), default.clone());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_are_judged_when_filled() {
        let schema = Schema::new(&json!({"properties": {"port": {"type": "integer"}}, "additionalProperties": false})).unwrap();
        assert!(schema.violations(&json!({"port": "${resources.a.port}"})).is_empty());
        assert_eq!(schema.violations(&json!({"port": "x"})).len(), 1);
        assert_eq!(schema.violations(&json!({"porrt": 1})).len(), 1);
    }

    #[test]
    fn defaults_reach_nested_objects() {
        let schema = Schema::new(&json!({
            "properties": {"a": {"default": 1}, "b": {"$ref": "#/$defs/b"}, "n": {"default": null}},
            "$defs": {"b": {"properties": {"c": {"default": "x"}}}},
        }))
        .unwrap();
        assert_eq!(schema.with_defaults(&json!({"b": {}})), json!({"b": {"c": "x"}, "a": 1}));
        assert_eq!(schema.with_defaults(&Json::Null), json!({"a": 1}));
    }

    #[test]
    fn a_schema_cannot_reach_outside() {
        for target in ["http://169.254.169.254/x", "file:///etc/passwd", "other.json"] {
            let error = Schema::new(&json!({"properties": {"a": {"$ref": target}}})).unwrap_err();
            assert!(error.to_string().contains(target));
        }
    }
}
