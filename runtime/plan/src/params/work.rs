//! How much judging a value takes, counted before it is judged. What a schema combines is bounded when it is
//! compiled; but combinations inside each other multiply with every level of the value, and a validator collects
//! what is wrong in all of them.

use std::collections::HashMap;

use innominatus_model::Json;

use super::keywords::{SAME_VALUE, SAME_VALUE_NAMED, listed, named};
use super::references::References;

/// So many times a schema may look at a value, all values together. A fraction of a second; and thousands of
/// values, each judged by dozens of schemas, stay far below.
pub(super) const MOST: usize = 250_000;
/// Bytes of text that a pattern looks at for the price of one value.
const TEXT: usize = 64;

/// Whether judging the value by the schema, which was found to come to an end, is more than [`MOST`].
pub(super) fn is_too_much(schema: &Json, value: &Json) -> bool {
    let mut counting = Counting { references: References::new(schema), known: HashMap::new() };
    counting.judge(schema, value).is_none_or(|work| work > MOST)
}

struct Counting<'s> {
    references: References<'s>,
    /// By address: of a schema and a value.
    known: HashMap<(*const Json, *const Json), usize>,
}

impl<'s> Counting<'s> {
    /// None: counting alone was too much. A count that is too high is only said of schemas that are far from what
    /// people write: every pattern is taken to match every name.
    fn judge(&mut self, schema: &'s Json, value: &Json) -> Option<usize> {
        let Json::Object(keywords) = schema else { return Some(1) };
        let key = (std::ptr::from_ref(schema), std::ptr::from_ref(value));
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        if self.known.len() > MOST {
            return None;
        }
        let (mut work, mut same, mut again) = (1_usize, 0_usize, 0_usize);
        for (keyword, inner) in keywords {
            let keyword = keyword.as_str();
            work = work.saturating_add(own(keyword, inner, value));
            let combined = match (keyword, inner) {
                ("$ref" | "$dynamicRef", Json::String(target)) => self.references.targets(target),
                _ if SAME_VALUE.contains(&keyword) => listed(inner),
                _ if SAME_VALUE_NAMED.contains(&keyword) => named(inner),
                _ => Vec::new(),
            };
            for schema in combined {
                same = same.saturating_add(self.judge(schema, value)?);
            }
            let parts = match value {
                Json::Object(entries) => self.entries(keyword, inner, entries)?,
                Json::Array(items) => self.items(keyword, inner, items)?,
                _ => 0,
            };
            work = work.saturating_add(parts);
            // To know what nobody looked at, what is combined may be asked again for each part.
            again = match (keyword, value) {
                ("unevaluatedProperties", Json::Object(entries)) => entries.len(),
                ("unevaluatedItems", Json::Array(items)) => items.len(),
                _ => again,
            };
        }
        work = work.saturating_add(same.saturating_mul(again + 1));
        self.known.insert(key, work);
        Some(work)
    }

    fn entries(
        &mut self,
        keyword: &str,
        inner: &'s Json,
        entries: &serde_json::Map<String, Json>,
    ) -> Option<usize> {
        let mut work = 0_usize;
        match keyword {
            "properties" => {
                for (name, schema) in inner.as_object().into_iter().flatten() {
                    if let Some(part) = entries.get(name) {
                        work = work.saturating_add(self.judge(schema, part)?);
                    }
                }
            }
            "patternProperties" => {
                for schema in named(inner) {
                    for part in entries.values() {
                        work = work.saturating_add(self.judge(schema, part)?);
                    }
                }
            }
            "additionalProperties" | "unevaluatedProperties" => {
                for part in entries.values() {
                    work = work.saturating_add(self.judge(inner, part)?);
                }
            }
            "propertyNames" => {
                let bytes: usize = entries.keys().map(|name| 1 + name.len() / TEXT).sum();
                // A name is a text, and all that matters of it here is its length.
                work = self.judge(inner, &Json::Null)?.saturating_mul(bytes);
            }
            _ => {}
        }
        Some(work)
    }

    fn items(&mut self, keyword: &str, inner: &'s Json, items: &[Json]) -> Option<usize> {
        let mut work = 0_usize;
        match keyword {
            "items" | "additionalItems" | "unevaluatedItems" | "contains" => {
                for schema in listed(inner) {
                    for part in items {
                        work = work.saturating_add(self.judge(schema, part)?);
                    }
                }
            }
            "prefixItems" => {
                for (schema, part) in listed(inner).into_iter().zip(items) {
                    work = work.saturating_add(self.judge(schema, part)?);
                }
            }
            _ => {}
        }
        Some(work)
    }
}

/// What a keyword does by itself.
fn own(keyword: &str, inner: &Json, value: &Json) -> usize {
    match (keyword, inner, value) {
        ("enum" | "required", Json::Array(listed), _) => listed.len(),
        ("properties" | "dependentRequired", Json::Object(named), Json::Object(_)) => named.len(),
        ("patternProperties", Json::Object(patterns), Json::Object(entries)) => {
            patterns.len().saturating_mul(entries.keys().map(|name| 1 + name.len() / TEXT).sum())
        }
        ("pattern" | "format" | "contentEncoding", _, Json::String(text)) => text.len() / TEXT,
        ("uniqueItems", _, Json::Array(items)) => items.len(),
        _ => 0,
    }
}
