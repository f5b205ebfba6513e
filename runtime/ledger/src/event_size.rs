//! Events are small: guests have a say in what is in them, and one that is too big for a value could be followed by
//! nobody.

use innominatus_model::{Event, Json};

use crate::record::{EventRecord, RecordError, encode};

/// Bytes of an event. As many as a transaction has room for fit into it.
pub(crate) const EVENT_LIMIT: usize = 6 * 1024;
/// Bytes of a text in the details of an event that is over the limit.
const TEXT: usize = 256;

/// The event as stored: over the limit, first the texts in its details are cut, then the details go, then the
/// message is cut.
pub(crate) fn bounded(event: &Event) -> Result<Vec<u8>, RecordError> {
    let bytes = stored(event)?;
    if bytes.len() <= EVENT_LIMIT {
        return Ok(bytes);
    }
    let mut event = event.clone();
    cut_texts(&mut event.details);
    let mut bytes = stored(&event)?;
    if bytes.len() > EVENT_LIMIT {
        event.details = serde_json::json!({"shortened": true});
        bytes = stored(&event)?;
    }
    while bytes.len() > EVENT_LIMIT {
        let half = event.message.len() / 2;
        cut(&mut event.message, half);
        bytes = stored(&event)?;
    }
    Ok(bytes)
}

fn stored(event: &Event) -> Result<Vec<u8>, RecordError> {
    encode(&EventRecord::from(event))
}

fn cut_texts(value: &mut Json) {
    match value {
        Json::String(text) => cut(text, TEXT),
        Json::Array(items) => items.iter_mut().for_each(cut_texts),
        Json::Object(entries) => entries.values_mut().for_each(cut_texts),
        _ => {}
    }
}

fn cut(text: &mut String, bytes: usize) {
    const MARK: char = '\u{2026}';
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes.saturating_sub(MARK.len_utf8())));
        text.push(MARK);
    }
}
