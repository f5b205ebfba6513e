//! `given:` of a table test.

use innominatus_model::{Capability, Class, HttpMethod, Json, Name};
use serde_json::{Map, json as value_of};

use super::json::{json, object};
use super::{AnswerBody, AnswerThen, Given, TestAnswer, TestPrior, TestSubject, TestTarget, word};
use crate::findings::{Fields, Findings};
use crate::manifest::value;
use crate::yaml::{Node, Value};

pub(super) fn read(node: &Node, findings: &mut Findings) -> Option<Given> {
    let mut fields = Fields::of(node, "given", findings)?;
    let subject = subject(&mut fields, findings);
    let target = match fields.optional("target") {
        Some(node) => target(node, findings),
        None => Some(TestTarget::default()),
    };
    let mut whole = |name: &'static str, findings: &mut Findings| match fields.optional(name) {
        Some(node) => object(node, &format!("given.{name}"), findings),
        None => Some(Json::Object(Map::new())),
    };
    let request = whole("request", findings);
    let settings = whole("settings", findings);
    let secrets = match fields.optional("secrets") {
        Some(node) => texts(node, "given.secrets", findings),
        None => Some(Vec::new()),
    };
    let answers = fields.optional("answers").map(|node| answers(node, findings));
    let recording = fields.optional("recording").map(|node| value::path(node, "given.recording", findings));
    let deny = match fields.optional("deny") {
        Some(node) => capabilities(node, findings),
        None => Some(Vec::new()),
    };
    fields.finish(findings);
    Some(Given {
        subject: subject?,
        target: target?,
        request: request?,
        settings: settings?,
        secrets: secrets?,
        answers: answers.map_or(Some(None), |read| read.map(Some))?,
        recording: recording.map_or(Some(None), |read| read.map(Some))?,
        deny: deny?,
    })
}

