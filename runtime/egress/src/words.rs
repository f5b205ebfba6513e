//! What guests are told of refusals. No text here holds a query string, a header's value or a secret.

use innominatus_effect::{HttpError, HttpPermit, HttpRequest};
use innominatus_model::Denial;

/// What was asked for: method, origin and path.
pub(crate) fn asked(request: &HttpRequest, permit: &HttpPermit) -> String {
    let origin = permit.url.origin().ascii_serialization();
    format!("{} {origin}{}", request.method, permit.url.path())
}

/// A refusal.
pub(crate) fn denied(wanted: impl Into<String>, remedy: impl Into<String>) -> HttpError {
    HttpError::Denied(Denial { capability: "http".to_owned(), wanted: wanted.into(), remedy: remedy.into() })
}

/// A refusal of something that only the component's author can mend.
pub(crate) fn author(wanted: impl Into<String>, remedy: &str) -> HttpError {
    denied(wanted, format!("{remedy}; this is for the component's author"))
}

/// Text of a guest, short and without surprises.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}
