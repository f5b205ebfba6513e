//! Schemas as authors and attackers write them, damaged: each is refused in words, or judges.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use innominatus_model::Json;
use innominatus_plan::params::Schema;
use innominatus_testkit::damage::{Damage, rounds};
use serde_json::json;

/// What authors write, and what attackers do.
fn corpus() -> Vec<String> {
    let person = json!({"type": "object", "additionalProperties": false, "required": ["name"], "properties": {
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,62}$", "default": "web"},
        "size": {"type": ["integer", "string"], "minimum": 1, "maximum": 100},
        "storage": {"anyOf": [{"type": "integer"}, {"type": "string", "format": "uri"}], "default": 20},
        "tags": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 50}}});
    let tree = json!({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {
        "left": {"$ref": "#/$defs/node"}, "right": {"$ref": "#/$defs/node"}, "of": {"const": 1}}}}});
    let lists = json!({"type": "array", "prefixItems": [{"enum": ["a", 1, null]}], "items": {"oneOf": [
        {"type": "string"}, {"not": {"type": "number"}}]}, "contains": {"multipleOf": 0.1}, "uniqueItems": true});
    let conditions = json!({"if": {"required": ["a"]}, "then": {"dependentRequired": {"a": ["b"]}}, "else": {
        "propertyNames": {"pattern": "(a|b)*c"}}, "allOf": [{"minProperties": 1}], "unevaluatedProperties": false});
    let odd = json!({"$id": "https://example.com/a", "$ref": "https://example.com/b", "$dynamicRef": "#x",
        "patternProperties": {"(?=a)b": {}}, "$anchor": "x", "$schema": "http://json-schema.org/draft-07/schema#"});
    [person, tree, lists, conditions, odd, json!(true)].map(|schema| schema.to_string()).to_vec()
}

#[test]
fn damaged_schemas_are_refused_or_judge() {
    let corpus = corpus();
    let params: Vec<Json> = vec![
        json!({"name": "web", "size": "large", "storage": "20Gi", "tags": {"a": 1}}),
        json!({"left": {"left": {"right": {"of": 2}}}, "a": 1}),
        json!(["a", 1, [1.5, "${resources.db.host}"], "a"]),
        json!({}),
    ];
    let mut damage = Damage::new(4);
    let (mut usable, mut refused) = (0, 0);
    for _ in 0..rounds(4_000) {
        let text = damage.of(&corpus);
        let Ok(source) = serde_json::from_slice::<Json>(&text) else { continue };
        match Schema::new(&source) {
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
            Ok(schema) => {
                usable += 1;
                for params in &params {
                    assert!(schema.violations(params).len() <= 256);
                    _ = schema.with_defaults(params);
                }
            }
        }
    }
    assert!(usable > 20 && refused > 20, "{usable} usable, {refused} refused");
}
