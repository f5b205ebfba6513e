//! Two schemas of the same values compared: whether params that a Score file could give before can be given still, and
//! whether an output that somebody reads is still as it was.

mod limits;
mod names;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use innominatus_model::Json;

/// Differences that are told, at most.
const MOST: usize = 200;
/// How deep objects are looked into.
const DEEP: usize = 16;

/// One difference between two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaChange {
    /// Which part of the value: a JSON Pointer.
    pub pointer: String,
    /// Whether files that were accepted may be refused now, or whoever reads an output may find another thing.
    pub breaks: bool,
    /// What it is, and for what breaks why.
    pub words: String,
}

/// The differences in what is taken, what breaks first: taking less breaks. A difference that nobody can judge counts
/// as one that breaks.
pub fn schema_changes(before: &Json, now: &Json) -> Vec<SchemaChange> {
    Found::told(Way::Taken, before, now)
}

/// The same of what is given: giving what was not given before breaks.
pub fn output_changes(before: &Json, now: &Json) -> Vec<SchemaChange> {
    Found::told(Way::Given, before, now)
}

/// Which way the values go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Others write them: params.
    Taken,
    /// Others read them: outputs.
    Given,
}

impl Way {
    fn words<'w>(self, taken: &'w str, given: &'w str) -> &'w str {
        match self {
            Self::Taken => taken,
            Self::Given => given,
        }
    }
}

/// What a difference does to the values that are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Nothing that breaks anybody.
    Same,
    /// Some are not allowed any more.
    Fewer,
    /// Some are allowed that were not.
    More,
    /// Both, or nobody knows.
    Other,
}

struct Found {
    way: Way,
    changes: Vec<SchemaChange>,
}

/// What may differ and changes nothing for anybody.
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
    fn told(way: Way, before: &Json, now: &Json) -> Vec<SchemaChange> {
        let mut found = Self { way, changes: Vec::new() };
        found.value(before, now, "", 0);
        let mut changes = found.changes;
        changes.sort_by(|a, b| (b.breaks, &a.pointer, &a.words).cmp(&(a.breaks, &b.pointer, &b.words)));
        changes.truncate(MOST);
        changes
    }

    fn say(&mut self, pointer: &str, effect: Effect, words: impl Into<String>) {
        let breaks = match (self.way, effect) {
            (_, Effect::Same) => false,
            (_, Effect::Other) => true,
            (Way::Taken, effect) => effect == Effect::Fewer,
            (Way::Given, effect) => effect == Effect::More,
        };
        self.changes.push(SchemaChange { pointer: pointer.to_owned(), breaks, words: words.into() });
    }

    fn value(&mut self, before: &Json, now: &Json, pointer: &str, depth: usize) {
        if before == now {
            return;
        }
        if depth > DEEP {
            return self.say(pointer, Effect::Other, "differs, too deep to be judged");
        }
        match (before, now) {
            (_, Json::Bool(false)) => return self.say(pointer, Effect::Fewer, "may not be there any more"),
            (Json::Bool(false), _) => return self.say(pointer, Effect::More, "may be there now"),
            (Json::Object(_) | Json::Bool(true), Json::Object(_) | Json::Bool(true)) => {}
            _ => return self.say(pointer, Effect::Other, "differs, which nobody can judge"),
        }
        self.types(before, now, pointer);
        self.values(before, now, pointer);
        self.bounds(before, now, pointer);
        self.properties(before, now, pointer, depth);
        match (before.get("items"), now.get("items")) {
            (Some(before), Some(now)) => self.value(before, now, &format!("{pointer}/*"), depth + 1),
            (None, Some(_)) => {
                let words =
                    self.way.words("its items have to be of a kind now", "its items are of a kind now");
                self.say(pointer, Effect::Fewer, words);
            }
            (Some(_), None) => self.say(pointer, Effect::More, "its items may be anything now"),
            (None, None) => {}
        }
        // What is read was made already: nobody fills it in.
        if self.way == Way::Taken && before.get("default") != now.get("default") {
            let shown = |value: Option<&Json>| value.map_or("nothing".to_owned(), ToString::to_string);
            let (was, is) = (shown(before.get("default")), shown(now.get("default")));
            self.say(pointer, Effect::Same, format!("its default was {was} and is {is}"));
        }
        self.others(before, now, pointer);
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
            if before.get(name) == now.get(name) {
                continue;
            }
            match now.get(name) {
                None if !name.starts_with('$') => {
                    self.say(pointer, Effect::More, format!("`{name}` is gone"));
                }
                None => self.say(pointer, Effect::Other, format!("`{name}` is gone")),
                Some(_) => {
                    self.say(pointer, Effect::Other, format!("`{name}` differs, which nobody can judge"));
                }
            }
        }
    }
}
