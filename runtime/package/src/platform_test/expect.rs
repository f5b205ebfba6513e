//! `expect:` of a table test.

use innominatus_model::Health;

use super::given::{request, texts};
use super::json::{json, object};
use super::{CAUSES, Expect, ExpectedCall, ExpectedFailure, word};
use crate::findings::{Fields, Findings};
use crate::yaml::Node;

const HEALTH: [Health; 5] =
    [Health::Ready, Health::Progressing, Health::Degraded, Health::Missing, Health::Unknown];

pub(super) fn read(
    node: &Node,
    lines: &mut Vec<(&'static str, u32)>,
    findings: &mut Findings,
) -> Option<Expect> {
    let mut fields = Fields::of(node, "expect", findings)?;
    let mut field = |name: &'static str| {
        let (key, node) = fields.entry(name)?;
        lines.push((name, key.place.line));
        Some(node)
    };
    let mut expect = Expect::default();
    if let Some(node) = field("progress") {
        expect.progress = Some(word(node, "expect.progress", &["ready", "pending", "gone"], findings)?);
    }
    if let Some(node) = field("outputs") {
        expect.outputs = Some(object(node, "expect.outputs", findings)?);
    }
    if let Some(node) = field("handle") {
        expect.handle = Some(json(node, "expect.handle", findings)?);
    }
    if let Some(node) = field("calls") {
        let items = findings.list(node, "expect.calls").iter().enumerate();
        let calls = items.map(|(at, node)| {
            let (method, url, body) = request(node, &format!("expect.calls[{at}]"), findings)?;
            Some(ExpectedCall { method, url, body })
        });
        expect.calls = Some(calls.collect::<Option<_>>()?);
    }
    if let Some(node) = field("failure") {
        expect.failure = Some(failure(node, findings)?);
    }
    for (name, list) in
        [("violations", &mut expect.violations), ("hints", &mut expect.hints), ("steps", &mut expect.steps)]
    {
        if let Some(node) = field(name) {
            let what = format!("expect.{name}");
            let items = findings.list(node, &what);
            let read = items.iter().map(|node| findings.text(node, &what).map(str::to_owned));
            *list = Some(read.collect::<Option<_>>()?);
        }
    }
    if let Some(node) = field("health") {
        expect.health = Some(word(node, "expect.health", &HEALTH.map(Health::as_str), findings)?);
    }
    if let Some(node) = field("files") {
        expect.files = Some(texts(node, "expect.files", findings)?);
    }
    fields.finish(findings);
    Some(expect)
}

fn failure(node: &Node, findings: &mut Findings) -> Option<ExpectedFailure> {
    let mut fields = Fields::of(node, "expect.failure", findings)?;
    let cause = match fields.optional("cause") {
        Some(node) => Some(word(node, "expect.failure.cause", &CAUSES, findings)?),
        None => None,
    };
    let (code, message) = (fields.text("code", findings), fields.text("message", findings));
    fields.finish(findings);
    Some(ExpectedFailure { code, cause, message })
}
