//! Collecting everything that is wrong, and walking mappings so that no field goes unseen.

use std::ops::RangeInclusive;

use innominatus_model::{Code, Diagnostic, Severity};

use crate::yaml::{Key, Node, Value};

/// Where something stands in the file; lines and columns from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    /// The file as a whole.
    pub(crate) const FILE: Self = Self { line: 0, column: 0 };
}

/// Which kind of file is read: what messages call it, and under which codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    Manifest,
    GoldenPath,
    Definition,
    Grants,
    Platforms,
    Policy,
    Registries,
    PlatformTest,
}

impl Document {
    /// Whether fields restrict what would be allowed without them: one that is empty is no restriction, and was meant as
    /// one.
    fn restricts(self) -> bool {
        matches!(self, Self::Grants | Self::Platforms | Self::Policy | Self::Registries)
    }

    /// In a sentence.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Manifest => "the manifest",
            Self::GoldenPath => "the golden path",
            Self::Definition => "the resource definition",
            Self::Grants => "the grants file",
            Self::Platforms => "the list of platforms",
            Self::Policy => "the trust policy",
            Self::Registries => "the list of registries",
            Self::PlatformTest => "the test",
        }
    }

    /// Where a path of fields begins.
    fn root(self) -> &'static str {
        match self {
            Self::Manifest => "platform.yaml",
            Self::GoldenPath => "the golden path",
            Self::Definition => "the resource definition",
            Self::Grants => "grants.yaml",
            Self::Platforms => "platforms.yaml",
            Self::Policy => "policy.yaml",
            Self::Registries => "registries.yaml",
            Self::PlatformTest => "the test",
        }
    }

    /// What such a file begins with.
    pub(crate) fn beginning(self) -> &'static str {
        match self {
            Self::Manifest | Self::GoldenPath | Self::Definition => {
                "begin with `apiVersion: innominatus.io/v1`"
            }
            Self::Grants => "begin with `grants:`",
            Self::Platforms => "begin with `platforms:`",
            Self::Policy => "begin with `trust:`",
            Self::Registries => "begin with `hosts:`, `mappings:` or `indexes:`",
            Self::PlatformTest => "begin with `apiVersion: innominatus.io/v1`",
        }
    }

    pub(crate) fn syntax(self) -> Code {
        match self {
            Self::Manifest | Self::GoldenPath | Self::Definition => Code::ManifestSyntax,
            Self::Grants => Code::GrantsSyntax,
            Self::Platforms | Self::Policy | Self::Registries => Code::ConfigSyntax,
            Self::PlatformTest => Code::PlatformTestSyntax,
        }
    }

    pub(crate) fn invalid(self) -> Code {
        match self {
            Self::Manifest | Self::GoldenPath | Self::Definition => Code::ManifestInvalid,
            Self::Grants => Code::GrantsInvalid,
            Self::Platforms => Code::PlatformsInvalid,
            Self::Policy => Code::PolicyInvalid,
            Self::Registries => Code::RegistriesInvalid,
            Self::PlatformTest => Code::PlatformTestInvalid,
        }
    }
}

/// What was found so far in one file.
pub(crate) struct Findings {
    file: String,
    document: Document,
    all: Vec<Diagnostic>,
}

impl Findings {
    pub(crate) fn new(file: &str, document: Document) -> Self {
        Self { file: file.to_owned(), document, all: Vec::new() }
    }

    pub(crate) fn document(&self) -> Document {
        self.document
    }

    /// A rule of this kind of file is broken.
    pub(crate) fn invalid(&mut self, place: Place, message: impl Into<String>, hint: impl IntoHint) {
        self.error(place, self.document.invalid(), message, hint);
    }

    /// A person should look.
    pub(crate) fn doubt(&mut self, place: Place, message: impl Into<String>, hint: impl IntoHint) {
        self.warning(place, self.document.invalid(), message, hint);
    }

