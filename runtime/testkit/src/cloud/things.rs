//! What the cloud makes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Seen;

/// One thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    /// Given by the cloud.
    pub id: String,
    /// Given by whoever made it.
    pub name: String,
    /// What it was made with.
    pub body: Value,
}

#[derive(Default)]
pub(super) struct Things {
    all: Vec<Thing>,
    created: usize,
    /// Of which thing, and the key.
    keys: Vec<(String, String)>,
    /// Answers by idempotency key.
    answers: BTreeMap<String, (u16, Value)>,
}

/// `web-aa` of `web-aa-0`.
fn beginning_of(name: &str) -> &str {
    name.rsplit_once('-').map_or(name, |(beginning, _)| beginning)
}

impl Things {
    pub(super) fn all(&self) -> Vec<Thing> {
        self.all.clone()
    }

    pub(super) fn created(&self) -> usize {
        self.created
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.keys.iter().map(|(_, key)| key.clone()).collect()
    }

    /// The keys of things whose names begin like this.
    pub(super) fn keys_of(&self, beginning: &str) -> Vec<String> {
        let of = self.keys.iter().filter(|(name, _)| beginning_of(name) == beginning);
        of.map(|(_, key)| key.clone()).collect()
    }

    /// Whom a request is about: how the names of all its things begin.
    pub(super) fn about(&self, seen: &Seen) -> Option<String> {
        let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
        let last = seen.path.rsplit(['/', '=']).next().unwrap_or_default();
        let known = self.all.iter().find(|thing| thing.id == last).map(|thing| thing.name.as_str());
        let name = body["name"].as_str().or(known).unwrap_or(last);
        (name != "things").then(|| beginning_of(name).to_owned())
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    /// Does what is asked.
    pub(super) fn act(&mut self, seen: &Seen) -> (u16, Value) {
        let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
        let Some(rest) = path.strip_prefix("/things") else {
            return (404, json!({"error": "no such place"}));
        };
        let id = rest.trim_start_matches('/');
        match (seen.method.as_str(), id) {
            ("POST", "") => {
                let key = seen.header("idempotency-key").map(str::to_owned);
                if let Some(known) = key.as_ref().and_then(|key| self.answers.get(key)) {
                    return known.clone();
                }
                let made = (201, self.make(None, &seen.body));
                if let Some(key) = key {
                    self.answers.insert(key, made.clone());
                }
                made
            }
            ("PUT", name) if !name.is_empty() => {
                let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
                match self.all.iter_mut().find(|thing| thing.name == name) {
                    Some(known) => {
                        known.body = body;
                        (200, json!({"id": known.id, "name": known.name}))
                    }
                    None => (201, self.make(Some(name), &seen.body)),
                }
            }
            ("GET", "") => {
                let name = query.strip_prefix("name=");
                let found = self.all.iter().filter(|thing| name.is_none_or(|name| thing.name == name));
                (200, found.map(|thing| json!({"id": thing.id, "name": thing.name})).collect())
            }
            ("GET", id) => match self.all.iter().find(|thing| thing.id == id) {
                Some(thing) => (200, json!({"id": thing.id, "name": thing.name, "body": thing.body})),
                None => (404, json!({"error": "no such thing"})),
            },
            // Says no the second time, and does it once.
            ("POST", id) if id.ends_with("/remove") => {
                let id = id.trim_end_matches("/remove");
                match self.all.iter().position(|thing| thing.id == id) {
                    Some(at) => {
                        self.all.remove(at);
                        (200, json!({"removed": id}))
                    }
                    None => (404, json!({"error": "no such thing"})),
                }
            }
            ("DELETE", id) => match self.all.iter().position(|thing| thing.id == id) {
                Some(at) => {
                    self.all.remove(at);
                    (204, Value::Null)
                }
                None => (404, json!({"error": "no such thing"})),
            },
            _ => (405, json!({"error": "not that way"})),
        }
    }

    fn make(&mut self, name: Option<&str>, body: &str) -> Value {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        self.created += 1;
        let id = format!("thing{}", self.created);
        let name = name.or_else(|| body["name"].as_str()).unwrap_or(&id).to_owned();
        let mut answer = json!({"id": id, "name": name});
        if body["wantKey"] == json!(true) {
            let key = format!("minted-by-the-cloud-{}-{}", self.created, "k".repeat(16));
            answer["key"] = json!(key);
            self.keys.push((name.clone(), key));
        }
        self.all.push(Thing { id, name, body });
        answer
    }
}
