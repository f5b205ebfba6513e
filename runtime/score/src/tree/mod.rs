//! A Score file as a tree in which every value and every key knows where it stands.

mod parse;
mod places;
mod scalar;

use std::ops::Range;

use indexmap::IndexMap;
use innominatus_model::Json;
use serde_json::{Map, Number};

pub(crate) use parse::{parse, too_long};
pub(crate) use places::Places;
pub(crate) use scalar::{is_old_boolean, loses_digits};

/// Line and column in characters, both from 1; zero means no place in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    pub(crate) const WHOLE_FILE: Self = Self { line: 0, column: 0 };

    pub(crate) fn new(line: usize, column: usize) -> Self {
        // A file has at most 1 MiB.
        Self { line: line as u32, column: column as u32 }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Place,
    /// The bytes it stands in, of the Score file's text.
    pub(crate) bytes: Range<usize>,
    /// For a scalar without quotes: what stands there.
    pub(crate) plain: Option<String>,
    /// Something was already said about it: no second report.
    pub(crate) settled: bool,
    /// The text comes from this file, named by `source`.
    pub(crate) local_file: Option<String>,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(IndexMap<String, Entry>),
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key_at: Place,
    pub(crate) node: Node,
}

impl Node {
    /// A value that stands nowhere in the text, put in at `at` to stand for what should be there.
    pub(crate) fn made(at: Place, value: Value) -> Self {
        Self { at, bytes: 0..0, plain: None, settled: false, local_file: None, value }
    }

    pub(crate) fn settled(mut self) -> Self {
        self.settled = true;
        self
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn map(&self) -> Option<&IndexMap<String, Entry>> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub(crate) fn map_mut(&mut self) -> Option<&mut IndexMap<String, Entry>> {
        match &mut self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entries of the mapping under `key`; none if there is no such mapping.
    pub(crate) fn entries(&self, key: &str) -> impl Iterator<Item = (&String, &Entry)> {
        self.get(key).and_then(Self::map).into_iter().flatten()
    }

    /// Like [`Node::entries`].
    pub(crate) fn entries_mut(&mut self, key: &str) -> impl Iterator<Item = (&String, &mut Entry)> {
        self.get_mut(key).and_then(Self::map_mut).into_iter().flatten()
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.map_mut()?.get_mut(key).map(|entry| &mut entry.node)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.map()?.get(key).map(|entry| &entry.node)
    }

    /// What it is, for people.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "empty",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    pub(crate) fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(value) => Json::Number(value.clone()),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Map(entries) => {
                let pairs = entries.iter().map(|(key, entry)| (key.clone(), entry.node.to_json()));
                Json::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    pub(crate) fn from_json(json: &Json) -> Self {
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(value) => Value::Number(value.clone()),
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::List(items.iter().map(Self::from_json).collect()),
            Json::Object(entries) => {
                let entry = |json| Entry { key_at: Place::WHOLE_FILE, node: Self::from_json(json) };
                Value::Map(entries.iter().map(|(key, json)| (key.clone(), entry(json))).collect())
            }
        };
        Self::made(Place::WHOLE_FILE, value)
    }

    /// The node at a pointer, and the place where a person would look for it.
    pub(crate) fn find(&self, pointer: &str) -> Option<(&Self, Place)> {
        let mut found = (self, self.at);
        for segment in segments(pointer) {
            found = match &found.0.value {
                Value::Map(entries) => {
                    entries.get(segment.as_str()).map(|entry| (&entry.node, entry.place()))?
                }
                Value::List(items) => {
                    items.get(segment.parse::<usize>().ok()?).map(|item| (item, item.at))?
                }
                _ => return None,
            };
        }
        Some(found)
    }

    /// Every node below and with its pointer and place, in order.
    pub(crate) fn walk(&self, visit: &mut dyn FnMut(&str, &Self, Place)) {
        self.walk_from("", self.at, visit);
    }

    /// Like [`Node::walk`], for a node that stands at a pointer.
    pub(crate) fn walk_from(&self, pointer: &str, place: Place, visit: &mut dyn FnMut(&str, &Self, Place)) {
        visit(pointer, self, place);
        match &self.value {
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.walk_from(&format!("{pointer}/{index}"), item.at, visit);
                }
            }
            Value::Map(entries) => {
                for (key, entry) in entries {
                    entry.node.walk_from(&join(pointer, key), entry.place(), visit);
                }
            }
            _ => {}
        }
    }
}

impl Entry {
    /// Where to look: the value of a scalar, the key of everything else (a block begins on the next line,
    /// an absent value nowhere).
    pub(crate) fn place(&self) -> Place {
        let written = matches!(self.node.value, Value::Bool(_) | Value::Number(_) | Value::Text(_));
        if written || (matches!(self.node.value, Value::Null) && !self.node.bytes.is_empty()) {
            self.node.at
        } else {
            self.key_at
        }
    }
}

/// One segment more on an RFC 6901 pointer.
pub(crate) fn join(pointer: &str, segment: &str) -> String {
    format!("{pointer}/{}", segment.replace('~', "~0").replace('/', "~1"))
}

/// The segments of an RFC 6901 pointer.
pub(crate) fn segments(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}
