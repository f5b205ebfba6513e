//! Table tests: `tests/*.yaml` beside the manifest say what is given, which export is called, and what is expected.
//!
//! This reads them; `author` runs them. The form is told in `docs/reference/platform-tests.md`.

mod error;
mod expect;
mod given;
mod json;

use innominatus_model::{Capability, Class, HttpMethod, Json, Name};

pub use error::TestErrors;

use crate::findings::{Document, Fields, Findings, Place};
use crate::manifest::value;
use crate::yaml::{self, Node, Value};

/// Where table tests stand in a platform's folder.
pub const TESTS_FOLDER: &str = "tests";

/// The exports that a test may call, and `checks`.
const EXPORTS: [&str; 12] = [
    "checks",
    "config-schema",
    "validate-config",
    "provision",
    "deprovision",
    "get-status",
    "get-hints",
    "upgrade-state",
    "parameter-schema",
    "validate",
    "generate-steps",
    "render",
];

/// What a golden path is asked with.
const REQUEST: [&str; 7] = ["application", "workloads", "needs", "parameters", "step", "config", "made"];

/// One table test.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformTest {
    /// The file, as the person named it.
    pub file: String,
    /// `metadata.name`; unique in the platform.
    pub name: Name,
    /// What is there beforehand.
    pub given: Given,
    /// The export that is called; `checks` hands the target and the world to the checks of the entry.
    pub when: String,
    /// What has to come of it.
    pub expect: Expect,
    /// The lines of the expectations, by field.
    pub lines: Vec<(&'static str, u32)>,
}

impl PlatformTest {
    /// Whether it hands target and world to the checks, and expects nothing itself.
    pub fn is_sample(&self) -> bool {
        self.when == "checks"
    }

    /// The line in which an expectation stands; 0 where it is not written.
    pub fn line(&self, field: &str) -> u32 {
        self.lines.iter().find(|(known, _)| *known == field).map_or(0, |(_, line)| *line)
    }
}

/// Which entry is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestSubject {
    /// One under `provisioners:`.
    Provisioner(Name),
    /// One under `goldenpaths:`.
    GoldenPath(Name),
}

/// What is there beforehand.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// Who is called.
    pub subject: TestSubject,
    /// For a provisioner.
    pub target: TestTarget,
    /// For a golden path: `{application, workloads, needs, parameters, step, made}` as in the contract.
    pub request: Json,
    /// What the operator configured.
    pub settings: Json,
    /// The operator's secrets by the name that the component uses, with the text that must not be seen.
    pub secrets: Vec<(String, String)>,
    /// Written answers to requests; none means the generic store of things.
    pub answers: Option<Vec<TestAnswer>>,
    /// A recording, by its path in the platform's folder.
    pub recording: Option<String>,
    /// What the operator did not grant.
    pub deny: Vec<Capability>,
}

/// The target of a provisioner; what is not given is made up.
#[derive(Debug, Clone, PartialEq)]
pub struct TestTarget {
    /// A name for people and for derived names.
    pub name: Option<String>,
    /// The class.
    pub class: Class,
    /// The params, before defaults are filled in.
    pub params: Json,
    /// The workloads that claim it.
    pub workloads: Option<Vec<Name>>,
    /// Free-form pairs.
    pub labels: Vec<(String, String)>,
    /// Counts changes of the desired state.
    pub generation: u64,
    /// Counts tries.
    pub attempt: u32,
    /// From the last time: `{state: {handle, outputs, artifacts}, params, generation, version}`.
    pub prior: Option<TestPrior>,
    /// Requests whose outcome is open, as the guest gave them.
    pub unsettled: Vec<Json>,
}

/// What was kept from the last time.
#[derive(Debug, Clone, PartialEq)]
pub struct TestPrior {
    /// The component's own note to itself.
    pub handle: Json,
    /// Name, value, whether it is sensitive.
    pub outputs: Vec<(String, Json, bool)>,
    /// The params of then; none means those of now.
    pub params: Option<Json>,
    /// The generation of then.
    pub generation: u64,
    /// The version that said so.
    pub version: Option<String>,
}

/// One written answer.
#[derive(Debug, Clone, PartialEq)]
pub struct TestAnswer {
    /// The method; none means any.
    pub method: Option<HttpMethod>,
    /// The URL with its query; a `*` stands for any text.
    pub url: Option<String>,
    /// A part that the body has to have.
    pub body: Option<Json>,
    /// What is answered.
    pub then: AnswerThen,
    /// How often; none means always.
    pub times: Option<u32>,
    /// Where it stands in the file.
    pub line: u32,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerThen {
    /// An answer.
    Response {
        /// The status.
        status: u16,
        /// Headers, names in lower case.
        headers: Vec<(String, String)>,
        /// The body.
        body: AnswerBody,
    },
    /// It never left.
    NotSent(String),
    /// Nobody knows whether it was acted on.
    OutcomeUnknown(String),
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerBody {
    /// None.
    Empty,
    /// As written: text is sent as it is.
    Text(String),
    /// A mapping, a list, a number or a truth value is sent as JSON.
    Json(Json),
}

/// What has to come of it. What is not named may be anything.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expect {
    /// `ready`, `pending` or `gone`.
    pub progress: Option<String>,
    /// Outputs: each named one has this value; `null` means it is not there. Text may hold `*`.
    pub outputs: Option<Json>,
    /// The handle, a part of it.
    pub handle: Option<Json>,
    /// The requests, in order and no others.
    pub calls: Option<Vec<ExpectedCall>>,
    /// That it says no.
    pub failure: Option<ExpectedFailure>,
    /// Pointers of violations, in order.
    pub violations: Option<Vec<String>>,
    /// The health that `get-status` sees.
    pub health: Option<String>,
    /// Labels of hints, in order.
    pub hints: Option<Vec<String>>,
    /// Names of steps, in order.
    pub steps: Option<Vec<String>>,
    /// Files of `render`, with a part of their content: name to text with `*`.
    pub files: Option<Vec<(String, String)>>,
}

/// One request that has to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedCall {
    /// The method.
    pub method: Option<HttpMethod>,
    /// The URL; a `*` stands for any text.
    pub url: Option<String>,
    /// A part that the body has to have.
    pub body: Option<Json>,
}

