//! Secrets in JSON answers, found without writing the rest anew: numbers and spaces stay as they came.

use std::collections::HashMap;

use innominatus_model::{Json, Secret};
use serde_json::value::RawValue;

use super::{Found, Unreadable};

/// What a JSON Pointer leads to, if it is there and neither null nor empty.
pub(super) fn find(text: &str, pointer: &str) -> Result<Vec<Found>, Unreadable> {
    let mut at: &RawValue = serde_json::from_str(text).map_err(|_| Unreadable)?;
    let mut steps = pointer.split('/');
    // A pointer is empty, or begins with a slash.
    if steps.next() != Some("") {
        return Ok(Vec::new());
    }
    for step in steps {
        let Some(next) = child(at, &step.replace("~1", "/").replace("~0", "~")) else {
            return Ok(Vec::new());
        };
        at = next;
    }
    let value = match serde_json::from_str::<String>(at.get()) {
        Ok(decoded) => Secret::new(decoded),
        // Anything else is a secret as it is written.
        Err(_) => Secret::new(at.get()),
    };
    if value.expose().is_empty() || at.get() == "null" {
        return Ok(Vec::new());
    }
    // `at` is a part of `text`.
    let from = at.get().as_ptr().addr() - text.as_ptr().addr();
    Ok(vec![Found { from, to: from + at.get().len(), value }])
}

/// A token as it stands in place of a value.
pub(super) fn written(token: &str) -> String {
    Json::from(token).to_string()
}

fn child<'t>(parent: &'t RawValue, step: &str) -> Option<&'t RawValue> {
    if parent.get().starts_with('[') {
        let plain = step == "0" || !step.starts_with(['0', '+']);
        let index: usize = step.parse().ok().filter(|_| plain)?;
        return serde_json::from_str::<Vec<&RawValue>>(parent.get()).ok()?.get(index).copied();
    }
    serde_json::from_str::<HashMap<String, &RawValue>>(parent.get()).ok()?.remove(step)
}
