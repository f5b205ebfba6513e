//! Defaults of a schema, where the params are silent.

use innominatus_model::{Json, JsonLimits, json_bytes};

/// How far a chain of references is followed.
const CHAIN: usize = 32;
/// How many places are looked at: more than any schema needs that a person wrote.
const BUDGET: usize = 50_000;

/// The params with defaults filled in, at every level that `properties` and `items` describe, until they are larger
/// than the contract allows.
pub(super) fn filled(schema: &Json, mut params: Json) -> Json {
    Filling { root: schema, budget: BUDGET, added: 0 }.fill(schema, &mut params);
    params
}

struct Filling<'s> {
    root: &'s Json,
    budget: usize,
    /// Bytes of defaults, as JSON.
    added: usize,
}

impl<'s> Filling<'s> {
    fn fill(&mut self, schema: &'s Json, value: &mut Json) {
        // A schema may be a reference and say more beside it.
        let mut place = schema;
        for _ in 0..CHAIN {
            let Some(budget) = self.budget.checked_sub(1) else { return };
            self.budget = budget;
            match value {
                Json::Object(entries) => self.entries(place, entries),
                Json::Array(items) => {
                    if let Some(schema) = place.get("items") {
                        items.iter_mut().for_each(|item| self.fill(schema, item));
                    }
                }
                _ => return,
            }
            let target = place.get("$ref").and_then(Json::as_str).and_then(|target| target.strip_prefix('#'));
            match target.and_then(|pointer| self.root.pointer(pointer)) {
                Some(target) => place = target,
                None => return,
            }
        }
    }

    /// A default is taken as it is: were it filled in turn, a schema that refers to itself would never end.
    fn entries(&mut self, schema: &'s Json, entries: &mut serde_json::Map<String, Json>) {
        for (name, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            match (entries.get_mut(name), property.get("default")) {
                (Some(entry), _) => self.fill(property, entry),
                (None, Some(default)) if !default.is_null() && self.added <= JsonLimits::CONTRACT.bytes => {
                    self.added += json_bytes(default);
                    entries.insert(name.clone(), default.clone());
                }
                _ => {}
            }
        }
    }
}
