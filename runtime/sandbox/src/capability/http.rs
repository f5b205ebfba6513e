//! `http`: requests as values. Where they may go, the authoriser says; how they go, `egress`.

use innominatus_effect::{Call, Capture, HttpBody, HttpError, HttpRequest, HttpResponse, Outcome, Slot};
use innominatus_model::HttpMethod;

use crate::bounds::{Breach, Checked, LABEL, content, json, list, name, token, word};
use crate::contract::since_1_0::denial_to_guest;
use crate::contract::since_1_0::wit::http;
use crate::contract::since_1_0::wit::types::Pair;
use crate::host::Host;
use crate::text::clean;

/// Headers of one request, fields of one form.
const PAIRS: usize = 128;
/// Bytes of a URL.
const URL: usize = 8 << 10;
/// Bytes of a header's or form field's value.
const VALUE: usize = 64 << 10;
/// Secrets taken out of one answer.
const CAPTURES: usize = 16;
/// Bytes of a path into an answer.
const POINTER: usize = 1 << 10;

impl http::Host for Host {
    async fn send(
        &mut self,
        request: http::Request,
    ) -> wasmtime::Result<Result<http::Response, http::Error>> {
        self.admit("http.send", weight(&request))?;
        let request = self.checked(read(request))?;
        match self.cross(Call::Http { request: Box::new(request) }).await? {
            Outcome::Http(answer) => Ok(answer.map(response).map_err(error)),
            _ => Err(self.misshapen("http.send")),
        }
    }
}

fn weight(request: &http::Request) -> usize {
    let pairs = |pairs: &[Pair]| pairs.iter().map(|pair| pair.key.len() + pair.value.len()).sum::<usize>();
    let body = match &request.body {
        http::Body::Empty => 0,
        http::Body::Raw(bytes) => bytes.len(),
        http::Body::Json(text) => text.len(),
        http::Body::Form(fields) => pairs(fields),
    };
    request.purpose.len() + request.url.len() + pairs(&request.headers) + body
}

fn read(request: http::Request) -> Checked<HttpRequest> {
    Ok(HttpRequest {
        purpose: clean(&request.purpose, LABEL),
        method: HttpMethod::parse(&request.method).ok_or_else(|| {
            let methods = HttpMethod::ALL.map(HttpMethod::as_str).join(", ");
            Breach::contract(format!("the method `{}` is none of {methods}", clean(&request.method, 32)))
        })?,
        url: content("the URL", URL, request.url)?,
        headers: pairs("headers", request.headers)?,
        body: match request.body {
            http::Body::Empty => HttpBody::Empty,
            http::Body::Raw(bytes) => HttpBody::Raw(bytes),
            http::Body::Json(text) => HttpBody::Json(json("the body", &text)?),
            http::Body::Form(fields) => HttpBody::Form(pairs("fields of the form", fields)?),
        },
        credential: request.credential.map(|name| token("the credential", LABEL, name)).transpose()?,
        idempotency: request.idempotency.map(slot).transpose()?,
        capture: list("captures", CAPTURES, request.capture, |capture| {
            Ok(Capture {
                pointer: token("the pointer of a capture", POINTER, capture.pointer)?,
                secret: word("the captured secret", capture.secret)?,
            })
        })?,
        timeout_ms: request.timeout_ms,
    })
}

fn slot(slot: http::Slot) -> Checked<Slot> {
    Ok(match slot {
        http::Slot::Header(header) => Slot::Header(name("the header of the key", header)?),
        http::Slot::Query(parameter) => Slot::Query(name("the parameter of the key", parameter)?),
        http::Slot::Pointer(at) => Slot::Pointer(content("the pointer of the key", POINTER, at)?),
    })
}

fn pairs(what: &str, pairs: Vec<Pair>) -> Checked<Vec<(String, String)>> {
    list(what, PAIRS, pairs, |pair| {
        Ok((content("a name", LABEL, pair.key)?, content("a value", VALUE, pair.value)?))
    })
}

fn response(response: HttpResponse) -> http::Response {
    let headers = response.headers.into_iter().map(|(key, value)| Pair { key, value }).collect();
    http::Response { status: response.status, headers, body: response.body }
}

fn error(error: HttpError) -> http::Error {
    match error {
        HttpError::Denied(denial) => http::Error::Denied(denial_to_guest(denial)),
        HttpError::NotSent(why) => http::Error::NotSent(why),
        HttpError::OutcomeUnknown(why) => http::Error::OutcomeUnknown(why),
        HttpError::TooLarge(bytes) => http::Error::TooLarge(bytes),
    }
}