    pub(crate) fn error(
        &mut self,
        place: Place,
        code: Code,
        message: impl Into<String>,
        hint: impl IntoHint,
    ) {
        self.add(Severity::Error, place, code, message.into(), hint.into_hint());
    }

    pub(crate) fn warning(
        &mut self,
        place: Place,
        code: Code,
        message: impl Into<String>,
        hint: impl IntoHint,
    ) {
        self.add(Severity::Warning, place, code, message.into(), hint.into_hint());
    }

    fn add(&mut self, severity: Severity, place: Place, code: Code, message: String, hint: Option<String>) {
        let Place { line, column } = place;
        self.all.push(Diagnostic { file: self.file.clone(), line, column, severity, code, message, hint });
    }

    /// Everything, in the order of the file: `Err` if there is an error among it.
    pub(crate) fn finish(mut self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        self.all.sort_by_key(|finding| (finding.line, finding.column));
        let failed = self.all.iter().any(|finding| finding.severity == Severity::Error);
        if failed { Err(self.all) } else { Ok(self.all) }
    }

    /// A field without a value; said once, whoever asks for it.
    fn empty(&mut self, place: Place, what: &str) {
        let message = format!("`{what}` is empty");
        if !self.all.iter().any(|known| (known.line, &known.message) == (place.line, &message)) {
            self.invalid(place, message, "write what it is, or remove the line");
        }
    }

    /// The text of a node. `what` is the field's path, for the message.
    pub(crate) fn text<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a str> {
        match &node.value {
            Value::Text(text) => return Some(text),
            Value::Plain { text, .. } => {
                let message = format!("`{what}` must be text, found {}", node.value.describe());
                let hint = format!("put it in quotes: `\"{}\"`", text.escape_debug());
                self.invalid(node.place, message, hint);
            }
            other => self.wrong_type(node.place, what, "text", other, "write one value after the colon"),
        }
        None
    }

    /// The text of a node that may hold, by mistake, what nobody is to see.
    pub(crate) fn secret_text<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a str> {
        match &node.value {
            Value::Text(text) => Some(text),
            other => {
                let kind = match other {
                    Value::Plain { what, .. } => format!("a {what}"),
                    other => other.describe(),
                };
                let hint = "write the name of a secret, in quotes where it looks like a number";
                self.invalid(node.place, format!("`{what}` must be text, found {kind}"), hint);
                None
            }
        }
    }

    /// A truth value.
    pub(crate) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        match &node.value {
            Value::Plain { text, .. } if text == "true" => Some(true),
            Value::Plain { text, .. } if text == "false" => Some(false),
            other => {
                self.wrong_type(node.place, what, "`true` or `false`", other, "write `true` or `false`");
                None
            }
        }
    }

    /// A whole number in this range.
    pub(crate) fn number(&mut self, node: &Node, what: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let (least, most) = (range.start(), range.end());
        let hint = format!("write a whole number from {least} to {most}");
        let Value::Plain { what: "number", text } = &node.value else {
            self.wrong_type(node.place, what, "a number", &node.value, &hint);
            return None;
        };
        let number = text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("`{what}` is `{}`, which is not allowed", text.escape_debug());
            self.invalid(node.place, message, hint);
        }
        number
    }

    /// The items of a list; nothing at all counts as empty.
    pub(crate) fn list<'a>(&mut self, node: &'a Node, what: &str) -> &'a [Node] {
        match &node.value {
            Value::List(items) => return items,
            Value::Null => {}
            other => {
                let hint = "write each entry below it, beginning with `- `";
                self.wrong_type(node.place, what, "a list", other, hint);
            }
        }
        &[]
    }

    /// The entries of a mapping.
    pub(crate) fn entries<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a [(Key, Node)]> {
        match &node.value {
            Value::Map(entries) => Some(entries),
            other => {
                let hint = "write `name: value` lines below it, indented";
                self.wrong_type(node.place, what, "a mapping", other, hint);
                None
            }
        }
    }

    fn wrong_type(&mut self, place: Place, what: &str, expected: &str, found: &Value, hint: &str) {
        let message = format!("`{what}` must be {expected}, found {}", found.describe());
        self.invalid(place, message, hint);
    }
}

