//! What a `$ref` in a schema leads to. Only inside the schema itself.

use std::cell::OnceCell;
use std::collections::HashMap;

use innominatus_model::Json;

/// The places of one schema.
pub(super) struct References<'s> {
    root: &'s Json,
    /// Looked for when the first reference names one.
    anchors: OnceCell<HashMap<&'s str, Vec<&'s Json>>>,
}

impl<'s> References<'s> {
    pub(super) fn new(root: &'s Json) -> Self {
        Self { root, anchors: OnceCell::new() }
    }

    /// Every place that the reference may mean; none if it leads nowhere, which compiling says.
    pub(super) fn targets(&self, reference: &str) -> Vec<&'s Json> {
        match reference.strip_prefix('#') {
            Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
                self.root.pointer(&decoded(pointer)).into_iter().collect()
            }
            Some(anchor) => {
                let anchors = self.anchors.get_or_init(|| {
                    let mut found = HashMap::new();
                    collect(self.root, &mut found);
                    found
                });
                anchors.get(anchor).cloned().unwrap_or_default()
            }
            None => Vec::new(),
        }
    }
}

fn collect<'s>(value: &'s Json, found: &mut HashMap<&'s str, Vec<&'s Json>>) {
    match value {
        Json::Object(entries) => {
            for key in ["$anchor", "$dynamicAnchor"] {
                if let Some(name) = entries.get(key).and_then(Json::as_str) {
                    found.entry(name).or_default().push(value);
                }
            }
            entries.values().for_each(|part| collect(part, found));
        }
        Json::Array(items) => items.iter().for_each(|part| collect(part, found)),
        _ => {}
    }
}

/// `%xx` stands for a byte, as in every URI fragment.
fn decoded(pointer: &str) -> String {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
