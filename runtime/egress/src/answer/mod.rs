//! From an answer as it came to what the guest sees: captured secrets kept, known ones replaced, headers that are
//! nobody's business left out.

mod headers;
mod json;
mod scrub;
mod xml;

use innominatus_effect::{HttpError, HttpRequest, HttpResponse};
use innominatus_model::Secret;

use crate::Vault;
use crate::attempt::Raw;
use crate::error::Stop;

/// A secret found in an answer.
struct Found {
    /// Where it stands, in bytes.
    from: usize,
    to: usize,
    value: Secret,
}

/// The answer is neither JSON nor XML.
#[derive(Debug)]
struct Unreadable;

/// Cleans an answer. `withheld` makes the error of an answer that cannot be handed on.
pub(crate) async fn clean(
    raw: Raw,
    request: &HttpRequest,
    carried: &[Secret],
    vault: &dyn Vault,
    withheld: impl FnOnce(&str) -> HttpError,
) -> Result<HttpResponse, Stop> {
    let mut secrets = carried.to_vec();
    let captured = if request.capture.is_empty() {
        Ok(raw.body)
    } else {
        capture(raw.body, request, vault, &mut secrets).await?
    };
    let body = match captured {
        Ok(body) => body,
        // A page of a proxy or the like: no secret was made.
        Err(body) if !raw.status.is_success() => body,
        Err(_) => {
            return Err(withheld(
                "the answer is neither JSON nor XML, so that the secrets in it cannot be taken out; it is withheld",
            )
            .into());
        }
    };
    let body = scrub::bytes(body, &secrets, vault).await?;
    let headers = headers::kept(&raw.headers, request.method);
    let headers = scrub::headers(headers, &secrets, vault).await?;
    Ok(HttpResponse { status: raw.status.as_u16(), headers, body })
}

/// Takes secrets out: each is kept before its token stands in its place. The inner error is the body of an answer
/// that could not be read.
async fn capture(
    body: Vec<u8>,
    request: &HttpRequest,
    vault: &dyn Vault,
    secrets: &mut Vec<Secret>,
) -> Result<Result<Vec<u8>, Vec<u8>>, Stop> {
    let Ok(text) = std::str::from_utf8(&body) else { return Ok(Err(body)) };
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if start.is_empty() {
        return Ok(Ok(body));
    }
    let is_xml = start.starts_with('<');
    let offset = text.len() - start.len();
    // Where, and what stands there instead.
    let mut places: Vec<(usize, usize, String)> = Vec::new();
    for wanted in &request.capture {
        let found =
            if is_xml { xml::find(start, &wanted.pointer) } else { json::find(start, &wanted.pointer) };
        let Ok(found) = found else { return Ok(Err(body)) };
        let mut token = String::new();
        for (at, found) in found.into_iter().enumerate() {
            // A path into XML may lead to several elements: the first is the one that is meant.
            if at == 0 {
                token = vault.keep(&wanted.secret, &found.value).await?;
            }
            let shown = if is_xml { xml::written(&token) } else { json::written(&token) };
            places.push((offset + found.from, offset + found.to, shown));
            secrets.push(found.value);
        }
    }
    // Of places within each other, the outer one counts.
    places.sort_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)));
    let mut cleaned = String::new();
    let mut done = 0;
    for (from, to, shown) in places {
        if from >= done {
            cleaned.push_str(text.get(done..from).unwrap_or_default());
            cleaned.push_str(&shown);
            done = to;
        }
    }
    cleaned.push_str(text.get(done..).unwrap_or_default());
    Ok(Ok(cleaned.into_bytes()))
}
