//! Whether what a Score file could say before can be said still: two schemas of the same params compared.

use std::collections::BTreeSet;

use innominatus_model::Json;

/// Differences that are told, at most.
const MOST: usize = 200;
/// How deep objects are looked into.
const DEEP: usize = 16;

/// One difference between two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaChange {
    /// Which params: a JSON Pointer.
    pub pointer: String,
    /// Whether files that were accepted may be refused now.
    pub breaks: bool,
    /// What it is, and for what breaks why.
    pub words: String,
}

/// The differences, what breaks first. A difference that nobody can judge counts as one that breaks.
pub fn schema_changes(before: &Json, now: &Json) -> Vec<SchemaChange> {
    let mut found = Found(Vec::new());
    found.object(before, now, "", 0);
    found.0.sort_by(|a, b| (b.breaks, &a.pointer, &a.words).cmp(&(a.breaks, &b.pointer, &b.words)));
    found.0.truncate(MOST);
    found.0
}

struct Found(Vec<SchemaChange>);

/// What may differ and changes nothing for a file.
const WORDS: [&str; 7] = ["title", "description", "examples", "$comment", "$schema", "$id", "deprecated"];
/// What is looked at by itself.
const LOOKED_AT: [&str; 10] = [
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "default",
    "items",
    "minimum",
    "maximum",
];
/// Bounds that a larger number makes narrower, besides `minimum`.
const FLOORS: [&str; 4] = ["exclusiveMinimum", "minLength", "minItems", "minProperties"];
/// Bounds that a smaller number makes narrower, besides `maximum`.
const CEILINGS: [&str; 4] = ["exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

impl Found {
    fn say(&mut self, pointer: &str, breaks: bool, words: impl Into<String>) {
        self.0.push(SchemaChange { pointer: pointer.to_owned(), breaks, words: words.into() });
    }

    fn object(&mut self, before: &Json, now: &Json, pointer: &str, depth: usize) {
        if before == now {
            return;
        }
        if depth > DEEP {
            return self.say(pointer, true, "differs, too deep to be judged");
        }
        self.types(before, now, pointer);
        self.values(before, now, pointer);
        self.bounds(before, now, pointer);
        self.properties(before, now, pointer, depth);
        match (before.get("items"), now.get("items")) {
            (Some(before), Some(now)) => self.object(before, now, &format!("{pointer}/*"), depth + 1),
            (None, Some(_)) => self.say(pointer, true, "its items have to be of a kind now"),
            _ => {}
        }
        if before.get("default") != now.get("default") {
            let shown = |value: Option<&Json>| value.map_or("nothing".to_owned(), ToString::to_string);
            let (was, is) = (shown(before.get("default")), shown(now.get("default")));
            self.say(pointer, false, format!("its default was {was} and is {is}"));
        }
        self.others(before, now, pointer);
    }

    fn types(&mut self, before: &Json, now: &Json, pointer: &str) {
        let kinds = |schema: &Json| -> Option<BTreeSet<String>> {
            match schema.get("type")? {
                Json::String(kind) => Some(BTreeSet::from([kind.clone()])),
                Json::Array(kinds) => {
                    Some(kinds.iter().filter_map(Json::as_str).map(str::to_owned).collect())
                }
                _ => None,
            }
        };
        let words = |kinds: &BTreeSet<String>| kinds.iter().cloned().collect::<Vec<_>>().join(" or ");
        match (kinds(before), kinds(now)) {
            (Some(was), Some(is)) if was != is => {
                let covers = |kind: &String| is.contains(kind) || kind == "integer" && is.contains("number");
                let breaks = !was.iter().all(covers);
                self.say(pointer, breaks, format!("was {} and is {}", words(&was), words(&is)));
            }
            (None, Some(is)) => self.say(pointer, true, format!("was anything and has to be {}", words(&is))),
            (Some(_), None) => self.say(pointer, false, "may be anything now"),
            _ => {}
        }
    }

    fn values(&mut self, before: &Json, now: &Json, pointer: &str) {
        let allowed = |schema: &Json| -> Option<Vec<Json>> {
            schema
                .get("enum")
                .and_then(Json::as_array)
                .cloned()
                .or_else(|| schema.get("const").map(|value| vec![value.clone()]))
        };
        match (allowed(before), allowed(now)) {
            (Some(was), Some(is)) => {
                for value in was.iter().filter(|value| !is.contains(value)) {
                    self.say(pointer, true, format!("may not be {value} any more"));
                }
                for value in is.iter().filter(|value| !was.contains(value)) {
                    self.say(pointer, false, format!("may be {value} too"));
                }
            }
            (None, Some(_)) => self.say(pointer, true, "has to be one of a list now"),
            (Some(_), None) => self.say(pointer, false, "is not bound to a list any more"),
            (None, None) => {}
        }
    }

    fn bounds(&mut self, before: &Json, now: &Json, pointer: &str) {
        let number = |schema: &Json, word: &str| schema.get(word).and_then(Json::as_f64);
        for (words, sign) in
            [(FLOORS.iter().chain(&["minimum"]), 1.0), (CEILINGS.iter().chain(&["maximum"]), -1.0)]
        {
            for word in words {
                match (number(before, word), number(now, word)) {
                    (Some(was), Some(is)) if was != is => {
                        let breaks = (is - was) * sign > 0.0;
                        self.say(pointer, breaks, format!("`{word}` was {was} and is {is}"));
                    }
                    (None, Some(is)) => {
                        self.say(pointer, true, format!("`{word}` is {is}, and there was none"))
                    }
                    (Some(_), None) => self.say(pointer, false, format!("`{word}` is gone")),
                    _ => {}
                }
            }
        }
    }

    fn properties(&mut self, before: &Json, now: &Json, pointer: &str, depth: usize) {
        let none = serde_json::Map::new();
        let properties = |schema: &'_ Json| schema.get("properties").and_then(Json::as_object).cloned();
        let (was, is) = (properties(before), properties(now));
        let (was, is) = (was.as_ref().unwrap_or(&none), is.as_ref().unwrap_or(&none));
        let required = |schema: &Json| -> BTreeSet<String> {
            let names = schema.get("required").and_then(Json::as_array).into_iter().flatten();
            names.filter_map(Json::as_str).map(str::to_owned).collect()
        };
        let closed = |schema: &Json| schema.get("additionalProperties") == Some(&Json::Bool(false));
        let (needed, needs) = (required(before), required(now));
        let at = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        for (name, schema) in was {
            match is.get(name) {
                Some(now) => self.object(schema, now, &at(name), depth + 1),
                None if closed(now) => self.say(&at(name), true, "is not known any more"),
                None => self.say(&at(name), false, "says nothing any more"),
            }
        }
        for name in is.keys().filter(|name| !was.contains_key(*name)) {
            let has_default = is[name].get("default").is_some();
            match needs.contains(name) && !has_default {
                true => self.say(&at(name), true, "is new and has to be given"),
                // Where anything went before, a name may have been used for something else.
                false => self.say(&at(name), false, "is new"),
            }
        }
        for name in needs.difference(&needed).filter(|name| was.contains_key(*name)) {
            let has_default = is.get(name).is_some_and(|schema| schema.get("default").is_some());
            self.say(&at(name), !has_default, "has to be given now");
        }
        for name in needed.difference(&needs).filter(|name| is.contains_key(*name)) {
            self.say(&at(name), false, "need not be given any more");
        }
        match (closed(before), closed(now)) {
            (false, true) => self.say(pointer, true, "takes no names any more that it does not know"),
            (true, false) => self.say(pointer, false, "takes names that it does not know"),
            _ => {}
        }
    }

    /// Everything else a schema can say.
    fn others(&mut self, before: &Json, now: &Json, pointer: &str) {
        let names = |schema: &Json| -> BTreeSet<String> {
            schema.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        let known = |name: &str| {
            [&WORDS[..], &LOOKED_AT, &FLOORS, &CEILINGS].iter().any(|words| words.contains(&name))
        };
        for name in names(before).union(&names(now)).filter(|name| !known(name)) {
            if before.get(name) != now.get(name) {
                let gone = now.get(name).is_none();
                let words = if gone {
                    format!("`{name}` is gone")
                } else {
                    format!("`{name}` differs, which nobody can judge")
                };
                self.say(pointer, !gone || name.starts_with('$'), words);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: Json, now: Json) -> Vec<String> {
        let line = |change: SchemaChange| {
            let sign = if change.breaks { '!' } else { '+' };
            format!("{sign} {} {}", change.pointer, change.words)
        };
        schema_changes(&before, &now).into_iter().map(line).collect()
    }

    #[test]
    fn what_takes_as_much_as_before_breaks_nothing() {
        let before = json!({
            "type": "object", "additionalProperties": false, "required": ["size"],
            "properties": {"size": {"type": "integer", "minimum": 2, "maximum": 10, "description": "x"}},
        });
        assert_eq!(told(before.clone(), before.clone()), Vec::<String>::new());
        let now = json!({
            "type": "object", "additionalProperties": false,
            "properties": {
                "size": {"type": "number", "minimum": 1, "maximum": 20, "default": 3, "description": "y"},
                "name": {"type": "string"},
            },
        });
        assert_eq!(
            told(before, now),
            [
                "+ /name is new",
                "+ /size `maximum` was 10 and is 20",
                "+ /size `minimum` was 2 and is 1",
                "+ /size its default was nothing and is 3",
                "+ /size need not be given any more",
                "+ /size was integer and is number",
            ]
        );
    }

    #[test]
    fn what_takes_less_breaks_and_says_why() {
        let before = json!({
            "type": "object",
            "properties": {"a": {"enum": ["x", "y"]}, "b": {"type": "string"}, "c": {}, "d/e": {"type": "string"}},
        });
        let now = json!({
            "type": "object", "additionalProperties": false, "required": ["b", "f"],
            "properties": {
                "a": {"enum": ["x", "z"]}, "b": {"type": "integer"}, "c": {"pattern": "x"}, "f": {"type": "string"},
            },
        });
        assert_eq!(
            told(before, now),
            [
                "!  takes no names any more that it does not know",
                "! /a may not be \"y\" any more",
                "! /b has to be given now",
                "! /b was string and is integer",
                "! /c `pattern` differs, which nobody can judge",
                "! /d~1e is not known any more",
                "! /f is new and has to be given",
                "+ /a may be \"z\" too",
            ]
        );
    }

    #[test]
    fn what_is_inside_is_looked_at_as_well() {
        let list = |kind: &str| json!({"properties": {"l": {"type": "array", "items": {"type": kind}}}});
        assert_eq!(told(list("string"), list("integer")), ["! /l/* was string and is integer"]);
        let mut deep = json!({"type": "string"});
        let mut other = json!({"type": "integer"});
        for _ in 0..40 {
            deep = json!({"properties": {"x": deep}});
            other = json!({"properties": {"x": other}});
        }
        assert!(told(deep, other)[0].contains("too deep"));
    }
}
