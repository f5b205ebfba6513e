//! What was expected against what was observed, each difference in one line with its place in the file.

use std::fmt::Write as _;

use innominatus_effect::{Call, Entry, Past};
use innominatus_model::{Failure, Health, HttpMethod, Json, Offer, Output, State, Violation};
use innominatus_package::{ExpectedCall, ExpectedFailure, PlatformTest};
use serde_json::json;

use crate::harness::checks::diff;
use crate::harness::world::{Cloud, body_of, contains, matches};

/// What came of a call.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    pub(super) progress: Option<&'static str>,
    pub(super) state: Option<State>,
    pub(super) failure: Option<Failure>,
    pub(super) violations: Vec<Violation>,
    pub(super) health: Option<Health>,
    pub(super) hints: Vec<String>,
    pub(super) steps: Vec<String>,
    pub(super) files: Vec<(String, String)>,
    pub(super) entries: Vec<Entry>,
    /// Where they are known in another way than by `entries`.
    pub(super) requests: Option<Vec<Request>>,
}

impl Observed {
    pub(super) fn pending(&mut self, state: State) {
        self.progress = Some("pending");
        self.state = Some(state);
    }

    /// As lines under `expect:`, each of which fits this. What is sensitive only has to be there.
    pub(crate) fn expectations(&self, offer: &Offer) -> Vec<String> {
        let mut lines: Vec<String> = self.progress.iter().map(|word| format!("progress: {word}")).collect();
        if let Some(Failure { code, cause, .. }) = &self.failure {
            lines.push(format!("failure: {}", json!({"code": code, "cause": cause.as_str()})));
        }
        let hidden = |output: &Output| {
            output.sensitive || offer.outputs.iter().any(|spec| spec.name == output.name && spec.sensitive)
        };
        if self.progress == Some("ready")
            && let Some(state) = &self.state
        {
            let plain = state.outputs.iter().filter(|output| !hidden(output));
            let outputs: serde_json::Map<String, Json> =
                plain.map(|output| (output.name.clone(), output.value.clone())).collect();
            lines.push(format!("outputs: {}", Json::Object(outputs)));
        }
        if let Some(requests) = &self.requests {
            lines.push(if requests.is_empty() { "calls: []" } else { "calls:" }.to_owned());
            lines.extend(requests.iter().map(|Request { method, url, .. }| {
                format!("  - {}", json!({"method": method.as_str(), "url": url}))
            }));
        }
        lines
    }
}

/// A request that was made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    method: HttpMethod,
    url: String,
    body: Json,
}

pub(super) fn request(entry: &Entry) -> Option<Request> {
    match &entry.call {
        Call::Http { request } => {
            Some(Request { method: request.method, url: request.url.clone(), body: body_of(request) })
        }
        _ => None,
    }
}

/// A request that is kept in a recording; reads are kept without it.
pub(super) fn request_of(past: &Past) -> Option<Request> {
    let request = &past.intent.as_ref()?.request;
    let text = |name: &str| request.get(name).and_then(Json::as_str);
    let body = request.get("body").and_then(|body| body.get("json").or(body.get("text"))).cloned();
    Some(Request {
        method: HttpMethod::parse(text("method")?)?,
        url: text("url")?.to_owned(),
        body: body.unwrap_or(Json::Null),
    })
}

