//! The body, with secrets put into JSON strings and form values.

use bytes::Bytes;
use innominatus_effect::HttpBody;
use innominatus_model::Json;
use zeroize::Zeroizing;

use super::Completer;
use crate::VaultError;

/// The bytes that are sent.
pub(super) async fn complete(body: &HttpBody, completer: &Completer<'_>) -> Result<Bytes, VaultError> {
    let mut pieces = Pieces::default();
    let escape = match body {
        HttpBody::Empty => return Ok(Bytes::new()),
        HttpBody::Raw(bytes) => return Ok(Bytes::copy_from_slice(bytes)),
        HttpBody::Json(value) => {
            pieces.json(value);
            in_json as fn(&str) -> String
        }
        HttpBody::Form(fields) => {
            pieces.form(fields);
            in_form
        }
    };
    // All at once: a piece has no line break of its own, since each is escaped.
    let completed = completer.complete(&pieces.open.join("\n"), escape).await?;
    Ok(pieces.filled(completed.expose()))
}

/// Text in which secrets may stand, and what is between.
#[derive(Default)]
struct Pieces {
    /// One more than there are open ones.
    fixed: Vec<String>,
    open: Vec<String>,
    last: String,
}

impl Pieces {
    fn put(&mut self, open: String) {
        self.fixed.push(std::mem::take(&mut self.last));
        self.open.push(open);
    }

    /// Strings are open; names and all else stay as they are.
    fn json(&mut self, value: &Json) {
        match value {
            Json::String(text) => self.put(Json::from(text.as_str()).to_string()),
            Json::Array(items) => {
                self.last.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.comma(at);
                    self.json(item);
                }
                self.last.push(']');
            }
            Json::Object(entries) => {
                self.last.push('{');
                for (at, (name, item)) in entries.iter().enumerate() {
                    self.comma(at);
                    self.last.push_str(&Json::from(name.as_str()).to_string());
                    self.last.push(':');
                    self.json(item);
                }
                self.last.push('}');
            }
            scalar => self.last.push_str(&scalar.to_string()),
        }
    }

    fn comma(&mut self, at: usize) {
        if at > 0 {
            self.last.push(',');
        }
    }

    /// Values are open, names are not.
    fn form(&mut self, fields: &[(String, String)]) {
        for (at, (name, value)) in fields.iter().enumerate() {
            if at > 0 {
                self.last.push('&');
            }
            self.last.push_str(&in_form(name));
            self.last.push('=');
            self.put(in_form(value));
        }
    }

    fn filled(&self, completed: &str) -> Bytes {
        let mut text = Zeroizing::new(String::new());
        let mut lines = completed.split('\n');
        for fixed in &self.fixed {
            text.push_str(fixed);
            text.push_str(lines.next().unwrap_or_default());
        }
        text.push_str(&self.last);
        Bytes::copy_from_slice(text.as_bytes())
    }
}

/// Within the quotes of a JSON string.
fn in_json(text: &str) -> String {
    let quoted = Json::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// Within a form.
fn in_form(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
