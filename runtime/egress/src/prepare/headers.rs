//! Which headers a guest may set, and their values with secrets put in.

use http::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use innominatus_effect::{HttpBody, HttpError};
use innominatus_model::Binding;

use super::{Completer, Draft};
use crate::error::Stop;
use crate::words::{author, shown};

/// Headers of one request.
const MAX_COUNT: usize = 64;
/// Bytes of one header's name, and of its value.
const MAX_NAME: usize = 128;
const MAX_VALUE: usize = 8 * 1024;
/// Bytes of all of them.
const MAX_TOTAL: usize = 32 * 1024;

/// The headers of a guest, if it may set them all. A binding brings headers of its own, which it may not set.
pub(super) fn check(
    given: &[(String, String)],
    binding: Option<&Binding>,
) -> Result<Vec<(HeaderName, String)>, HttpError> {
    let bytes: usize = given.iter().map(|(name, value)| name.len() + value.len()).sum();
    if given.len() > MAX_COUNT || bytes > MAX_TOTAL {
        let remedy = format!("send at most {MAX_COUNT} headers with {MAX_TOTAL} bytes altogether");
        return Err(author(format!("{} headers with {bytes} bytes", given.len()), &remedy));
    }
    given
        .iter()
        .map(|(name, value)| {
            let checked = self::name(name, binding)?;
            if value.len() > MAX_VALUE || !is_plain(value) {
                let remedy = format!(
                    "a header's value is one line of at most {MAX_VALUE} bytes, without control characters"
                );
                return Err(author(format!("the header `{checked}`"), &remedy));
            }
            Ok((checked, value.clone()))
        })
        .collect()
}

/// A header's name, if a guest may set it.
pub(super) fn name(text: &str, binding: Option<&Binding>) -> Result<HeaderName, HttpError> {
    let wanted = format!("the header `{}`", shown(text));
    let name = (text.len() <= MAX_NAME).then(|| HeaderName::from_bytes(text.as_bytes()).ok()).flatten();
    let Some(name) = name else {
        return Err(author(wanted, "that is not a header's name"));
    };
    match forbidden(name.as_str(), binding) {
        Some(remedy) => Err(author(wanted, remedy)),
        None => Ok(name),
    }
}

/// What is written here and nowhere else.
const OURS: &str = "leave it out: the runtime writes it itself";

/// Whether a header is a part of the frame of a request, which not even a credential may be.
pub(super) fn is_frame(name: &HeaderName) -> bool {
    forbidden(name.as_str(), None) == Some(OURS)
}

/// Why a guest may not set it. Some servers take `_` for `-`.
fn forbidden(name: &str, binding: Option<&Binding>) -> Option<&'static str> {
    const ORIGIN: &str = "leave it out: a request does not say by itself where it comes from";
    const CREDENTIAL: &str = "name a credential binding instead";
    const TARGET: &str = "leave it out: a request's method and URL are those that were granted";
    let name = name.replace('_', "-");
    match name.as_str() {
        "host" | "content-length" | "transfer-encoding" | "te" | "trailer" | "connection" | "keep-alive"
        | "upgrade" | "http2-settings" | "expect" | "accept-encoding" => Some(OURS),
        "authorization" | "cookie" | "cookie2" => Some(CREDENTIAL),
        "forwarded"
        | "via"
        | "x-real-ip"
        | "x-client-ip"
        | "x-cluster-client-ip"
        | "true-client-ip"
        | "cf-connecting-ip" => Some(ORIGIN),
        "x-http-method"
        | "x-http-method-override"
        | "x-method-override"
        | "x-original-url"
        | "x-rewrite-url"
        | "x-host"
        | "x-original-host" => Some(TARGET),
        _ if name.starts_with("proxy-") => Some(OURS),
        _ if name.starts_with("x-forwarded") => Some(ORIGIN),
        _ => match binding {
            Some(Binding::AwsSigV4 { .. })
                if matches!(
                    name.as_str(),
                    "x-amz-date" | "x-amz-security-token" | "x-amz-content-sha256"
                ) =>
            {
                Some("leave it out: the signature brings it")
            }
            Some(Binding::Header { name: own, .. }) if own.replace('_', "-").eq_ignore_ascii_case(&name) => {
                Some("leave it out: the credential binding sets it")
            }
            _ => None,
        },
    }
}

/// One line. An HTTP header can hold neither line breaks nor other control characters.
pub(super) fn is_plain(value: &str) -> bool {
    !value.bytes().any(|byte| byte < 0x20 && byte != b'\t' || byte == 0x7f)
}

/// The headers that are sent, all but those of a credential.
pub(super) async fn complete(draft: &Draft, completer: &Completer<'_>) -> Result<HeaderMap, Stop> {
    let mut headers = HeaderMap::new();
    // An answer that was packed could be neither captured from nor scrubbed.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let media = match draft.body {
        HttpBody::Empty | HttpBody::Raw(_) => None,
        HttpBody::Json(_) => Some("application/json"),
        HttpBody::Form(_) => Some("application/x-www-form-urlencoded"),
    };
    let given = draft.headers.iter().any(|(name, _)| *name == CONTENT_TYPE);
    if let Some(media) = media.filter(|_| !given) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    }
    for (name, text) in &draft.headers {
        let completed = completer.complete(text, str::to_owned).await?;
        let secret = completed.expose() != text;
        headers.append(name, value(name.as_str(), completed.expose(), secret)?);
    }
    Ok(headers)
}

/// A header's value. What a secret makes of it is checked here, not before.
pub(super) fn value(name: &str, text: &str, secret: bool) -> Result<HeaderValue, HttpError> {
    let refused = || {
        HttpError::NotSent(format!(
            "the secret for the header `{name}` has a line break or another character that a header cannot hold"
        ))
    };
    if !is_plain(text) {
        return Err(refused());
    }
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| refused())?;
    value.set_sensitive(secret);
    Ok(value)
}
