//! Tags, as all services write them.

use innominatus_guest::Violation;
use serde::{Deserialize, Serialize};

/// Keys that no Score file may write.
const RESERVED: [&str; 2] = ["innominatus:", "aws:"];

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// The tags of a thing, in the order in which they were found or are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tags(pub(crate) Vec<Tag>);

impl Tags {
    /// Adds a tag, or gives it another value.
    pub(crate) fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|tag| tag.key == key) {
            Some(tag) => tag.value = value,
            None => self.0.push(Tag { key, value }),
        }
    }

    /// The value of a tag.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
    }

    /// Those of `wanted` that are missing here or have another value.
    pub(crate) fn lacking(&self, wanted: &Self) -> Self {
        let lacks = |tag: &&Tag| self.get(&tag.key) != Some(&tag.value);
        Self(wanted.0.iter().filter(lacks).cloned().collect())
    }

    /// Keys of earlier wishes that are found here and not wanted any more.
    pub(crate) fn dropped(&self, earlier: &[String], wanted: &Self) -> Vec<String> {
        let is_dropped = |key: &&String| self.get(key).is_some() && wanted.get(key).is_none();
        earlier.iter().filter(is_dropped).cloned().collect()
    }

    /// Without these.
    pub(crate) fn without(mut self, keys: &[String]) -> Self {
        self.0.retain(|tag| !keys.contains(&tag.key));
        self
    }

    /// With those of `other`: what others wrote stays.
    pub(crate) fn merged(mut self, other: &Self) -> Self {
        for tag in &other.0 {
            self.set(&tag.key, &tag.value);
        }
        self
    }

    /// As fields of a form: `<list>.1.Key`, `<list>.1.Value`, …
    pub(crate) fn fields(&self, list: &str) -> Vec<(String, String)> {
        let fields = |(at, tag): (usize, &Tag)| {
            let name = format!("{list}.{}", at + 1);
            [(format!("{name}.Key"), tag.key.clone()), (format!("{name}.Value"), tag.value.clone())]
        };
        self.0.iter().enumerate().flat_map(fields).collect()
    }
}

/// Keys of tags as fields of a form: `TagKeys.member.1`, …
pub(crate) fn key_fields(keys: &[String]) -> Vec<(String, String)> {
    let field = |(at, key): (usize, &String)| (format!("TagKeys.member.{}", at + 1), key.clone());
    keys.iter().enumerate().map(field).collect()
}

/// Earlier keys and those of a new wish, each once: what may be ours while the wish is not done.
pub(crate) fn joined<'a>(earlier: &[String], wish: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut keys = earlier.to_vec();
    for key in wish {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}

/// What a Score file may not write under `tags:`.
pub(crate) fn violations<'a>(keys: impl IntoIterator<Item = &'a String>) -> Vec<Violation> {
    let reserved = |key: &&String| RESERVED.iter().any(|prefix| key.starts_with(prefix));
    let violation = |key: &String| {
        let pointer = format!("/tags/{}", key.replace('~', "~0").replace('/', "~1"));
        Violation::new(pointer, format!("`{key}` is a tag that the platform or AWS writes itself"))
            .remedy("choose another key")
    };
    keys.into_iter().filter(reserved).map(violation).collect()
}
