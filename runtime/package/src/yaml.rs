//! YAML as a tree that knows where each part stands, read within limits.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::{MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Error, Location, Options, Spanned};

use crate::findings::{Document, Findings, Place};

/// How many bytes a manifest, or another file that people write, may have: 1 MiB.
pub const MANIFEST_LIMIT: usize = 1024 * 1024;

/// Far more than any file of ours needs.
const DEPTH_LIMIT: usize = 32;

/// One part of a YAML document.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// What a part is.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    /// A plain `true`, `1` or `1.5`, with the text as written.
    Plain {
        what: &'static str,
        text: String,
    },
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The key of an entry.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) text: String,
}

impl Value {
    /// For "expected …, found {this}".
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".into(),
            Self::Plain { what, text } => format!("the {what} `{}`", text.escape_debug()),
            Self::Text(_) => "text".into(),
            Self::List(_) => "a list".into(),
            Self::Map(_) => "a mapping".into(),
        }
    }
}

/// Reads one document. What is wrong with it as YAML goes to `findings`.
pub(crate) fn read(bytes: &[u8], findings: &mut Findings) -> Option<Node> {
    let document = findings.document();
    let (syntax, noun) = (document.syntax(), document.noun());
    if bytes.len() > MANIFEST_LIMIT {
        let hint = "keep texts short; what is not about the platform belongs in other files";
        findings.error(Place::FILE, syntax, format!("{noun} has more than 1 MiB"), hint);
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            let place = Place { line: u32::try_from(line).unwrap_or(0), column: 1 };
            findings.error(place, syntax, format!("{noun} is not UTF-8 text"), "save it as UTF-8");
            return None;
        }
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options()) {
        Ok(raw) => Some(Node::from_raw(raw, text)),
        Err(error) => {
            let (message, hint) = explain(&error, document);
            findings.error(place(error.location()), syntax, message, hint);
            None
        }
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH_LIMIT,
            // Above the depth, so that one limit speaks for both notations.
            flow_nesting_limit: 2 * DEPTH_LIMIT,
            max_nodes: 50_000,
            max_aliases: 0,
            max_anchors: 0,
        },
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        reject_unsupported_tags: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    }
}

/// What is wrong, and what to write instead.
fn explain(error: &Error, document: Document) -> (String, &'static str) {
    let noun = document.noun();
    let of = |text: &str, hint| (format!("{noun} {text}"), hint);
    let too_deep = of("is nested too deeply", "no part of it needs more than eight levels");
    match error {
        Error::Eof { .. } => of("is empty", document.beginning()),
        Error::MultipleDocuments { .. } => {
            of("holds more than one YAML document", "keep one document: remove the `---` between them")
        }
        Error::Budget { breach: BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. }, .. }
        | Error::UnknownAnchor { .. } => of(
            "uses YAML anchors or aliases",
            match document {
                Document::PlatformTest => "write the value out where it is needed",
                Document::Manifest | Document::GoldenPath | Document::Definition => {
                    "write the value out where it is needed; put a text that begins with `*` or `&` in quotes"
                }
                // What a bare star is taken for.
                Document::Grants => "write the value out; put a host that begins with `*` in quotes",
                _ => "write the value out; put a text that begins with `*` in quotes",
            },
        ),
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => too_deep,
        Error::Budget { .. } => {
            of("is larger than such a file can be", "remove what is not about the platform")
        }
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?").escape_debug();
            (format!("the key `{key}` stands twice in one mapping"), "keep one of them")
        }
        other => {
            // The parser's own words, without the place, which the finding has.
            let words = other.render_with_formatter(&serde_saphyr::UserMessageFormatter);
            let words = words.split(" at line ").next().unwrap_or_default();
            if words.contains("recursion limit") {
                return too_deep;
            }
            let known = [
                ("tab", "indent with spaces; YAML allows no tabs there"),
                ("tag", "remove the tag: the part that begins with `!`"),
                ("string scalar", "write each key as a plain word"),
                ("null", "write each key as a plain word"),
            ];
            let hint = known.into_iter().find(|(word, _)| words.contains(word)).map_or(
                "look at indentation, quotes and brackets in this line and the one above",
                |(_, hint)| hint,
            );
            (format!("not well-formed YAML: {words}"), hint)
        }
    }
}

fn place(location: Option<Location>) -> Place {
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    location.map_or(Place::FILE, |at| Place { line: number(at.line()), column: number(at.column()) })
}

/// What the YAML reader hands over, before places and texts are put together.
enum Raw {
    Null,
    Plain(&'static str),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl Node {
    fn from_raw(raw: Spanned<Raw>, source: &str) -> Self {
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Plain(what) => Value::Plain { what, text: written(&raw.referenced, source).to_owned() },
            Raw::Text(text) => Value::Text(text),
            Raw::List(items) => {
                Value::List(items.into_iter().map(|item| Self::from_raw(item, source)).collect())
            }
            Raw::Map(entries) => {
                let entry = |(key, value): (Spanned<String>, _)| {
                    let key = Key { place: place(Some(key.referenced)), text: key.value };
                    (key, Self::from_raw(value, source))
                };
                Value::Map(entries.into_iter().map(entry).collect())
            }
        };
        Self { place: place(Some(raw.referenced)), value }
    }
}

fn written<'a>(location: &Location, source: &'a str) -> &'a str {
    let span = location.span();
    let range = || {
        let start = usize::try_from(span.byte_offset()?).ok()?;
        let length = usize::try_from(span.byte_len()?).ok()?;
        source.get(start..start.checked_add(length)?)
    };
    range().unwrap_or_default()
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Plain("truth value"))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Plain("number"))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Plain("number"))
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Plain("number"))
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Plain("number"))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Plain("number"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}
