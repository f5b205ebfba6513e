//! What makes two needs the same resource.

use std::fmt;

use crate::{Class, Kind, Name};

/// The second half of a resource's identity in its application.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UidKey {
    /// `id:` was written: every workload that names the same type, class and id means the same resource.
    Shared(String),
    /// No `id:`: the resource belongs to one workload.
    Own {
        /// The workload's `metadata.name`.
        workload: Name,
        /// The name under `resources:`.
        resource: String,
    },
}

/// `type.class#id` or `type.class#workload.name`, as Score defines it. Kept as parts: joined text is for
/// people, because `id: a.b` and resource `b` of workload `a` would read the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceUid {
    /// Score `type`.
    pub kind: Kind,
    /// Score `class`.
    pub class: Class,
    /// The rest.
    pub key: UidKey,
}

impl fmt::Display for ResourceUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            UidKey::Shared(id) => write!(f, "{}.{}#{id}", self.kind, self.class),
            UidKey::Own { workload, resource } => {
                write!(f, "{}.{}#{workload}.{resource}", self.kind, self.class)
            }
        }
    }
}
