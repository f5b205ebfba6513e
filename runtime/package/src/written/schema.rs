//! The schema of a golden path's parameters, as far as it can be judged by reading: whoever runs it compiles it.

use innominatus_model::Json;
use serde_json::json;

use super::json::json as to_json;
use crate::findings::{Findings, Place};
use crate::yaml::Node;

/// Keywords beside which `properties` does not say everything.
const OPEN: &[&str] =
    &["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "patternProperties", "dependentSchemas"];

/// The schema, and the line it begins in. Without one no parameters are taken.
pub(super) fn read(node: Option<&Node>, findings: &mut Findings) -> (Option<Json>, u32) {
    let Some(node) = node else {
        return (Some(json!({"type": "object", "additionalProperties": false})), 0);
    };
    let schema = to_json(node, "parameters", findings);
    let schema = schema.filter(|schema| judged(schema, node.place, findings));
    (schema, node.place.line)
}

fn judged(schema: &Json, place: Place, findings: &mut Findings) -> bool {
    let mut refuse = |message: &str, hint: &str| {
        findings.invalid(place, message, hint);
        false
    };
    let Some(keywords) = schema.as_object() else {
        return refuse(
            "`parameters` must be a mapping",
            "write a JSON Schema: `type: object` and `properties:`",
        );
    };
    if keywords.get("type").is_some_and(|kind| *kind != "object") {
        return refuse("`parameters.type` must be `object`", "write `type: object`: parameters have names");
    }
    if keywords.get("properties").is_some_and(|properties| !properties.is_object()) {
        return refuse(
            "`parameters.properties` must be a mapping",
            "write one schema below the name of each",
        );
    }
    true
}

/// Whether a parameter has a value.
#[derive(Debug, PartialEq)]
pub(super) enum Known<'s> {
    /// It is required or has a default, or the schema is too open to tell.
    Always,
    /// It may be left out.
    Perhaps,
    /// The schema has no such name: the segment at fault, and the names that are there.
    No { level: usize, names: Vec<&'s str> },
}

/// Looks a path up in `properties`.
pub(super) fn known<'s>(schema: &'s Json, path: &[String]) -> Known<'s> {
    let mut place = schema;
    let mut always = true;
    for (level, segment) in path.iter().enumerate() {
        let Some(keywords) = place.as_object() else { return Known::Always };
        if OPEN.iter().any(|keyword| keywords.contains_key(*keyword)) {
            return Known::Always;
        }
        let properties = keywords.get("properties").and_then(Json::as_object);
        let Some(property) = properties.and_then(|properties| properties.get(segment)) else {
            let closed = keywords.get("additionalProperties").is_none_or(|more| *more == false);
            if !closed || (level > 0 && properties.is_none()) {
                return Known::Perhaps;
            }
            let names = properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            return Known::No { level, names };
        };
        let required = keywords.get("required").and_then(Json::as_array);
        let required = required.is_some_and(|names| names.iter().any(|name| name.as_str() == Some(segment)));
        let default = property.get("default");
        if let Some(default) = default.filter(|default| !default.is_null() && !required) {
            // What lies below comes from the default, should nobody say anything.
            let below = path[level + 1..].iter().try_fold(default, |value, segment| value.get(segment));
            always &= below.is_some() || level + 1 == path.len();
        } else {
            always &= required;
        }
        place = property;
    }
    if always { Known::Always } else { Known::Perhaps }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_known_by_its_path() {
        let schema = json!({
            "properties": {
                "size": {"default": "small"}, "name": {}, "must": {}, "open": {"additionalProperties": {}},
                "db": {"default": {"port": 1}, "properties": {"port": {"default": 2}, "host": {"default": "h"}}},
                "any": {"$ref": "#/$defs/x"},
            },
            "required": ["must"],
        });
        let of = |path: &str| known(&schema, &path.split('.').map(str::to_owned).collect::<Vec<_>>());
        for always in ["size", "must", "db", "db.port", "any.x"] {
            assert_eq!(of(always), Known::Always, "{always}");
        }
        for perhaps in ["name", "open.x", "size.x", "db.host"] {
            assert_eq!(of(perhaps), Known::Perhaps, "{perhaps}");
        }
        assert!(matches!(of("sise"), Known::No { level: 0, names } if names.contains(&"size")));
        assert!(matches!(of("db.prot"), Known::No { level: 1, names } if names == ["port", "host"]));
        assert!(matches!(known(&json!({"type": "object"}), &["x".into()]), Known::No { .. }));
    }
}
