//! Which headers of an answer the guest sees.

use http::HeaderMap;
use innominatus_model::HttpMethod;

/// Headers that are handed on, and their bytes; what comes after is left out.
const MAX_COUNT: usize = 64;
const MAX_TOTAL: usize = 16 * 1024;

/// What says something of the connection, or is for a browser.
const DROPPED: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-connection",
    "set-cookie",
    "set-cookie2",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The headers that are handed on, names in lower case, in the order in which they came.
pub(super) fn kept(headers: &HeaderMap, method: HttpMethod) -> Vec<(String, String)> {
    let connection: Vec<String> = headers
        .get_all(http::header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase())
        .collect();
    let mut bytes = 0;
    headers
        .iter()
        .filter(|(name, _)| {
            let name = name.as_str();
            // Of a body that is handed on the length is plain, and it may be another one by now.
            let length = name == "content-length" && method != HttpMethod::Head;
            !length && !DROPPED.contains(&name) && !connection.iter().any(|listed| listed == name)
        })
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .take(MAX_COUNT)
        .take_while(|(name, value)| {
            bytes += name.len() + value.len();
            bytes <= MAX_TOTAL
        })
        .collect()
}
