//! What a value itself may be: its type, a list of values, bounds.

use std::collections::BTreeSet;

use innominatus_model::Json;

use super::{CEILINGS, Effect, FLOORS, Found};

impl Found {
    pub(super) fn types(&mut self, before: &Json, now: &Json, pointer: &str) {
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
        let covers = |all: &BTreeSet<String>, some: &BTreeSet<String>| {
            some.iter().all(|kind| all.contains(kind) || kind == "integer" && all.contains("number"))
        };
        match (kinds(before), kinds(now)) {
            (Some(was), Some(is)) if was != is => {
                let effect = match (covers(&is, &was), covers(&was, &is)) {
                    (true, true) => Effect::Same,
                    (true, false) => Effect::More,
                    (false, true) => Effect::Fewer,
                    (false, false) => Effect::Other,
                };
                self.say(pointer, effect, format!("was {} and is {}", words(&was), words(&is)));
            }
            (None, Some(is)) => {
                let now = self.way.words("has to be", "is");
                self.say(pointer, Effect::Fewer, format!("was anything and {now} {}", words(&is)));
            }
            (Some(_), None) => self.say(pointer, Effect::More, "may be anything now"),
            _ => {}
        }
    }

    pub(super) fn values(&mut self, before: &Json, now: &Json, pointer: &str) {
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
                    self.say(pointer, Effect::Fewer, format!("may not be {value} any more"));
                }
                for value in is.iter().filter(|value| !was.contains(value)) {
                    self.say(pointer, Effect::More, format!("may be {value} too"));
                }
            }
            (None, Some(_)) => {
                let words = self.way.words("has to be one of a list now", "is one of a list now");
                self.say(pointer, Effect::Fewer, words);
            }
            (Some(_), None) => self.say(pointer, Effect::More, "is not bound to a list any more"),
            (None, None) => {}
        }
    }

    pub(super) fn bounds(&mut self, before: &Json, now: &Json, pointer: &str) {
        let number = |schema: &Json, word: &str| schema.get(word).and_then(Json::as_f64);
        for (words, sign) in
            [(FLOORS.iter().chain(&["minimum"]), 1.0), (CEILINGS.iter().chain(&["maximum"]), -1.0)]
        {
            for word in words {
                match (number(before, word), number(now, word)) {
                    (Some(was), Some(is)) if was != is => {
                        let effect = if (is - was) * sign > 0.0 { Effect::Fewer } else { Effect::More };
                        self.say(pointer, effect, format!("`{word}` was {was} and is {is}"));
                    }
                    (None, Some(is)) => {
                        self.say(pointer, Effect::Fewer, format!("`{word}` is {is}, and there was none"))
                    }
                    (Some(_), None) => self.say(pointer, Effect::More, format!("`{word}` is gone")),
                    _ => {}
                }
            }
        }
    }
}
