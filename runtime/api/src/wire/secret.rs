//! Secrets of the operator: values go in, and no answer holds one.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `PUT /v1/secrets/{name}` and `POST /v1/secrets/{name}/rotate`: a value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretValue {
    /// The value: text, not empty, at most 64 KiB.
    pub value: String,
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue([redacted])")
    }
}

/// A line in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretSummary {
    /// The name.
    pub name: String,
    /// How many values it has had, the one of now included.
    pub versions: u64,
    /// When it was first put in, RFC 3339.
    pub created_at: String,
    /// When it got the value it has, RFC 3339.
    pub set_at: String,
    /// Entries of installed platforms whose grants name it, as `<platform>@<version>/<entry>`.
    pub used_by: Vec<String>,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretList {
    /// By name.
    pub items: Vec<SecretSummary>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_shown_by_debug() {
        let value = SecretValue { value: "hunter2".into() };
        assert!(!format!("{value:?}").contains("hunter2"));
    }
}