/// A failure that has to be answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectedFailure {
    /// The component's own code.
    pub code: Option<String>,
    /// The stable word of the cause.
    pub cause: Option<String>,
    /// The message; a `*` stands for any text.
    pub message: Option<String>,
}

/// The words of the causes of a failure.
const CAUSES: [&str; 6] = ["invalid", "transient", "permanent", "conflict", "denied", "unsupported"];

/// Reads a table test. `file` is how the person named it; it stands in every diagnostic.
pub fn read_test(file: &str, text: &[u8]) -> Result<PlatformTest, TestErrors> {
    let mut findings = Findings::new(file, Document::PlatformTest);
    let test = read(file, text, &mut findings);
    findings.finish().map_err(|diagnostics| TestErrors { file: file.to_owned(), diagnostics })?;
    Ok(test.expect("without an error there is a test"))
}

fn read(file: &str, text: &[u8], findings: &mut Findings) -> Option<PlatformTest> {
    let document = yaml::read(text, findings)?;
    if matches!(document.value, Value::Null) {
        let begin = Document::PlatformTest.beginning();
        let place = Place { line: 1, column: 1 };
        findings.error(place, Document::PlatformTest.syntax(), "the test is empty", begin);
        return None;
    }
    let mut fields = Fields::of(&document, "", findings)?;
    fixed(&mut fields, "apiVersion", "innominatus.io/v1", findings);
    fixed(&mut fields, "kind", "PlatformTest", findings);
    let name = metadata(&mut fields, findings);
    let given = fields
        .required(
            "given",
            "say under `given:` which entry is called, for example `provisioner: database`",
            findings,
        )
        .and_then(|node| given::read(node, findings));
    let when =
        fields.required("when", "name the export that is called, for example `when: provision`", findings);
    let when = when.and_then(|node| word(node, "when", &EXPORTS, findings));
    let mut lines = Vec::new();
    let expect = match fields.optional("expect") {
        Some(node) => expect::read(node, &mut lines, findings),
        None => Some(Expect::default()),
    };
    let place = fields.place();
    fields.finish(findings);
    let (name, given, when, expect) = (name?, given?, when?, expect?);
    fits(&given, &when, &expect, place, findings)?;
    Some(PlatformTest { file: file.to_owned(), name, given, when, expect, lines })
}

/// What has no meaning together.
fn fits(given: &Given, when: &str, expect: &Expect, place: Place, findings: &mut Findings) -> Option<()> {
    const OF_PATHS: [&str; 4] = ["parameter-schema", "validate", "generate-steps", "render"];
    let is_path = matches!(given.subject, TestSubject::GoldenPath(_));
    if when != "checks" && is_path != OF_PATHS.contains(&when) {
        let (what, other) =
            if is_path { ("golden path", "provisioner") } else { ("provisioner", "golden path") };
        let message = format!("`when: {when}` is an export of a {other}, and a {what} is given");
        findings.invalid(place, message, format!("call an export of a {what}, or give a {other}"));
        return None;
    }
    if let Some(unknown) = given.request.as_object().and_then(|request| {
        request.keys().find(|field| !REQUEST.contains(&field.as_str())).filter(|_| is_path)
    }) {
        let hint = match crate::findings::nearest(unknown, REQUEST) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here: {}", crate::findings::list(REQUEST)),
        };
        findings.invalid(place, format!("unknown field `given.request.{}`", unknown.escape_debug()), hint);
        return None;
    }
    if when != "checks" && *expect == Expect::default() {
        let hint = "add `expect:` with what has to come of it, for example `progress: ready`";
        findings.invalid(place, "the test expects nothing", hint);
        return None;
    }
    if given.answers.is_some() && given.recording.is_some() {
        let hint = "keep one of them: a recording answers every call";
        findings.invalid(place, "`answers` and `recording` are both given", hint);
        return None;
    }
    Some(())
}

fn fixed(fields: &mut Fields<'_>, name: &'static str, expected: &str, findings: &mut Findings) {
    let hint = format!("write `{name}: {expected}`");
    let Some(node) = fields.required(name, hint.clone(), findings) else { return };
    if let Some(found) = findings.text(node, name)
        && found != expected
    {
        let message = format!("`{name}` is `{}`, which is not known", found.escape_debug());
        findings.invalid(node.place, message, hint);
    }
}

fn metadata(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Name> {
    let hint = "add `metadata: {name: makes-a-bucket}`";
    let node = fields.required("metadata", hint, findings)?;
    let mut metadata = Fields::of(node, "metadata", findings)?;
    let name = metadata.required("name", hint, findings);
    let name = name.and_then(|node| value::name(node, "metadata.name", Name::new, findings));
    metadata.text("description", findings);
    metadata.finish(findings);
    name
}

/// One of these words.
pub(crate) fn word(node: &Node, what: &str, known: &[&str], findings: &mut Findings) -> Option<String> {
    let text = findings.text(node, what)?;
    if known.contains(&text) {
        return Some(text.to_owned());
    }
    let shown: String = text.chars().take(80).collect();
    let hint = match crate::findings::nearest(text, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", crate::findings::list(known.iter().copied())),
    };
    findings.invalid(node.place, format!("`{what}` is `{}`, which is not known", shown.escape_debug()), hint);
    None
}
