//! Params against a component's schema: defaults, and what is wrong where.

mod defaults;
mod guard;
mod said;

use innominatus_model::{Json, Violation};
use innominatus_score::placeholder;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};

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
        guard::check(source).map_err(SchemaError)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .build(source)
            .map_err(|error| SchemaError(error.to_string()))?;
        Ok(Self { source: source.clone(), validator })
    }

    /// What is wrong. What depends on a placeholder is not judged: it is judged when that is filled.
    pub fn violations(&self, params: &Json) -> Vec<Violation> {
        let open = |error: &ValidationError<'_>| is_open(error, params);
        let errors = self.validator.iter_errors(params).filter(|error| !open(error));
        let mut violations: Vec<Violation> =
            errors.flat_map(|error| said::violations(&error, &self.source, params)).collect();
        violations.sort_by(|a, b| (&a.pointer, &a.message).cmp(&(&b.pointer, &b.message)));
        violations.dedup();
        violations
    }

    /// The params with `default`s of absent properties filled in, at every level that `properties` and `items`
    /// describe.
    pub fn with_defaults(&self, params: &Json) -> Json {
        let params = if params.is_null() { Json::Object(Default::default()) } else { params.clone() };
        defaults::filled(&self.source, params)
    }
}

/// Whether the verdict may be another one when the placeholders are filled: a text that holds one may become any
/// text, and what combines schemas looks at texts elsewhere.
fn is_open(error: &ValidationError<'_>, params: &Json) -> bool {
    let Some(value) = params.pointer(&error.instance_path().to_string()) else { return false };
    if let Json::String(text) = value {
        return placeholder::contains(text);
    }
    let path = error.evaluation_path().to_string();
    let is_conditional =
        path.split('/').any(|keyword| matches!(keyword, "if" | "then" | "else" | "not" | "anyOf" | "oneOf"));
    (is_conditional && holds_placeholder(params))
        || (!is_of_the_frame(error.kind()) && holds_placeholder(value))
}

/// Whether the verdict is about which entries there are, and not about what is in them.
fn is_of_the_frame(kind: &ValidationErrorKind) -> bool {
    use ValidationErrorKind as Kind;
    matches!(
        kind,
        Kind::Type { .. }
            | Kind::Required { .. }
            | Kind::AdditionalProperties { .. }
            | Kind::AdditionalItems { .. }
            | Kind::MinItems { .. }
            | Kind::MaxItems { .. }
            | Kind::MinProperties { .. }
            | Kind::MaxProperties { .. }
            | Kind::PropertyNames { .. }
            | Kind::FalseSchema
    )
}

fn holds_placeholder(value: &Json) -> bool {
    match value {
        Json::String(text) => placeholder::contains(text),
        Json::Array(items) => items.iter().any(holds_placeholder),
        Json::Object(entries) => entries.values().any(holds_placeholder),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(schema: Json, params: Json) -> Vec<String> {
        let schema = Schema::new(&schema).unwrap();
        let violations = schema.violations(&schema.with_defaults(&params));
        violations.into_iter().map(|violation| violation.pointer).collect()
    }

    #[test]
    fn placeholders_are_judged_when_filled() {
        let schema = json!({
            "properties": {
                "port": {"type": "integer"},
                "size": {"enum": ["small", "large"]},
                "hosts": {"items": {"pattern": "^[a-z]+$"}, "minItems": 2, "uniqueItems": true},
            },
            "additionalProperties": false,
        });
        let placeholder = "${resources.a.b}";
        assert!(
            pointers(schema.clone(), json!({"port": placeholder, "size": format!("x-{placeholder}")}))
                .is_empty()
        );
        assert_eq!(pointers(schema.clone(), json!({"port": "x", "size": placeholder})), ["/port"]);
        let wrong_name = pointers(schema.clone(), json!({"porrt": placeholder}));
        assert_eq!(wrong_name, ["/porrt"], "the name is wrong whatever the value becomes");
        assert_eq!(
            pointers(schema.clone(), json!({"hosts": [placeholder]})),
            ["/hosts"],
            "there will not be more"
        );
        assert_eq!(pointers(schema.clone(), json!({"hosts": [placeholder, "A"]})), ["/hosts/1"]);
        assert!(pointers(schema.clone(), json!({"hosts": [placeholder, placeholder]})).is_empty());
        assert_eq!(pointers(schema, json!({"size": "$${resources.a.b}"})), ["/size"], "this is only text");
    }

    #[test]
    fn what_depends_on_a_placeholder_elsewhere_is_judged_when_that_is_filled() {
        let choice = json!({"anyOf": [
            {"properties": {"port": {"type": "integer"}}, "required": ["port"]},
            {"required": ["socket"]},
        ]});
        assert!(pointers(choice.clone(), json!({"port": "${resources.a.b}"})).is_empty());
        assert_eq!(pointers(choice, json!({"port": "x"})), [""]);
        let condition = json!({
            "if": {"properties": {"mode": {"const": "cluster"}}},
            "then": {"$ref": "#/$defs/cluster"},
            "else": {"required": ["name"]},
            "$defs": {"cluster": {"properties": {"nodes": {"minimum": 3}}, "required": ["nodes"]}},
        });
        assert!(pointers(condition.clone(), json!({"mode": "${resources.a.b}", "nodes": 1})).is_empty());
        assert_eq!(pointers(condition.clone(), json!({"mode": "cluster", "nodes": 1})), ["/nodes"]);
        assert_eq!(pointers(condition, json!({"mode": "single"})), [""]);
    }

    #[test]
    fn defaults_reach_nested_objects_and_lists() {
        let schema = Schema::new(&json!({
            "properties": {"a": {"default": 1}, "b": {"$ref": "#/$defs/b"}, "n": {"default": null}},
            "$defs": {
                "b": {"$ref": "#/$defs/c", "properties": {"own": {"default": true}}},
                "c": {"properties": {"c": {"default": "x"}, "list": {"items": {"$ref": "#/$defs/c"}}}},
            },
        }))
        .unwrap();
        assert_eq!(
            schema.with_defaults(&json!({"b": {"list": [{}, 1, {"c": "y"}]}, "a": 2})),
            json!({"a": 2, "b": {"own": true, "c": "x", "list": [{"c": "x"}, 1, {"c": "y"}]}})
        );
        assert_eq!(schema.with_defaults(&Json::Null), json!({"a": 1}));
    }

    #[test]
    fn defaults_of_a_schema_that_refers_to_itself_come_to_an_end() {
        let schema =
            json!({"properties": {"a": {"$ref": "#", "default": {}}, "b": {"$ref": "#", "default": {}}}});
        let schema = Schema::new(&schema).unwrap();
        assert_eq!(schema.with_defaults(&json!({"a": {}})), json!({"a": {"a": {}, "b": {}}, "b": {}}));
    }

    #[test]
    fn a_schema_that_is_none_is_refused_in_words() {
        for (schema, expected) in [
            (json!({"type": "strnig"}), "strnig"),
            (json!({"properties": {"a": {"$ref": "#/$defs/nowhere"}}}), "nowhere"),
            (json!({"pattern": "(a{0,1000}){0,1000}"}), "regex"),
            (json!([]), "[]"),
            (
                json!({"properties": {"a": {"$ref": "https://a.example/"}}}),
                "`https://a.example/`, outside itself",
            ),
        ] {
            let error = Schema::new(&schema).unwrap_err().to_string();
            assert!(
                error.starts_with("is not a usable JSON Schema: ") && error.contains(expected),
                "{error}"
            );
        }
    }
}
