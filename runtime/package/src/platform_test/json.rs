//! Parts of a YAML document as JSON: params, bodies, values that are compared.

use innominatus_model::Json;
use serde_json::{Map, Number};

use crate::findings::Findings;
use crate::yaml::{Node, Value};

/// The whole of a part. Numbers that JSON cannot hold are an error.
pub(super) fn json(node: &Node, what: &str, findings: &mut Findings) -> Option<Json> {
    Some(match &node.value {
        Value::Null => Json::Null,
        Value::Text(text) => Json::String(text.clone()),
        Value::Plain { what: "truth value", text } => Json::Bool(text == "true"),
        Value::Plain { text, .. } => return number(node, text, what, findings),
        Value::List(items) => {
            let items = items.iter().enumerate();
            Json::Array(
                items
                    .map(|(at, item)| json(item, &format!("{what}[{at}]"), findings))
                    .collect::<Option<_>>()?,
            )
        }
        Value::Map(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let path = format!("{what}.{}", key.text.escape_debug());
                object.insert(key.text.clone(), json(value, &path, findings)?);
            }
            Json::Object(object)
        }
    })
}

/// The same, which has to be a mapping.
pub(super) fn object(node: &Node, what: &str, findings: &mut Findings) -> Option<Json> {
    findings.entries(node, what)?;
    json(node, what, findings)
}

fn number(node: &Node, text: &str, what: &str, findings: &mut Findings) -> Option<Json> {
    let plain = text.replace('_', "");
    let whole = plain.parse::<i64>().map(Number::from).or_else(|_| plain.parse::<u64>().map(Number::from));
    let number = whole.ok().or_else(|| plain.parse::<f64>().ok().and_then(Number::from_f64));
    if number.is_none() {
        let message = format!("`{what}` is `{}`, a number that JSON cannot hold", text.escape_debug());
        findings.invalid(node.place, message, "write it in decimal digits, or as text in quotes");
    }
    number.map(Json::Number)
}