fn subject(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<TestSubject> {
    let place = fields.place();
    match (fields.optional("provisioner"), fields.optional("goldenPath")) {
        (Some(node), None) => {
            value::name(node, "given.provisioner", Name::new, findings).map(TestSubject::Provisioner)
        }
        (None, Some(node)) => {
            value::name(node, "given.goldenPath", Name::new, findings).map(TestSubject::GoldenPath)
        }
        (Some(node), Some(_)) => {
            findings.invalid(
                node.place,
                "a test calls one entry, and two are given",
                "keep `provisioner` or `goldenPath`",
            );
            None
        }
        (None, None) => {
            let hint = "add `provisioner: <entry>` or `goldenPath: <entry>`, as in platform.yaml";
            findings.invalid(place, "`given` names no entry", hint);
            None
        }
    }
}

fn target(node: &Node, findings: &mut Findings) -> Option<TestTarget> {
    let mut fields = Fields::of(node, "given.target", findings)?;
    let mut target = TestTarget { name: fields.text("name", findings), ..TestTarget::default() };
    // The entry says which type it makes; whoever repeats it may.
    fields.text("type", findings);
    if let Some(node) = fields.optional("class") {
        target.class = value::name(node, "given.target.class", Class::new, findings)?;
    }
    if let Some(node) = fields.optional("params") {
        target.params = object(node, "given.target.params", findings)?;
    }
    if let Some(node) = fields.optional("workloads") {
        let items = findings.list(node, "given.target.workloads");
        let names = items.iter().map(|node| value::name(node, "given.target.workloads", Name::new, findings));
        target.workloads = Some(names.collect::<Option<_>>()?);
    }
    if let Some(node) = fields.optional("labels") {
        target.labels = texts(node, "given.target.labels", findings)?;
    }
    if let Some(node) = fields.optional("generation") {
        target.generation = findings.number(node, "given.target.generation", 1..=u64::from(u32::MAX))?;
    }
    if let Some(node) = fields.optional("attempt") {
        let attempt = findings.number(node, "given.target.attempt", 1..=1000)?;
        target.attempt = u32::try_from(attempt).unwrap_or(1);
    }
    if let Some(node) = fields.optional("prior") {
        target.prior = Some(prior(node, findings)?);
    }
    if let Some(node) = fields.optional("unsettled") {
        let items = findings.list(node, "given.target.unsettled");
        let open = items.iter().map(|node| object(node, "given.target.unsettled", findings));
        target.unsettled = open.collect::<Option<_>>()?;
    }
    fields.finish(findings);
    Some(target)
}

fn prior(node: &Node, findings: &mut Findings) -> Option<TestPrior> {
    let mut fields = Fields::of(node, "given.target.prior", findings)?;
    let mut prior =
        TestPrior { handle: Json::Null, outputs: Vec::new(), params: None, generation: 1, version: None };
    if let Some(node) = fields.optional("state") {
        let mut state = Fields::of(node, "given.target.prior.state", findings)?;
        if let Some(node) = state.optional("handle") {
            prior.handle = json(node, "given.target.prior.state.handle", findings)?;
        }
        for (name, sensitive) in [("outputs", false), ("secrets", true)] {
            let Some(node) = state.optional(name) else { continue };
            for (key, node) in findings.entries(node, name)? {
                prior.outputs.push((key.text.clone(), json(node, name, findings)?, sensitive));
            }
        }
        state.finish(findings);
    }
    if let Some(node) = fields.optional("params") {
        prior.params = Some(object(node, "given.target.prior.params", findings)?);
    }
    if let Some(node) = fields.optional("generation") {
        prior.generation = findings.number(node, "given.target.prior.generation", 1..=u64::from(u32::MAX))?;
    }
    prior.version = fields.text("version", findings);
    fields.finish(findings);
    Some(prior)
}

fn answers(node: &Node, findings: &mut Findings) -> Option<Vec<TestAnswer>> {
    let items = findings.list(node, "given.answers");
    let read: Vec<_> = items.iter().enumerate().map(|(at, item)| answer(item, at, findings)).collect();
    read.into_iter().collect()
}

fn answer(node: &Node, at: usize, findings: &mut Findings) -> Option<TestAnswer> {
    let path = format!("given.answers[{at}]");
    let mut fields = Fields::of(node, path.clone(), findings)?;
    let (mut method, mut url, mut body) = (None, None, None);
    if let Some(node) = fields.optional("when") {
        (method, url, body) = request(node, &format!("{path}.when"), findings)?;
    }
    let then = fields.required("then", "say what is answered, for example `then: {status: 200}`", findings);
    let then = then.and_then(|node| then_of(node, &format!("{path}.then"), findings));
    let times = match fields.optional("times") {
        Some(node) => {
            let times = findings.number(node, &format!("{path}.times"), 1..=1000)?;
            Some(u32::try_from(times).unwrap_or(1))
        }
        None => None,
    };
    fields.finish(findings);
    Some(TestAnswer { method, url, body, then: then?, times, line: node.place.line })
}

type Request = (Option<HttpMethod>, Option<String>, Option<Json>);

/// `method`, `url` and a part of the `body`.
pub(super) fn request(node: &Node, path: &str, findings: &mut Findings) -> Option<Request> {
    let mut fields = Fields::of(node, path, findings)?;
    let method = match fields.optional("method") {
        Some(node) => {
            let known = HttpMethod::ALL.map(HttpMethod::as_str);
            Some(HttpMethod::parse(&word(node, &format!("{path}.method"), &known, findings)?)?)
        }
        None => None,
    };
    let url = fields.text("url", findings);
    let body = match fields.optional("body") {
        Some(node) => Some(json(node, &format!("{path}.body"), findings)?),
        None => None,
    };
    fields.finish(findings);
    Some((method, url, body))
}

fn then_of(node: &Node, path: &str, findings: &mut Findings) -> Option<AnswerThen> {
    let mut fields = Fields::of(node, path, findings)?;
    if let Some(node) = fields.optional("error") {
        let known = ["not-sent", "outcome-unknown"];
        let word = word(node, &format!("{path}.error"), &known, findings)?;
        let reason = fields.text("reason", findings).unwrap_or_else(|| "the test says so".into());
        fields.finish(findings);
        return Some(match word.as_str() {
            "not-sent" => AnswerThen::NotSent(reason),
            _ => AnswerThen::OutcomeUnknown(reason),
        });
    }
    let status = fields.required("status", "write the status, for example `status: 200`", findings);
    let status = status.and_then(|node| findings.number(node, &format!("{path}.status"), 100..=599));
    let headers = match fields.optional("headers") {
        Some(node) => texts(node, &format!("{path}.headers"), findings)?,
        None => Vec::new(),
    };
    let headers = headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    let body = match fields.optional("body") {
        None => AnswerBody::Empty,
        Some(Node { value: Value::Text(text), .. }) => AnswerBody::Text(text.clone()),
        Some(node) => AnswerBody::Json(json(node, &format!("{path}.body"), findings)?),
    };
    fields.finish(findings);
    Some(AnswerThen::Response { status: u16::try_from(status?).unwrap_or(500), headers, body })
}

fn capabilities(node: &Node, findings: &mut Findings) -> Option<Vec<Capability>> {
    let known: Vec<&str> =
        Capability::ALL.into_iter().filter(|one| !one.is_always_granted()).map(Capability::as_str).collect();
    let items = findings.list(node, "given.deny");
    let words = items.iter().map(|node| {
        let word = word(node, "given.deny", &known, findings)?;
        Capability::parse(&word)
    });
    words.collect()
}

/// A mapping of texts.
pub(super) fn texts(node: &Node, what: &str, findings: &mut Findings) -> Option<Vec<(String, String)>> {
    let entries = findings.entries(node, what)?;
    let mut texts = Vec::new();
    for (key, node) in entries {
        texts.push((
            key.text.clone(),
            findings.text(node, &format!("{what}.{}", key.text.escape_debug()))?.to_owned(),
        ));
    }
    Some(texts)
}

impl Default for TestTarget {
    fn default() -> Self {
        Self {
            name: None,
            class: Class::default(),
            params: value_of!({}),
            workloads: None,
            labels: Vec::new(),
            generation: 1,
            attempt: 1,
            prior: None,
            unsettled: Vec::new(),
        }
    }
}
