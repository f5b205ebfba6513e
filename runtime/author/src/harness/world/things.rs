//! The generic fake of HTTP: a store of things, as an API in the manner of REST keeps them.
//!
//! `PUT` makes or replaces what the URL names, `POST` makes something below it with an id, `PATCH` changes, `DELETE`
//! removes with all that is below, `GET` shows a thing or lists what is below; 404 where there is nothing. A `POST` to
//! `…/remove` or `…/delete` of a thing removes it. A query with `GET` filters by the fields of what is below.

use std::collections::BTreeMap;

use innominatus_effect::{HttpBody, HttpRequest};
use innominatus_model::{HttpMethod, Json, canonical};
use serde_json::{Map, json};

/// Where a request goes, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Scheme, host, port and path, without a slash at the end.
    pub(crate) path: String,
    /// The query.
    pub(crate) query: Vec<(String, String)>,
}

/// What the store says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) body: Json,
}

/// Everything there is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Things {
    all: BTreeMap<String, Json>,
    made: u32,
    /// By idempotency key: what was said.
    keys: BTreeMap<String, (u16, String)>,
    ids: Vec<String>,
}

impl Things {
    /// Does what a request asks for.
    pub(crate) fn act(&mut self, request: &HttpRequest, place: &Place, key: Option<&str>) -> Said {
        let path = place.path.as_str();
        match request.method {
            HttpMethod::Get | HttpMethod::Head | HttpMethod::Options => self.look(place),
            HttpMethod::Put => {
                let is_new = !self.all.contains_key(path);
                let last = path.rsplit('/').next().unwrap_or_default().to_owned();
                let thing = with_id(body(request), &last);
                self.all.insert(path.to_owned(), thing.clone());
                Said { status: if is_new { 201 } else { 200 }, body: thing }
            }
            HttpMethod::Post => self.post(request, path, key),
            HttpMethod::Patch => match (self.all.get_mut(path), body(request)) {
                (Some(Json::Object(thing)), Json::Object(change)) => {
                    thing.extend(change);
                    Said { status: 200, body: Json::Object(thing.clone()) }
                }
                (Some(thing), change) => {
                    thing.clone_from(&change);
                    Said { status: 200, body: change }
                }
                (None, _) => nothing(),
            },
            HttpMethod::Delete => self.remove(path),
        }
    }

    /// What is there, in an order and form in which ids that were given do not matter.
    pub(crate) fn snapshot(&self) -> Vec<String> {
        let line =
            |(path, thing): (&String, &Json)| self.without_ids(&format!("{path} {}", canonical(thing)));
        let mut lines: Vec<String> = self.all.iter().map(line).collect();
        lines.sort();
        lines
    }

