//! Params against a component's schema: defaults, and what is wrong where.

mod change;
mod defaults;
mod guard;
mod keywords;
mod references;
mod said;
mod work;

use std::collections::HashMap;

use innominatus_model::{Json, JsonLimits, Violation};
use innominatus_score::placeholder;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};

pub use change::{SchemaChange, output_changes, schema_changes};

/// Violations that are told of one value, at most; as many as a component may tell itself.
const MOST_VIOLATIONS: usize = 256;

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

    /// What is wrong, the first 256 of it. What depends on a placeholder is not judged: it is judged when that is
    /// filled. Params over the contract's limits for JSON, and such as the schema would look at too often, are not
    /// judged further.
    pub fn violations(&self, params: &Json) -> Vec<Violation> {
        if let Some(violation) = too_much(&self.source, params) {
            return vec![violation];
        }
        let mut holds = Placeholders::default();
        let any = holds.within(params);
        let errors =
            self.validator.iter_errors(params).filter(|error| !(any && is_open(error, params, &mut holds)));
        let told = errors.flat_map(|error| said::violations(&error, &self.source, params, MOST_VIOLATIONS));
        let mut violations: Vec<Violation> = told.take(MOST_VIOLATIONS).collect();
        violations.sort_by(|a, b| (&a.pointer, &a.message).cmp(&(&b.pointer, &b.message)));
        violations.dedup();
        violations
    }

    /// The params with `default`s of absent properties filled in, at every level that `properties` and `items`
    /// describe. Filling stops once it made the params larger than the contract's limit for JSON: as such they are a
    /// violation.
    pub fn with_defaults(&self, params: &Json) -> Json {
        let params = if params.is_null() { Json::Object(Default::default()) } else { params.clone() };
        defaults::filled(&self.source, params)
    }
}

/// Whether the verdict may be another one when the placeholders are filled: a text that holds one may become any
/// text, and what combines schemas looks at texts elsewhere.
fn is_open(error: &ValidationError<'_>, params: &Json, holds: &mut Placeholders) -> bool {
    let Some(value) = params.pointer(&error.instance_path().to_string()) else { return false };
    if let Json::String(text) = value {
        return placeholder::contains(text);
    }
    let path = error.evaluation_path().to_string();
    let is_conditional =
        path.split('/').any(|keyword| matches!(keyword, "if" | "then" | "else" | "not" | "anyOf" | "oneOf"));
    (is_conditional && holds.within(params)) || (!is_of_the_frame(error.kind()) && holds.within(value))
}

fn too_much(schema: &Json, params: &Json) -> Option<Violation> {
    let (message, remedy) = if let Err(limit) = JsonLimits::CONTRACT.check(params) {
        let remedy = "let them say less; large contents belong into files or volumes";
        (format!("all of it, with the defaults, {limit}"), remedy)
    } else if work::is_too_much(schema, params) {
        let remedy = "let them say less, or report the schema to the platform's author";
        (format!("judging all of it would take the schema more than {} looks", work::MOST), remedy)
    } else {
        return None;
    };
    Some(Violation { pointer: String::new(), message, remedy: Some(remedy.into()) })
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

/// Which lists and objects hold a placeholder, looked for once each: many errors may be about one value.
#[derive(Default)]
struct Placeholders(HashMap<*const Json, bool>);

impl Placeholders {
    fn within(&mut self, value: &Json) -> bool {
        let address = std::ptr::from_ref(value);
        match value {
            Json::String(text) => placeholder::contains(text),
            Json::Array(_) | Json::Object(_) if self.0.contains_key(&address) => self.0[&address],
            Json::Array(items) => {
                let held = items.iter().any(|item| self.within(item));
                *self.0.entry(address).or_insert(held)
            }
            Json::Object(entries) => {
                let held = entries.values().any(|item| self.within(item));
                *self.0.entry(address).or_insert(held)
            }
            _ => false,
        }
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
    fn violations_come_to_an_end() {
        let wrong = json!(vec!["x"; 1000]);
        assert_eq!(pointers(json!({"items": {"type": "integer"}}), wrong.clone()).len(), MOST_VIOLATIONS);
        let unknown: serde_json::Map<String, Json> =
            (0..1000).map(|at| (format!("p{at}"), json!(1))).collect();
        let closed = json!({"properties": {"size": {}}, "additionalProperties": false});
        assert_eq!(pointers(closed, Json::Object(unknown)).len(), MOST_VIOLATIONS);
        let mixed: Vec<String> = (0..1000).map(|_| "x".into()).chain(["${resources.a.b}".into()]).collect();
        assert_eq!(pointers(json!({"items": {"type": "integer"}}), json!(mixed)).len(), MOST_VIOLATIONS);
    }

    /// `levels` objects inside each other.
    fn nested(levels: usize) -> Json {
        (0..levels).fold(json!("end"), |inner, _| json!({"a": inner}))
    }

    #[test]
    fn what_would_take_too_long_is_not_judged() {
        // Each level of the value doubles the work: 30 levels of 2 are a thousand million.
        let part = json!({"additionalProperties": {"$ref": "#/$defs/n"}});
        let doubling = json!({"$ref": "#/$defs/n", "$defs": {"n": {"allOf": [part, part]}}});
        assert!(pointers(doubling.clone(), nested(6)).is_empty());
        assert_eq!(pointers(doubling, nested(30)), [""]);
        let many: Vec<Json> = (0..4000).map(|at| json!({"minimum": at})).collect();
        let wide = json!({"items": {"allOf": many}});
        assert!(pointers(wide.clone(), json!(vec![9999; 10])).is_empty());
        assert_eq!(pointers(wide, json!(vec![9999; 1000])), [""]);
        let words: Vec<String> = (0..20_000).map(|at| at.to_string()).collect();
        assert_eq!(pointers(json!({"items": {"enum": words}}), json!(vec!["x"; 1000])), [""]);
    }

    #[test]
    fn a_deep_schema_and_a_deep_value_fit_the_stack() {
        let deep = (0..60)
            .fold(json!({"additionalProperties": {"$ref": "#"}}), |inner, _| json!({"allOf": [inner]}));
        assert!(pointers(deep, nested(32)).is_empty());
    }

    #[test]
    fn what_is_over_the_limits_of_the_contract_is_said_at_once() {
        let schema = Schema::new(&json!({"type": "integer"})).unwrap();
        let large = schema.violations(&json!("x".repeat(300_000)));
        assert_eq!(large.len(), 1);
        assert_eq!(large[0].message, "all of it, with the defaults, has 300002 bytes, more than 262144");
        assert!(schema.violations(&nested(33))[0].message.contains("deeper than 32 levels"));
    }

    #[test]
    fn defaults_do_not_grow_without_measure() {
        let text = "x".repeat(200_000);
        let schema = Schema::new(&json!({"items": {"properties": {"a": {"default": text}}}})).unwrap();
        let filled = schema.with_defaults(&json!(vec![json!({}); 5_000]));
        assert_eq!(filled.as_array().unwrap().iter().filter(|item| item.get("a").is_some()).count(), 2);
        assert!(schema.violations(&filled)[0].message.contains("more than 262144"));
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
