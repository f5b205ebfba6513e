//! JSON as a value that rooms hand on, with the limits of the contract.

use std::fmt::{self, Write as _};

use serde_json::Value;

/// Any JSON value.
pub type Json = Value;

/// How big a JSON text of a guest or a person may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    /// Bytes of UTF-8 text.
    pub bytes: usize,
    /// Levels of nesting.
    pub depth: usize,
}

impl JsonLimits {
    /// Whether a value is within these limits.
    pub fn check(self, value: &Json) -> Result<(), JsonLimit> {
        let found = json_bytes(value);
        if found > self.bytes {
            return Err(JsonLimit::Bytes { limit: self.bytes, found });
        }
        if depth(value) > self.depth {
            return Err(JsonLimit::Depth { limit: self.depth });
        }
        Ok(())
    }

    /// The limits the contract states for `json`.
    pub const CONTRACT: Self = Self { bytes: 256 * 1024, depth: 32 };
    /// The limits the contract states for the `spec` of a workload, which holds the contents of its files.
    pub const WORKLOAD: Self = Self { bytes: 4 * 1024 * 1024, depth: 32 };
}

/// Which limit a JSON text broke. A fragment for "the value {error}".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonLimit {
    /// Too many bytes.
    #[error("has {found} bytes, more than {limit}")]
    Bytes {
        /// The limit.
        limit: usize,
        /// What was found.
        found: usize,
    },
    /// Too deeply nested.
    #[error("is nested deeper than {limit} levels")]
    Depth {
        /// The limit.
        limit: usize,
    },
    /// Not JSON at all.
    #[error("is not JSON: {0}")]
    Syntax(String),
}

/// Parses a JSON text within the contract's limits.
pub fn check_json(text: &str, limits: JsonLimits) -> Result<Json, JsonLimit> {
    if text.len() > limits.bytes {
        return Err(JsonLimit::Bytes { limit: limits.bytes, found: text.len() });
    }
    let value: Json = serde_json::from_str(text).map_err(|error| JsonLimit::Syntax(error.to_string()))?;
    if depth(&value) > limits.depth {
        return Err(JsonLimit::Depth { limit: limits.depth });
    }
    Ok(value)
}

fn depth(value: &Json) -> usize {
    // serde_json refuses more than 128 levels, so recursion is bounded.
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// How many bytes the value has as text, without making that text.
pub fn json_bytes(value: &Json) -> usize {
    struct Count(usize);
    impl fmt::Write for Count {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 += text.len();
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting never fails.
    let _ = write!(count, "{value}");
    count.0
}

/// The value as text with object keys sorted, so that equal values have equal digests.
pub fn canonical(value: &Json) -> String {
    fn write(value: &Json, out: &mut Vec<u8>) -> serde_json::Result<()> {
        match value {
            Value::Array(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    write(item, out)?;
                }
                out.push(b']');
            }
            Value::Object(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                out.push(b'{');
                for (at, (key, value)) in entries.into_iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    serde_json::to_writer(&mut *out, key)?;
                    out.push(b':');
                    write(value, out)?;
                }
                out.push(b'}');
            }
            scalar => serde_json::to_writer(out, scalar)?,
        }
        Ok(())
    }
    // Every call of a guest has its digest, so this is made for each.
    let mut out = Vec::with_capacity(512);
    write(value, &mut out).expect("a value is written to memory");
    String::from_utf8(out).expect("JSON is text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_at_the_edge() {
        let limits = JsonLimits { bytes: 10, depth: 2 };
        assert!(check_json("[[1]]", limits).is_ok());
        assert_eq!(check_json("[[[1]]]", limits), Err(JsonLimit::Depth { limit: 2 }));
        assert_eq!(check_json("\"123456789\"", limits), Err(JsonLimit::Bytes { limit: 10, found: 11 }));
    }

    #[test]
    fn bytes_are_those_of_the_text() {
        for value in [serde_json::json!({"a": [1.5, "é\n\u{1}", null]}), Json::Null, "x".repeat(999).into()]
        {
            assert_eq!(json_bytes(&value), value.to_string().len());
        }
    }

    #[test]
    fn canonical_text_does_not_depend_on_key_order() {
        let a = serde_json::json!({"b": [1, {"y": 1, "x": "é\""}], "a": null});
        let b = serde_json::json!({"a": null, "b": [1, {"x": "é\"", "y": 1}]});
        assert_eq!(canonical(&a), canonical(&b));
        assert_eq!(serde_json::from_str::<Json>(&canonical(&a)).unwrap(), a);
    }
}