/// A text, or perhaps a text.
pub(crate) trait IntoHint {
    fn into_hint(self) -> Option<String>;
}

impl IntoHint for Option<String> {
    fn into_hint(self) -> Option<String> {
        self
    }
}

impl IntoHint for String {
    fn into_hint(self) -> Option<String> {
        Some(self)
    }
}

impl IntoHint for &str {
    fn into_hint(self) -> Option<String> {
        Some(self.to_owned())
    }
}

/// A mapping with a fixed set of fields: what nobody asks for is unknown.
pub(crate) struct Fields<'a> {
    path: String,
    place: Place,
    entries: &'a [(Key, Node)],
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// `path` is how messages name the mapping; empty for the document itself.
    pub(crate) fn of(node: &'a Node, path: impl Into<String>, findings: &mut Findings) -> Option<Self> {
        let path = path.into();
        let what = if path.is_empty() { findings.document.root() } else { &path };
        let entries = findings.entries(node, what)?;
        Some(Self { path, place: node.place, entries, known: Vec::new() })
    }

    /// The place of the mapping.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// How messages name the mapping.
    pub(crate) fn shown(&self) -> &str {
        &self.path
    }

    /// How messages name a field.
    pub(crate) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The key and value of a field; an empty value counts as absent.
    pub(crate) fn entry(&mut self, name: &'static str) -> Option<(&'a Key, &'a Node)> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        let entry = self.entries.iter().find(|(key, _)| key.text == name);
        entry.map(|(key, node)| (key, node)).filter(|(_, node)| !matches!(node.value, Value::Null))
    }

    /// The value of a field that may be absent.
    pub(crate) fn optional(&mut self, name: &'static str) -> Option<&'a Node> {
        self.entry(name).map(|(_, node)| node)
    }

    /// The value of a field that must be there.
    pub(crate) fn required(
        &mut self,
        name: &'static str,
        hint: impl IntoHint,
        findings: &mut Findings,
    ) -> Option<&'a Node> {
        let found = self.optional(name);
        if found.is_none() {
            let empty = self.entries.iter().find(|(key, _)| key.text == name);
            let place = empty.map_or(self.place, |(key, _)| key.place);
            match empty {
                Some(_) if findings.document.restricts() => findings.empty(place, &self.path(name)),
                Some(_) => findings.invalid(place, format!("`{}` is empty", self.path(name)), hint),
                None => findings.invalid(place, format!("`{}` is missing", self.path(name)), hint),
            }
        }
        found
    }

    /// The text of a field that may be absent.
    pub(crate) fn text(&mut self, name: &'static str, findings: &mut Findings) -> Option<String> {
        let node = self.optional(name)?;
        findings.text(node, &self.path(name)).map(str::to_owned)
    }

    /// Reports every field that was not asked for, with the nearest that is known.
    pub(crate) fn finish(self, findings: &mut Findings) {
        for (key, node) in self.entries {
            if self.known.contains(&key.text.as_str()) {
                if matches!(node.value, Value::Null) && findings.document.restricts() {
                    findings.empty(key.place, &self.path(&key.text));
                }
                continue;
            }
            let message = format!("unknown field `{}`", self.path(&key.text.escape_debug().to_string()));
            let hint = match nearest(&key.text, self.known.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known here: {}", list(self.known.iter().copied())),
            };
            findings.invalid(key.place, message, hint);
        }
    }
}

/// The known word that a written one is likely meant to be.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let flat = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let written = flat(written);
    let scored = known.into_iter().map(|word| (strsim::jaro_winkler(&written, &flat(word)), word));
    scored.filter(|(score, _)| *score >= 0.85).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, word)| word)
}

/// Words in backticks, separated by commas.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
