//! Answers that a table test writes down: the first rule that fits and is not used up answers.

use innominatus_effect::{HttpBody, HttpError, HttpRequest, HttpResponse};
use innominatus_model::Json;
use innominatus_package::{AnswerBody, AnswerThen, TestAnswer};

/// The rules, with how often each has answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    rules: Vec<(TestAnswer, u32)>,
}

/// What a rule answers.
pub(crate) enum Scripted {
    Answer(Result<HttpResponse, HttpError>),
    /// No rule fits.
    Nothing,
}

impl Script {
    pub(crate) fn new(rules: &[TestAnswer]) -> Self {
        Self { rules: rules.iter().map(|rule| (rule.clone(), 0)).collect() }
    }

    /// The answer to a request.
    pub(crate) fn answer(&mut self, request: &HttpRequest) -> Scripted {
        let open = |rule: &TestAnswer, used: u32| rule.times.is_none_or(|times| used < times);
        let found = self.rules.iter_mut().find(|(rule, used)| open(rule, *used) && fits(rule, request));
        let Some((rule, used)) = found else { return Scripted::Nothing };
        *used += 1;
        Scripted::Answer(match &rule.then {
            AnswerThen::Response { status, headers, body } => {
                Ok(HttpResponse { status: *status, headers: headers.clone(), body: bytes(body) })
            }
            AnswerThen::NotSent(reason) => Err(HttpError::NotSent(reason.clone())),
            AnswerThen::OutcomeUnknown(reason) if request.method.is_safe() => {
                Err(HttpError::NotSent(reason.clone()))
            }
            AnswerThen::OutcomeUnknown(reason) => Err(HttpError::OutcomeUnknown(reason.clone())),
        })
    }

    /// Rules with `times` that were used less often, in words.
    pub(crate) fn unused(&self) -> Vec<String> {
        let unused = self.rules.iter().filter(|(rule, used)| rule.times.is_some_and(|times| *used < times));
        unused
            .map(|(rule, used)| {
                let method = rule.method.map_or("any method", |method| method.as_str());
                let (url, times) = (rule.url.as_deref().unwrap_or("any URL"), rule.times.unwrap_or_default());
                format!("{method} {url} in line {}: {used} of {times} times", rule.line)
            })
            .collect()
    }
}

fn fits(rule: &TestAnswer, request: &HttpRequest) -> bool {
    let url = rule.url.as_deref().is_none_or(|pattern| matches(pattern, &request.url));
    let body = rule.body.as_ref().is_none_or(|part| contains(&body_of(request), part));
    rule.method.is_none_or(|method| method == request.method) && url && body
}

/// A `*` stands for any text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether all of `part` is in `whole`: objects may have more fields.
pub(crate) fn contains(whole: &Json, part: &Json) -> bool {
    match (whole, part) {
        (Json::Object(whole), Json::Object(part)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|found| contains(found, value)))
        }
        (Json::Array(whole), Json::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| contains(whole, part))
        }
        (Json::String(whole), Json::String(part)) => matches(part, whole),
        (whole, part) => whole == part,
    }
}

/// The body for comparing.
pub(crate) fn body_of(request: &HttpRequest) -> Json {
    match &request.body {
        HttpBody::Empty => Json::Null,
        HttpBody::Json(value) => value.clone(),
        HttpBody::Raw(bytes) => Json::String(String::from_utf8_lossy(bytes).into_owned()),
        HttpBody::Form(fields) => {
            Json::Object(fields.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect())
        }
    }
}

fn bytes(body: &AnswerBody) -> Vec<u8> {
    match body {
        AnswerBody::Empty => Vec::new(),
        AnswerBody::Text(text) => text.clone().into_bytes(),
        AnswerBody::Json(value) => value.to_string().into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("*", "", true),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_part_is_in_a_whole() {
        assert!(contains(&json!({"a": {"b": 1, "c": 2}}), &json!({"a": {"b": 1}})));
        assert!(!contains(&json!({"a": {"b": 1}}), &json!({"a": {"b": 2}})));
        assert!(!contains(&json!([1, 2]), &json!([1])));
    }
}
