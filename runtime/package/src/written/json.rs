//! YAML as JSON, with an error for what JSON cannot say.

use innominatus_model::{Json, JsonLimits};

use crate::findings::Findings;
use crate::yaml::{Node, Value};

/// The value of a node. `what` is the field's path, for the message.
pub(super) fn json(node: &Node, what: &str, findings: &mut Findings) -> Option<Json> {
    let value = convert(node, what, findings)?;
    if let Err(limit) = JsonLimits::CONTRACT.check(&value) {
        findings.invalid(node.place, format!("`{what}` {limit}"), "let it say less");
        return None;
    }
    Some(value)
}

fn convert(node: &Node, what: &str, findings: &mut Findings) -> Option<Json> {
    Some(match &node.value {
        Value::Null => Json::Null,
        Value::Text(text) => Json::String(text.clone()),
        Value::Plain { what: kind, text } => match number_or_flag(kind, text) {
            Some(value) => value,
            None => {
                let shown = text.escape_debug();
                let message = format!("`{what}` is `{shown}`, which is not a number that JSON can hold");
                findings.invalid(
                    node.place,
                    message,
                    format!("write it in decimal digits, or in quotes: `\"{shown}\"`"),
                );
                return None;
            }
        },
        Value::List(items) => {
            let mut list = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                list.push(convert(item, &format!("{what}[{at}]"), findings)?);
            }
            Json::Array(list)
        }
        Value::Map(entries) => {
            let mut map = serde_json::Map::with_capacity(entries.len());
            for (key, item) in entries {
                let path = format!("{what}.{}", key.text.escape_debug());
                map.insert(key.text.clone(), convert(item, &path, findings)?);
            }
            Json::Object(map)
        }
    })
}

/// Plain scalars are numbers and truth values; the reader took nothing else for one.
fn number_or_flag(kind: &str, text: &str) -> Option<Json> {
    if kind == "truth value" {
        return text.parse::<bool>().ok().map(Json::Bool);
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    let whole = text.parse::<i64>().map(Json::from).or_else(|_| text.parse::<u64>().map(Json::from));
    whole.ok().or_else(|| {
        let is_decimal = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        let is_whole = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let number = text.parse::<f64>().ok().filter(|_| is_decimal && !is_whole)?;
        serde_json::Number::from_f64(number).map(Json::Number)
    })
}
