//! Params made up from a schema: examples, defaults and enumerations first, then the least that satisfies.

mod text;

use innominatus_model::Json;
use innominatus_plan::params::Schema;
use serde_json::{Map, json};

/// Levels that are gone into; what refers to itself comes to an end.
const DEEPEST: usize = 8;

/// Params that the schema accepts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Samples {
    /// With what is required.
    pub(crate) minimal: Json,
    /// With every property there is, where one could be made up that is accepted.
    pub(crate) maximal: Option<Json>,
    /// The first, changed in one place.
    pub(crate) changed: Option<Json>,
}

impl Samples {
    /// Made up; the error says what of the best attempt is not accepted.
    pub(crate) fn of(source: &Json, schema: &Schema) -> Result<Self, String> {
        let maker = Maker { root: source };
        let accepted = |candidate: Json| {
            let filled = schema.with_defaults(&candidate);
            match schema.violations(&filled).first() {
                None => Ok(filled),
                Some(violation) => Err(format!("`params{}`: {}", violation.pointer, violation.message)),
            }
        };
        let example = source.get("examples").and_then(Json::as_array).and_then(|list| list.first());
        let minimal = match example.cloned().map(&accepted) {
            Some(Ok(example)) => example,
            _ => accepted(maker.value(source, false, 0))?,
        };
        let maximal = accepted(maker.value(source, true, 0)).ok().filter(|maximal| *maximal != minimal);
        let changed = Self::changes(source, schema, &minimal);
        Ok(Self { minimal, maximal, changed })
    }

    /// The params changed in one place, as far as the schema accepts it.
    pub(crate) fn changes(source: &Json, schema: &Schema, params: &Json) -> Option<Json> {
        let changed = Maker { root: source }
            .changed(source, params)
            .into_iter()
            .map(|changed| schema.with_defaults(&changed));
        changed.into_iter().find(|changed| changed != params && schema.violations(changed).is_empty())
    }
}

struct Maker<'a> {
    root: &'a Json,
}

impl Maker<'_> {
    /// The schema that a reference leads to.
    fn resolved<'s>(&'s self, schema: &'s Json) -> &'s Json {
        let reference = schema.get("$ref").and_then(Json::as_str).and_then(|text| text.strip_prefix('#'));
        reference.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(schema)
    }

    /// The schema with the definitions of the whole, so that it can be judged alone.
    fn alone(&self, schema: &Json) -> Json {
        let mut alone = schema.clone();
        if let (Json::Object(alone), Some(definitions)) = (&mut alone, self.root.get("$defs")) {
            alone.entry("$defs").or_insert_with(|| definitions.clone());
        }
        alone
    }

    /// Whether the value satisfies this part of the schema.
    fn fits(&self, schema: &Json, value: &Json) -> bool {
        Schema::new(&self.alone(schema)).is_ok_and(|schema| schema.violations(value).is_empty())
    }

    fn value(&self, schema: &Json, all: bool, depth: usize) -> Json {
        let schema = self.resolved(schema);
        if let Some(known) = first(schema) {
            return known;
        }
        for word in ["anyOf", "oneOf"] {
            let choices = schema.get(word).and_then(Json::as_array).into_iter().flatten();
            let plain = choices.filter(|choice| choice.get("type").and_then(Json::as_str) != Some("null"));
            if let Some(found) = plain.map(|choice| self.value(choice, all, depth + 1)).next() {
                let base = self.object(schema, all, depth);
                return match (base, found) {
                    (Some(Json::Object(mut base)), Json::Object(found)) => {
                        base.extend(found);
                        Json::Object(base)
                    }
                    (_, found) => found,
                };
            }
        }
        if let Some(parts) = schema.get("allOf").and_then(Json::as_array) {
            let mut whole = match self.object(schema, all, depth) {
                Some(Json::Object(fields)) => fields,
                _ => Map::new(),
            };
            for part in parts {
                match self.value(part, all, depth + 1) {
                    Json::Object(fields) => whole.extend(fields),
                    other if whole.is_empty() && parts.len() == 1 => return other,
                    _ => {}
                }
            }
            return Json::Object(whole);
        }
        match kind(schema) {
            "string" => text::candidates(schema)
                .find(|text| self.fits(schema, text))
                .unwrap_or_else(|| json!("example")),
            "integer" | "number" => self.number(schema),
            "boolean" => json!(all),
            "array" => {
                let least = schema.get("minItems").and_then(Json::as_u64).unwrap_or(0);
                let count = if all && depth < DEEPEST { least.max(1) } else { least }.min(16);
                let items = schema.get("items").cloned().unwrap_or_else(|| json!({"type": "string"}));
                Json::Array((0..count).map(|_| self.value(&items, all, depth + 1)).collect())
            }
            "null" => Json::Null,
            _ => self.object(schema, all, depth).unwrap_or_else(|| json!({})),
        }
    }

    fn object(&self, schema: &Json, all: bool, depth: usize) -> Option<Json> {
        let properties = schema.get("properties").and_then(Json::as_object);
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        if properties.is_none() && required.is_empty() {
            return None;
        }
        let mut object = Map::new();
        for (name, property) in properties.into_iter().flatten() {
            if required.contains(&name.as_str()) || (all && depth < DEEPEST) {
                object.insert(name.clone(), self.value(property, all, depth + 1));
            }
        }
        for name in required {
            if !object.contains_key(name) {
                object.insert(name.to_owned(), json!("example"));
            }
        }
        Some(Json::Object(object))
    }

    fn number(&self, schema: &Json) -> Json {
        let bound = |word: &str| schema.get(word).and_then(Json::as_i64);
        let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + 1));
        let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|most| most - 1));
        let step = bound("multipleOf").filter(|step| *step > 0);
        let start = least.unwrap_or(1).min(most.unwrap_or(i64::MAX));
        let start = step.map_or(start, |step| {
            start.div_euclid(step) * step + if start.rem_euclid(step) > 0 { step } else { 0 }
        });
        json!(start)
    }

    /// The params with one property changed, in turn.
    fn changed(&self, schema: &Json, params: &Json) -> Vec<Json> {
        let schema = self.resolved(schema);
        let mut found = Vec::new();
        for (name, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let property = self.resolved(property);
            let now = params.get(name).cloned().unwrap_or(Json::Null);
            for other in self.others(property, &now) {
                let mut changed = params.clone();
                changed[name.as_str()] = other;
                found.push(changed);
            }
        }
        found
    }

    fn others(&self, schema: &Json, now: &Json) -> Vec<Json> {
        let listed = |word: &str| schema.get(word).and_then(Json::as_array).cloned().unwrap_or_default();
        let mut others: Vec<Json> = [listed("enum"), listed("examples")].concat();
        others.extend(match now {
            Json::Bool(truth) => vec![json!(!truth)],
            Json::Number(number) => {
                number.as_i64().map(|number| vec![json!(number + 1), json!(number - 1)]).unwrap_or_default()
            }
            Json::String(text) => vec![json!(format!("{text}x")), json!(format!("{text}1"))],
            Json::Null => vec![self.value(schema, true, 0)],
            _ => Vec::new(),
        });
        if kind(schema) == "string" {
            others.extend(text::candidates(schema));
        }
        others.retain(|other| other != now && !other.is_null());
        others
    }
}

