//! Commands of the author's: `tests:` and `build:`.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::optional;
use crate::findings::{Fields, Findings, list, nearest};
use crate::yaml::Node;

/// Which tests a command runs, from the quickest to the slowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TestSuite {
    /// Of parts, on the author's machine.
    Unit,
    /// Of components against something that stands in for the world.
    Integration,
    /// Of the whole platform.
    E2e,
}

impl TestSuite {
    /// Every suite, in the order in which they are run.
    pub const ALL: [Self; 3] = [Self::Unit, Self::Integration, Self::E2e];

    /// The key under `tests:`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Integration => "integration",
            Self::E2e => "e2e",
        }
    }

    /// From the key.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.as_str() == word)
    }
}

impl fmt::Display for TestSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `tests:`.
pub(super) fn tests(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<BTreeMap<TestSuite, String>> {
    let mut suites = BTreeMap::new();
    let Some(node) = fields.optional("tests") else { return Some(suites) };
    let mut whole = true;
    for (key, node) in findings.entries(node, "tests")? {
        let Some(suite) = TestSuite::parse(&key.text) else {
            let known = || TestSuite::ALL.map(TestSuite::as_str);
            let message = format!("`tests` has no suite `{}`", key.text.escape_debug());
            let hint = match nearest(&key.text, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known suites: {}; let one command run what belongs together", list(known())),
            };
            findings.invalid(key.place, message, hint);
            whole = false;
            continue;
        };
        match command(node, &format!("tests.{suite}"), findings) {
            Some(command) => _ = suites.insert(suite, command),
            None => whole = false,
        }
    }
    whole.then_some(suites)
}

/// `build:`.
pub(super) fn build(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Option<String>> {
    optional(fields, "build", findings, command)
}

/// A line for a shell.
fn command(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = findings.text(node, what)?.trim();
    let (why, hint) = if text.is_empty() {
        ("is empty", "write the command, or remove the line")
    } else if text.contains(['\n', '\r', '\0']) {
        (
            "has more than one line",
            "put the lines into a script of the platform and name it: `./scripts/build.sh`",
        )
    } else {
        return Some(text.to_owned());
    };
    findings.invalid(node.place, format!("`{what}` {why}"), hint);
    None
}
