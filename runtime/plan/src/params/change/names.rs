//! What is in an object: the names that a schema lists, and those that it does not.

use std::collections::BTreeSet;

use innominatus_model::Json;

use super::{Effect, Found, Way};

/// A schema that allows everything.
static ANYTHING: Json = Json::Bool(true);

impl Found {
    pub(super) fn properties(&mut self, before: &Json, now: &Json, pointer: &str, depth: usize) {
        let none = serde_json::Map::new();
        let properties = |schema: &'_ Json| schema.get("properties").and_then(Json::as_object).cloned();
        let (was, is) = (properties(before), properties(now));
        let (was, is) = (was.as_ref().unwrap_or(&none), is.as_ref().unwrap_or(&none));
        let required = |schema: &Json| -> BTreeSet<String> {
            let names = schema.get("required").and_then(Json::as_array).into_iter().flatten();
            names.filter_map(Json::as_str).map(str::to_owned).collect()
        };
        let (needed, needs) = (required(before), required(now));
        let has_default = |name: &str| is.get(name).is_some_and(|schema| schema.get("default").is_some());
        let at = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        for (name, schema) in was {
            match is.get(name) {
                Some(now) => self.value(schema, now, &at(name), depth + 1),
                None => self.gone(&at(name), schema, beyond(now)),
            }
        }
        for name in is.keys().filter(|name| !was.contains_key(*name)) {
            match self.way {
                Way::Taken if needs.contains(name) && !has_default(name) => {
                    self.say(&at(name), Effect::Fewer, "is new and has to be given");
                }
                Way::Given if *beyond(before) == Json::Bool(false) => {
                    self.say(&at(name), Effect::More, "is new, and no other names were to be there");
                }
                // Where anything went before, a name may have been used for something else.
                _ => self.say(&at(name), Effect::Same, "is new"),
            }
        }
        let known = |name: &&String| was.contains_key(*name) || !is.contains_key(*name);
        for name in needs.difference(&needed).filter(known) {
            let filled = self.way == Way::Taken && has_default(name);
            let effect = if filled { Effect::Same } else { Effect::Fewer };
            self.say(&at(name), effect, self.way.words("has to be given now", "is always there now"));
        }
        let known = |name: &&String| is.contains_key(*name) || !was.contains_key(*name);
        for name in needed.difference(&needs).filter(known) {
            let words = self.way.words("need not be given any more", "need not be there any more");
            self.say(&at(name), Effect::More, words);
        }
        self.beyond(beyond(before), beyond(now), pointer, depth);
    }

    /// A name that the schema does not list any more; `beyond` is for names that it does not list.
    fn gone(&mut self, at: &str, schema: &Json, beyond: &Json) {
        match (self.way, beyond) {
            (Way::Given, _) => self.say(at, Effect::Other, "is gone"),
            (Way::Taken, Json::Bool(false)) => self.say(at, Effect::Fewer, "is not known any more"),
            (Way::Taken, beyond) if beyond == schema => {}
            (Way::Taken, Json::Object(_)) => {
                self.say(at, Effect::Other, "is one of the other names now, which nobody can judge");
            }
            (Way::Taken, _) => self.say(at, Effect::More, "says nothing any more"),
        }
    }

    /// Names that the schema does not list.
    fn beyond(&mut self, before: &Json, now: &Json, pointer: &str, depth: usize) {
        match (before, now) {
            (Json::Bool(false), Json::Bool(false)) => {}
            (_, Json::Bool(false)) => {
                let taken = "takes no names any more that it does not know";
                let given = "has no names any more that are not listed";
                self.say(pointer, Effect::Fewer, self.way.words(taken, given));
            }
            (Json::Bool(false), _) => {
                let taken = "takes names that it does not know";
                let given = "may have names that are not listed";
                self.say(pointer, Effect::More, self.way.words(taken, given));
            }
            (before, now) => self.value(before, now, &format!("{pointer}/*"), depth + 1),
        }
    }
}

/// The schema of names that are not listed.
fn beyond(schema: &Json) -> &Json {
    schema.get("additionalProperties").unwrap_or(&ANYTHING)
}