    /// The text with every id that was given replaced.
    pub(crate) fn without_ids(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // The longer ones first: `made-12` before `made-1`.
        for id in self.ids.iter().rev() {
            text = text.replace(id.as_str(), "made-#");
        }
        text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The paths of all that is there.
    pub(crate) fn paths(&self) -> Vec<&str> {
        self.all.keys().map(String::as_str).collect()
    }

    fn look(&self, place: &Place) -> Said {
        if let Some(thing) = self.all.get(&place.path) {
            return Said { status: 200, body: thing.clone() };
        }
        let below = format!("{}/", place.path);
        let is_child = |path: &str| path.strip_prefix(&below).is_some_and(|rest| !rest.contains('/'));
        let fits = |thing: &Json| {
            place.query.iter().all(|(name, value)| match thing.get(name) {
                Some(Json::String(found)) => found == value,
                Some(found) => value.parse::<Json>().is_ok_and(|value| value == *found),
                None => false,
            })
        };
        let children: Vec<Json> = self
            .all
            .iter()
            .filter(|(path, thing)| is_child(path) && fits(thing))
            .map(|(_, thing)| thing.clone())
            .collect();
        if children.is_empty() && place.query.is_empty() {
            return nothing();
        }
        Said { status: 200, body: Json::Array(children) }
    }

    fn post(&mut self, request: &HttpRequest, path: &str, key: Option<&str>) -> Said {
        if let Some((status, known)) = key.and_then(|key| self.keys.get(key)) {
            let body = self.all.get(known).cloned().unwrap_or(Json::Null);
            return Said { status: *status, body };
        }
        if let Some((thing, "remove" | "delete")) = path.rsplit_once('/')
            && self.all.contains_key(thing)
        {
            return self.remove(thing);
        }
        self.made += 1;
        let id = format!("made-{}", self.made);
        let thing = with_id(body(request), &id);
        let place = format!("{path}/{id}");
        self.ids.push(id);
        self.all.insert(place.clone(), thing.clone());
        if let Some(key) = key {
            self.keys.insert(key.to_owned(), (201, place));
        }
        Said { status: 201, body: thing }
    }

    fn remove(&mut self, path: &str) -> Said {
        let below = format!("{path}/");
        let before = self.all.len();
        self.all.retain(|known, _| known != path && !known.starts_with(&below));
        if self.all.len() == before { nothing() } else { Said { status: 204, body: Json::Null } }
    }
}

fn nothing() -> Said {
    Said { status: 404, body: json!({"error": "there is nothing here"}) }
}

fn with_id(thing: Json, id: &str) -> Json {
    match thing {
        Json::Object(mut fields) => {
            fields.entry("id").or_insert_with(|| json!(id));
            Json::Object(fields)
        }
        Json::Null => json!({"id": id}),
        other => json!({"id": id, "value": other}),
    }
}

fn body(request: &HttpRequest) -> Json {
    match &request.body {
        HttpBody::Empty => Json::Object(Map::new()),
        HttpBody::Json(value) => value.clone(),
        HttpBody::Raw(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            serde_json::from_str(&text).unwrap_or_else(|_| json!(text))
        }
        HttpBody::Form(fields) => {
            Json::Object(fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(things: &mut Things, method: HttpMethod, url: &str, body: Json, key: Option<&str>) -> Said {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let query = query.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let place = Place { path: path.to_owned(), query: query.into_iter().collect() };
        let request = HttpRequest {
            purpose: String::new(),
            method,
            url: url.to_owned(),
            headers: Vec::new(),
            body: HttpBody::Json(body),
            credential: None,
            idempotency: None,
            capture: Vec::new(),
            timeout_ms: None,
        };
        things.act(&request, &place, key)
    }

    #[test]
    fn things_are_made_found_changed_and_removed() {
        let mut things = Things::default();
        let mut ask = |method, url, body| ask(&mut things, method, url, body, None);
        assert_eq!(ask(HttpMethod::Get, "a/b", json!({})).status, 404);
        assert_eq!(ask(HttpMethod::Put, "a/b", json!({"x": 1})).status, 201);
        assert_eq!(ask(HttpMethod::Put, "a/b", json!({"x": 2})).body, json!({"x": 2, "id": "b"}));
        assert_eq!(ask(HttpMethod::Post, "a/b/c", json!({"name": "n"})).body["id"], "made-1");
        assert_eq!(ask(HttpMethod::Get, "a/b/c?name=n", json!({})).body[0]["id"], "made-1");
        assert_eq!(ask(HttpMethod::Get, "a/b/c?name=m", json!({})).body, json!([]));
        assert_eq!(ask(HttpMethod::Patch, "a/b", json!({"y": 3})).body["y"], 3);
        assert_eq!(ask(HttpMethod::Delete, "a/b", json!({})).status, 204);
        assert_eq!(ask(HttpMethod::Get, "a/b/c/made-1", json!({})).status, 404, "what is below goes along");
    }

    #[test]
    fn a_key_makes_one_thing() {
        let mut things = Things::default();
        let first = ask(&mut things, HttpMethod::Post, "a", json!({}), Some("k"));
        assert_eq!(ask(&mut things, HttpMethod::Post, "a", json!({}), Some("k")), first);
        assert_eq!(ask(&mut things, HttpMethod::Post, "a", json!({}), Some("l")).body["id"], "made-2");
        assert_eq!(things.snapshot(), ["a/made-# {\"id\":\"made-#\"}", "a/made-# {\"id\":\"made-#\"}"]);
    }
}
