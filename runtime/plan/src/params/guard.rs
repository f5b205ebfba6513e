//! Schemas come from guests: they must not reach outside themselves, and judging must come to an end.

use std::collections::HashMap;

use innominatus_model::Json;

use super::keywords::{PARTS, PARTS_NAMED, SAME_VALUE, SAME_VALUE_NAMED, listed, named};
use super::references::References;

/// Judging one value looks at so many subschemas, at most. Generous for a person, and nothing for a processor;
/// without it, twenty definitions that each refer to the next one twice keep it busy for seconds, sixty for ever.
const MAX_COST: usize = 5_000;
/// References and combinations that stand inside each other, at most.
const MAX_DEPTH: usize = 64;

/// What is wrong, as a fragment: "it …".
pub(super) fn check(root: &Json) -> Result<(), String> {
    let mut guard = Guard { references: References::new(root), costs: HashMap::new(), open: vec![root] };
    Guard::look_over(root, true)?;
    while let Some(schema) = guard.open.pop() {
        guard.cost(schema, 0)?;
    }
    Ok(())
}

struct Guard<'s> {
    references: References<'s>,
    /// By address; none while it is being added up.
    costs: HashMap<*const Json, Option<usize>>,
    /// Schemas of parts, which are judged on their own.
    open: Vec<&'s Json>,
}

impl<'s> Guard<'s> {
    /// Finds references that leave the schema. Values nest no deeper than JSON may.
    fn look_over(value: &Json, is_root: bool) -> Result<(), String> {
        let parts: Vec<&Json> = match value {
            Json::Object(entries) => {
                for (key, text) in entries.iter().filter_map(|(key, value)| Some((key, value.as_str()?))) {
                    match key.as_str() {
                        "$ref" | "$dynamicRef" if !text.starts_with('#') => {
                            return Err(format!("it refers to `{}`, outside itself", shown(text)));
                        }
                        // References below it would mean something else.
                        "$id" if !is_root => {
                            return Err(format!("it holds another schema with the `$id` `{}`", shown(text)));
                        }
                        _ => {}
                    }
                }
                entries.values().collect()
            }
            Json::Array(items) => items.iter().collect(),
            _ => return Ok(()),
        };
        parts.into_iter().try_for_each(|part| Self::look_over(part, false))
    }

    /// How many schemas look at one value, this one and what it combines.
    fn cost(&mut self, schema: &'s Json, depth: usize) -> Result<usize, String> {
        let Json::Object(entries) = schema else { return Ok(1) };
        match self.costs.get(&std::ptr::from_ref(schema)) {
            Some(Some(known)) => return Ok(*known),
            Some(None) => return Err("it refers to itself without an end".into()),
            None if depth > MAX_DEPTH => {
                return Err(format!(
                    "more than {MAX_DEPTH} of its references and combinations stand inside each other"
                ));
            }
            None => _ = self.costs.insert(schema, None),
        }
        let mut cost = 1_usize;
        for (key, value) in entries {
            let key = key.as_str();
            let judges_again = match (key, value) {
                ("$ref" | "$dynamicRef", Json::String(target)) => self.references.targets(target),
                _ if SAME_VALUE.contains(&key) => listed(value),
                _ if SAME_VALUE_NAMED.contains(&key) => named(value),
                _ => Vec::new(),
            };
            for schema in judges_again {
                cost = cost.saturating_add(self.cost(schema, depth + 1)?);
            }
            if PARTS.contains(&key) {
                self.open.extend(listed(value));
            } else if PARTS_NAMED.contains(&key) {
                self.open.extend(named(value));
            }
            if cost > MAX_COST {
                return Err(format!("judging one value would look at more than {MAX_COST} schemas"));
            }
        }
        self.costs.insert(schema, Some(cost));
        Ok(cost)
    }
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect::<String>().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(schema: Json) -> String {
        check(&schema).expect_err("it is not fit")
    }

    #[test]
    fn references_stay_inside() {
        for target in ["http://169.254.169.254/x", "file:///etc/passwd", "other.json", "/x"] {
            for keyword in ["$ref", "$dynamicRef"] {
                let schema = json!({"properties": {"a": {"items": [{keyword: target}]}}});
                assert_eq!(error(schema), format!("it refers to `{target}`, outside itself"));
            }
        }
        let inner = json!({"$id": "https://a.example/", "$defs": {"x": {"$id": "https://b.example/"}}});
        assert!(error(inner).contains("b.example"));
        assert_eq!(
            check(&json!({"$id": "https://a.example/", "properties": {"$ref": {"type": "string"}}})),
            Ok(())
        );
    }

    #[test]
    fn a_schema_may_refer_to_itself_for_a_part_and_not_for_the_same_value() {
        let tree = json!({"properties": {"children": {"items": {"$ref": "#"}}}});
        assert_eq!(check(&tree), Ok(()));
        for loops in [
            json!({"$ref": "#"}),
            json!({"allOf": [{"not": {"$ref": "#"}}]}),
            json!({"items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}),
            json!({"dependentSchemas": {"x": {"$dynamicRef": "#me"}}, "$dynamicAnchor": "me"}),
            json!({"$ref": "#/$defs/a%20b", "$defs": {"a b": {"$ref": "#"}}}),
        ] {
            assert_eq!(error(loops), "it refers to itself without an end");
        }
    }

    /// Each definition refers to the next one twice.
    fn doubling(levels: usize, part: bool) -> Json {
        let mut defs = serde_json::Map::new();
        for level in 0..levels {
            let next = json!({"$ref": format!("#/$defs/x{}", level + 1)});
            defs.insert(format!("x{level}"), json!({"allOf": [next, next]}));
        }
        defs.insert(format!("x{levels}"), json!({"type": "object"}));
        let first = json!({"$ref": "#/$defs/x0"});
        if part {
            json!({"properties": {"a": first}, "$defs": defs})
        } else {
            json!({"allOf": [first], "$defs": defs})
        }
    }

    #[test]
    fn a_schema_that_grows_without_measure_is_refused_before_it_judges_anything() {
        assert_eq!(check(&doubling(8, false)), Ok(()));
        for levels in [16, 40, 60] {
            assert!(error(doubling(levels, false)).contains("more than"), "{levels}");
            assert!(error(doubling(levels, true)).contains("more than"), "{levels}");
        }
        let mut chain = serde_json::Map::new();
        for level in 0..5_000 {
            chain.insert(format!("x{level}"), json!({"$ref": format!("#/$defs/x{}", level + 1)}));
        }
        assert!(error(json!({"$ref": "#/$defs/x0", "$defs": chain})).contains("inside each other"));
    }

    #[test]
    fn what_the_usual_generators_write_is_fine() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Params",
            "type": "object",
            "properties": {
                "size": {"anyOf": [{"$ref": "#/$defs/Size"}, {"type": "null"}], "default": null},
                "other": {"$ref": "#/$defs/Size"},
                "lookup": {"additionalProperties": {"$ref": "#/$defs/Size"}},
            },
            "additionalProperties": false,
            "$defs": {"Size": {"oneOf": [{"const": "small"}, {"enum": ["large", "huge"]}]}},
        });
        assert_eq!(check(&schema), Ok(()));
    }
}