/// What the schema itself names.
fn first(schema: &Json) -> Option<Json> {
    let of_list =
        |word: &str| schema.get(word).and_then(Json::as_array).and_then(|list| list.first().cloned());
    let plain = schema.get("default").filter(|default| !default.is_null()).cloned();
    schema.get("const").cloned().or_else(|| of_list("examples")).or(plain).or_else(|| of_list("enum"))
}

/// The first type that is not `null`.
fn kind(schema: &Json) -> &str {
    match schema.get("type") {
        Some(Json::String(kind)) => kind,
        Some(Json::Array(kinds)) => {
            kinds.iter().filter_map(Json::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema.get("pattern").is_some() || schema.get("minLength").is_some() => "string",
        _ if schema.get("minimum").is_some() || schema.get("maximum").is_some() => "integer",
        _ => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(schema: Json) -> Samples {
        Samples::of(&schema, &Schema::new(&schema).unwrap()).unwrap()
    }

    #[test]
    fn the_least_and_the_most_are_made_up() {
        let found = samples(json!({
            "type": "object",
            "properties": {
                "size": {"enum": ["small", "large"]},
                "port": {"type": "integer", "minimum": 5, "maximum": 6},
                "host": {"$ref": "#/$defs/host"},
                "zone": {"type": ["string", "null"], "pattern": "^[a-z]+-[0-9]$"},
            },
            "required": ["host"],
            "additionalProperties": false,
            "$defs": {"host": {"type": "string", "pattern": "^[a-z.]+$", "minLength": 3}},
        }));
        assert_eq!(found.minimal, json!({"host": "example"}));
        let maximal = found.maximal.unwrap();
        assert_eq!((&maximal["size"], &maximal["port"]), (&json!("small"), &json!(5)));
        assert!(maximal["zone"].is_string(), "{maximal}");
        assert_ne!(found.changed.unwrap(), found.minimal);
    }

    #[test]
    fn what_cannot_be_made_up_says_what_is_missing() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "pattern": "^Z{9}Q$"}}});
        let error = Samples::of(&schema, &Schema::new(&schema).unwrap()).unwrap_err();
        assert!(error.contains("/a"), "{error}");
    }
}
