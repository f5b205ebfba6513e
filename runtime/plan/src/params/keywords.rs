//! Which keywords of JSON Schema hold schemas, and for what.

use innominatus_model::Json;

/// Keywords that hold a schema or a list of schemas for the same value.
pub(super) const SAME_VALUE: &[&str] = &["allOf", "anyOf", "oneOf", "not", "if", "then", "else"];
/// The same, by name.
pub(super) const SAME_VALUE_NAMED: &[&str] = &["dependentSchemas", "dependencies"];
/// Keywords that hold a schema or a list of schemas for parts of the value.
pub(super) const PARTS: &[&str] = &[
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "contentSchema",
];
/// The same, by name, and schemas that stand by.
pub(super) const PARTS_NAMED: &[&str] = &["properties", "patternProperties", "$defs", "definitions"];

/// The schemas of a keyword that holds one or a list.
pub(super) fn listed(value: &Json) -> Vec<&Json> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

/// The schemas of a keyword that holds them by name.
pub(super) fn named(value: &Json) -> Vec<&Json> {
    value.as_object().into_iter().flat_map(|entries| entries.values()).collect()
}
