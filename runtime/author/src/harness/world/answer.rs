//! What the world answers: by a script or the generic store, with tokens where secrets would stand.

use innominatus_effect::{HttpError, HttpPermit, HttpRequest, HttpResponse};
use innominatus_model::{Denial, Json};

use super::Inner;
use super::script::{Scripted, body_of};
use super::things::Place;

impl Inner {
    /// SplitMix64: enough for a test, and the same everywhere.
    pub(super) fn random(&mut self, count: u32) -> Vec<u8> {
        self.chances += 1;
        let mut state = self.season << 32 | self.chances;
        let mut byte = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed >> 56) as u8
        };
        (0..count).map(|_| byte()).collect()
    }

    pub(super) fn answer(
        &mut self,
        request: &HttpRequest,
        permit: &HttpPermit,
        key: Option<&str>,
    ) -> Result<HttpResponse, HttpError> {
        let carried = [request.json()["headers"].to_string(), body_of(request).to_string()].concat();
        if let (Err(remedy), true) = (&permit.secrets, self.vault.found_in(&carried).is_some()) {
            let wanted = format!("its secrets to {}", request.url);
            return Err(HttpError::Denied(Denial {
                capability: "http".into(),
                wanted,
                remedy: remedy.clone(),
            }));
        }
        let mut answer = match &mut self.script {
            Some(script) => match script.answer(request) {
                Scripted::Answer(answer) => answer?,
                Scripted::Nothing => {
                    let reason = format!("the test has no answer to {} {}", request.method, request.url);
                    return Err(HttpError::NotSent(reason));
                }
            },
            None => {
                let url = &permit.url;
                let origin = url.origin().ascii_serialization();
                let place = Place {
                    path: format!("{origin}{}", url.path()).trim_end_matches('/').to_owned(),
                    query: url
                        .query_pairs()
                        .map(|(name, value)| (name.into_owned(), value.into_owned()))
                        .collect(),
                };
                let said = self.things.act(request, &place, key);
                let body = if said.body.is_null() { Vec::new() } else { said.body.to_string().into_bytes() };
                let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
                HttpResponse { status: said.status, headers, body }
            }
        };
        self.capture(request, &mut answer);
        Ok(answer)
    }

    /// What is known to be secret stands in no answer: tokens stand there instead.
    pub(super) fn scrub(&mut self, known: &[(String, String)], answer: &mut HttpResponse) {
        for (name, secret) in known.iter().filter(|(_, secret)| !secret.is_empty()) {
            let token = self.vault.token(name);
            if let Ok(text) = std::str::from_utf8(&answer.body)
                && text.contains(secret.as_str())
            {
                answer.body = text.replace(secret.as_str(), &token).into_bytes();
            }
            for (_, value) in &mut answer.headers {
                *value = value.replace(secret.as_str(), &token);
            }
        }
    }

    /// Puts a token where the guest says that a secret is. The generic store has the other side make one for whatever
    /// is captured of an answer that it was asked to make.
    fn capture(&mut self, request: &HttpRequest, answer: &mut HttpResponse) {
        if request.capture.is_empty() || !(200..300).contains(&answer.status) {
            return;
        }
        let Ok(mut body) = serde_json::from_slice::<Json>(&answer.body) else { return };
        let makes = self.script.is_none() && !request.method.is_safe();
        for capture in &request.capture {
            let token = Json::String(self.vault.token(&capture.secret));
            match body.pointer_mut(&capture.pointer) {
                Some(found) => *found = token,
                None if makes => put(&mut body, &capture.pointer, token),
                None => {}
            }
        }
        answer.body = body.to_string().into_bytes();
    }
}

/// Writes a value where a JSON Pointer leads, making objects on the way.
fn put(whole: &mut Json, pointer: &str, value: Json) {
    let Some((name, rest)) = pointer.strip_prefix('/').map(|path| path.split_once('/').unwrap_or((path, "")))
    else {
        return;
    };
    let Json::Object(fields) = whole else { return };
    if rest.is_empty() {
        fields.insert(name.to_owned(), value);
        return;
    }
    let next = fields.entry(name).or_insert_with(|| Json::Object(serde_json::Map::new()));
    put(next, &format!("/{rest}"), value);
}
