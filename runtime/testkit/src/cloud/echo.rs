//! A cloud that tells its callers everything that it knows of them.

use serde_json::{Value, json};

use super::Seen;
use super::things::Things;
use crate::canary::forms;

/// Texts shorter than this are words, not secrets.
const SHORTEST: usize = 8;

/// What it was told in credentials and bodies about the same things as in the last request, and the keys that it minted
/// for them; each in every form.
pub(super) fn told(seen: &[Seen], things: &Things) -> Value {
    let Some(last) = seen.last() else { return Value::Null };
    let about = things.about(last);
    let mut known: Vec<String> = about.as_deref().map(|about| things.keys_of(about)).unwrap_or_default();
    for seen in seen.iter().filter(|seen| about.is_some() && things.about(seen) == about) {
        let authorization = seen.header("authorization").unwrap_or_default();
        known.extend(authorization.split_once(' ').map(|(_, secret)| secret.to_owned()));
        let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
        let texts = body.as_object().into_iter().flat_map(|body| body.values()).filter_map(Value::as_str);
        // A text may hold several.
        known.extend(
            texts.flat_map(|text| [vec![text], text.split(' ').collect()].concat()).map(str::to_owned),
        );
    }
    known.retain(|text| text.len() >= SHORTEST);
    known.sort();
    known.dedup();
    let every: Vec<String> =
        known.iter().flat_map(|text| forms(text).into_iter().map(|(_, form)| form)).collect();
    json!({"known": every, "headers": last.headers, "body": last.body})
}

/// As much of it as a header carries.
pub(super) fn in_header(told: &Value) -> String {
    let texts = told["known"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let plain = |text: &&str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    texts.filter(plain).take(32).collect::<Vec<_>>().join(" | ")
}