/// Each difference: a line, and what else there is to see.
pub(super) fn compare(test: &PlatformTest, cloud: &Cloud, observed: &Observed) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    let mut differs = |field: &'static str, message: String, details: String| {
        wrong.push((format!("{}:{}: {message}", test.file, test.line(field)), details));
    };
    let expect = &test.expect;
    if let Some(expected) = &expect.progress
        && observed.progress != Some(expected.as_str())
    {
        let found = match (&observed.failure, observed.progress) {
            (Some(failure), _) => format!("a failure: {failure}"),
            (None, Some(progress)) => format!("`{progress}`"),
            (None, None) => "nothing".to_owned(),
        };
        differs("progress", format!("expected `{expected}`, found {found}"), String::new());
    }
    if let (None, None, Some(failure)) = (&expect.failure, &expect.progress, &observed.failure) {
        // Whatever else is missing, this is why.
        let place = test.lines.first().map_or("failure", |(field, _)| field);
        differs(place, format!("it says no: {failure}"), String::new());
    }
    if let Some(expected) = &expect.failure
        && let Some(message) = failure(expected, observed)
    {
        differs("failure", message, String::new());
    }
    if let Some(Json::Object(expected)) = &expect.outputs {
        let outputs = observed.state.iter().flat_map(|state| &state.outputs);
        let shown = |output: &Output| (output.name.clone(), output.value.clone());
        let found: serde_json::Map<String, Json> = outputs.map(shown).collect();
        let holds = |(name, value): (&String, &Json)| match (value, found.get(name)) {
            (Json::Null, found) => found.is_none(),
            (value, Some(found)) => contains(found, value),
            (_, None) => false,
        };
        if !expected.iter().all(holds) {
            let lines = |all: &serde_json::Map<String, Json>| {
                let mut text = String::new();
                for name in expected.keys() {
                    let value = all.get(name).unwrap_or(&Json::Null);
                    // A token is as long as it is dull.
                    let value = match cloud.secret_in(&value.to_string()) {
                        Some(secret) => format!("the token of `{secret}`"),
                        None => value.to_string(),
                    };
                    let _ = writeln!(text, "{name}: {value}");
                }
                text
            };
            differs(
                "outputs",
                "the outputs are not as expected".into(),
                diff(&lines(expected), &lines(&found)),
            );
        }
    }
    if let Some(expected) = &expect.handle {
        let found = observed.state.as_ref().map_or(Json::Null, |state| state.handle.clone());
        if !contains(&found, expected) {
            differs("handle", format!("expected the handle {expected}, found {found}"), String::new());
        }
    }
    if let Some(expected) = &expect.calls {
        let found = observed.requests.clone().unwrap_or_else(|| super::requests(&observed.entries));
        let fits =
            expected.len() == found.len() && expected.iter().zip(&found).all(|(one, other)| fits(one, other));
        if !fits {
            let (old, new) = calls(expected, &found);
            differs(
                "calls",
                format!("expected {} requests, found {}", expected.len(), found.len()),
                diff(&old, &new),
            );
        }
    }
    let pointers: Vec<String> =
        observed.violations.iter().map(|violation| violation.pointer.clone()).collect();
    let lists = [
        ("violations", &expect.violations, &pointers),
        ("hints", &expect.hints, &observed.hints),
        ("steps", &expect.steps, &observed.steps),
    ];
    for (field, expected, found) in lists {
        if let Some(expected) = expected
            && expected != found
        {
            let (old, new) = (expected.join("\n") + "\n", found.join("\n") + "\n");
            differs(field, format!("the {field} are not as expected"), diff(&old, &new));
        }
    }
    if let Some(expected) = &expect.health {
        let found = observed.health.map_or("nothing", Health::as_str);
        if found != expected {
            differs("health", format!("expected `{expected}`, found `{found}`"), String::new());
        }
    }
    for (name, part) in expect.files.iter().flatten() {
        match observed.files.iter().find(|(found, _)| found == name) {
            None => differs("files", format!("the file `{name}` is not there"), String::new()),
            Some((_, content)) if !matches(part, content) => {
                differs("files", format!("the file `{name}` is not as expected"), diff(part, content));
            }
            Some(_) => {}
        }
    }
    wrong
}

fn failure(expected: &ExpectedFailure, observed: &Observed) -> Option<String> {
    let Some(found) = &observed.failure else {
        return Some(format!(
            "expected a failure, found {}",
            observed.progress.map_or("none".into(), |word| format!("`{word}`"))
        ));
    };
    let differs = |what: &str, expected: &Option<String>, found: &str| {
        let expected = expected.as_ref().filter(|expected| !matches(expected, found))?;
        Some(format!("expected a failure with the {what} `{expected}`, found `{found}`"))
    };
    differs("code", &expected.code, &found.code)
        .or_else(|| differs("cause", &expected.cause, found.cause.as_str()))
        .or_else(|| differs("message", &expected.message, &found.message))
}

fn fits(expected: &ExpectedCall, found: &Request) -> bool {
    expected.method.is_none_or(|method| method == found.method)
        && expected.url.as_ref().is_none_or(|url| matches(url, &found.url))
        && expected.body.as_ref().is_none_or(|body| contains(&found.body, body))
}

/// Both sides as lines; what fits reads the same, so that a diff shows only what does not.
fn calls(expected: &[ExpectedCall], found: &[Request]) -> (String, String) {
    let line = |request: &Request| format!("{} {} {}\n", request.method, request.url, request.body);
    let wanted = |(at, one): (usize, &ExpectedCall)| match found.get(at) {
        Some(request) if fits(one, request) => line(request),
        _ => {
            let method = one.method.map_or("*", HttpMethod::as_str);
            let body = one.body.as_ref().map_or("*".to_owned(), Json::to_string);
            format!("{method} {} {body}\n", one.url.as_deref().unwrap_or("*"))
        }
    };
    (expected.iter().enumerate().map(wanted).collect(), found.iter().map(line).collect())
}
