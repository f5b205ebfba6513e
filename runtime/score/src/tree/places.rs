//! Where the parts of a workload stand in its file: a tree like the workload's own. Kept with whole pointers
//! instead, a file of a megabyte could take gigabytes.

use std::collections::BTreeMap;

use super::{Node, Place, Value, segments};

/// The place of one part, and of what is below it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    at: Place,
    below: Below,
}

#[derive(Debug, Clone, Default)]
enum Below {
    #[default]
    Nothing,
    List(Vec<Places>),
    Map(BTreeMap<Box<str>, Places>),
}

impl Places {
    /// Of a whole tree.
    pub(crate) fn of(root: &Node) -> Self {
        Self::new(root, root.at)
    }

    fn new(node: &Node, at: Place) -> Self {
        let below = match &node.value {
            Value::List(items) => Below::List(items.iter().map(|item| Self::new(item, item.at)).collect()),
            Value::Map(entries) => {
                let entries = entries.iter();
                let places =
                    entries.map(|(key, entry)| (key.as_str().into(), Self::new(&entry.node, entry.place())));
                Below::Map(places.collect())
            }
            _ => Below::Nothing,
        };
        Self { at, below }
    }

    /// The place at an RFC 6901 pointer, or of the nearest thing around it.
    pub(crate) fn nearest(&self, pointer: &str) -> Place {
        let mut found = self;
        for segment in segments(pointer) {
            let next = match &found.below {
                Below::Nothing => None,
                Below::List(items) => segment.parse::<usize>().ok().and_then(|index| items.get(index)),
                Below::Map(entries) => entries.get(segment.as_str()),
            };
            let Some(next) = next else { break };
            found = next;
        }
        found.at
    }
}
