//! YAML events become a tree. What Score files do not need is refused here: anchors, tags, merge keys,
//! several documents, keys that are not text, more depth or nodes than a person would write.

use std::ops::Range;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};
use indexmap::IndexMap;
use innominatus_model::Code;

use super::scalar::{Meaning, meaning};
use super::{Entry, Node, Place, Value};
use crate::findings::{Findings, escape, show};

/// Levels of nesting.
const DEEPEST: usize = 32;
/// Keys and values together.
const MOST_NODES: usize = 20_000;
/// Bytes of a key: the longest that the schema knows, an annotation with a host name before it.
const LONGEST_KEY: usize = 316;

/// The tree of the one document; `None` if a finding makes going on pointless.
pub(crate) fn parse(text: &str, findings: &mut Findings) -> Option<Node> {
    let mut builder =
        Builder { text, findings, open: Vec::new(), root: None, nodes: 0, documents: 0, refused: false };
    let mut options = granit_parser::options! { emit_unresolved_aliases: true, emit_anchor_events: true };
    options.set_emit_comments(false);
    for event in Parser::new_from_str_with_options(text, options) {
        let went_on = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => Err(builder.syntax(&error)),
        };
        if went_on.is_err() {
            return None;
        }
    }
    builder.finish()
}

/// A collection that is not complete yet.
struct Open {
    at: Place,
    start: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: IndexMap<String, Entry>, key: Option<(String, Place)> },
}

/// The finding is written down; nothing more can be read.
struct Stop;

struct Builder<'a, 'f> {
    text: &'a str,
    findings: &'f mut Findings,
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    documents: usize,
    refused: bool,
}

impl Builder<'_, '_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        let at = place(&span.start);
        match event {
            Event::DocumentStart(..) => self.document(at),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let message = format!("`{}` is a YAML alias", show(span.slice(self.text).unwrap_or("*")));
                self.refuse(at, Code::ScoreAlias, &message, "write the value out");
                self.add(Node::made(at, Value::Null).settled())
            }
            Event::Anchor(_, name) => {
                let message = format!("`&{}` is a YAML anchor", show(&name));
                self.refuse(at, Code::ScoreAlias, &message, "remove it and write each value out");
                Ok(())
            }
            Event::Scalar(value, style, _, tag) => self.scalar(&value, style, tag.as_deref(), &span),
            Event::SequenceStart(_, _, tag) => self.begin(&span, tag.as_deref(), Content::List(Vec::new())),
            Event::MappingStart(_, _, tag) => {
                self.begin(&span, tag.as_deref(), Content::Map { entries: IndexMap::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(bytes(&span).end),
            _ => Ok(()),
        }
    }

    fn document(&mut self, at: Place) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let hint = "keep one workload per file and pass several files";
        self.findings.error(at, Code::ScoreDocuments, "a second YAML document begins here", hint);
        Err(Stop)
    }

    fn begin(&mut self, span: &Span, tag: Option<&Tag>, content: Content) -> Result<(), Stop> {
        let at = place(&span.start);
        self.count(at)?;
        self.check_tag(tag, span);
        if self.expects_key() {
            let hint = "write the key as plain text";
            self.findings.error(at, Code::ScoreSyntax, "a key cannot be a list or a mapping", hint);
            return Err(Stop);
        }
        if self.open.len() == DEEPEST {
            let message = format!("the file is nested deeper than {DEEPEST} levels");
            self.findings.error(at, Code::ScoreBudget, message, "write it flatter");
            return Err(Stop);
        }
        self.open.push(Open { at, start: bytes(span).start, content });
        Ok(())
    }

    fn end(&mut self, end: usize) -> Result<(), Stop> {
        let Open { at, start, content } = self.open.pop().expect("the parser balances its events");
        let value = match content {
            Content::List(items) => Value::List(items),
            Content::Map { entries, .. } => Value::Map(entries),
        };
        self.add(Node { bytes: start..end.max(start), ..Node::made(at, value) })
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Result<(), Stop> {
        let at = place(&span.start);
        self.count(at)?;
        let plain = style == ScalarStyle::Plain;
        // The parser says `~` for what is not written at all.
        let text = if plain && bytes(span).is_empty() { "" } else { text };
        if self.expects_key() {
            self.check_tag(tag, span);
            return self.key(text, plain, at);
        }
        let as_text = tag.is_some_and(|tag| tag.core_suffix() == Some("str") || tag.original() == "!");
        if !as_text {
            self.check_tag(tag, span);
        }
        let mut node = Node {
            bytes: bytes(span),
            plain: plain.then(|| text.to_owned()),
            ..Node::made(at, Value::Text(text.to_owned()))
        };
        if plain && !as_text {
            match meaning(text) {
                Meaning::Text => {}
                Meaning::Null => node.value = Value::Null,
                Meaning::Bool(value) => node.value = Value::Bool(value),
                Meaning::Number(number) => node.value = Value::Number(number),
                Meaning::Doubtful(why, number) => {
                    node.settled = true;
                    self.doubt(at, text, why, number);
                }
            }
        }
        self.add(node)
    }

    fn doubt(&mut self, at: Place, text: &str, why: &str, number: Option<String>) {
        let key = match self.open.last() {
            Some(Open { content: Content::Map { key: Some((key, _)), .. }, .. }) => {
                format!("{}: ", show(key))
            }
            _ => String::new(),
        };
        let mut hint = format!("write `{key}\"{}\"` if it is text", show(text));
        if let Some(number) = number {
            hint.push_str(&format!(", `{key}{}` if it is a number", show(&number)));
        }
        self.findings.error(at, Code::ScoreUnquoted, format!("`{}` without quotes {why}", show(text)), hint);
    }

    fn key(&mut self, text: &str, plain: bool, at: Place) -> Result<(), Stop> {
        if plain && text == "<<" {
            self.refuse(at, Code::ScoreAlias, "`<<` is a YAML merge key", "write the fields out");
        }
        if plain && text.is_empty() {
            self.findings.error(at, Code::ScoreSyntax, "a key is missing before `:`", "name the field");
            return Err(Stop);
        }
        if let Some(message) = too_long(text, "key") {
            self.refuse(at, Code::ScoreBudget, &message, "write a shorter key");
        }
        if let Some(Open { content: Content::Map { key, .. }, .. }) = self.open.last_mut() {
            *key = Some((text.to_owned(), at));
        }
        Ok(())
    }

    fn add(&mut self, node: Node) -> Result<(), Stop> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key }) => match key.take() {
                None => {
                    self.findings.error(
                        node.at,
                        Code::ScoreSyntax,
                        "a key cannot be an alias",
                        "write the key out",
                    );
                    return Err(Stop);
                }
                Some((key, key_at)) => match entries.get(&key) {
                    None => _ = entries.insert(key, Entry { key_at, node }),
                    Some(first) => {
                        let line = first.key_at.line;
                        let message = format!("key `{}` stands twice, first in line {line}", show(&key));
                        let hint = "remove one of the two";
                        self.findings.error(key_at, Code::ScoreDuplicateKey, message, hint);
                    }
                },
            },
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map { key: None, .. }, .. }))
    }

    fn count(&mut self, at: Place) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes <= MOST_NODES {
            return Ok(());
        }
        let message = format!("the file has more than {MOST_NODES} keys and values");
        self.findings.error(at, Code::ScoreBudget, message, "split it into several workloads");
        Err(Stop)
    }

    fn check_tag(&mut self, tag: Option<&Tag>, span: &Span) {
        let Some(tag) = tag else { return };
        let at = span.tag_start().as_ref().map_or(place(&span.start), place);
        let message = format!("`{}` is a YAML tag", show(&tag.original()));
        self.refuse(
            at,
            Code::ScoreSyntax,
            &message,
            "remove it; put text that looks like a number in quotes",
        );
    }

    fn refuse(&mut self, at: Place, code: Code, message: &str, hint: &str) {
        self.refused = true;
        self.findings.error(at, code, message, hint);
    }

    fn syntax(&mut self, error: &ScanError) -> Stop {
        use ErrorKind as K;
        let at = place(error.marker());
        let hint = match error.kind() {
            K::RecursionLimitExceeded => {
                let message = format!("the file is nested deeper than {DEEPEST} levels");
                self.findings.error(at, Code::ScoreBudget, message, "write it flatter");
                return Stop;
            }
            K::TabNotAllowed | K::TabInBlockIndentation | K::TabInIndentation | K::TabAtBlockScalarStart => {
                "indent with spaces; YAML allows no tabs there"
            }
            K::UnclosedQuotedScalar | K::InvalidQuotedScalarIndent => "close the quote that was opened above",
            K::UnclosedFlowCollection { .. } | K::UnexpectedEofFlowMapping | K::UnexpectedEofFlowSequence => {
                "close the bracket that was opened above"
            }
            K::ExpectedFlowMappingSeparator | K::ExpectedFlowSequenceSeparator => {
                "close the bracket that was opened above, or put `,` between its entries"
            }
            K::UnexpectedCharacter { .. } => "put text with special characters in quotes",
            K::UnknownQuotedScalarEscape => "write `\\\\` for a backslash, or use single quotes",
            K::MappingValueNotAllowed | K::InvalidColonPlacement => "put text that holds `: ` in quotes",
            _ => "check the indentation and the quotes of this line and the one above",
        };
        let tab = self
            .text
            .lines()
            .nth((at.line as usize).saturating_sub(1))
            .is_some_and(|line| line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t'));
        let hint = if tab { "indent with spaces; YAML allows no tabs there" } else { hint };
        self.findings.error(at, Code::ScoreSyntax, escape(&error.kind().to_string()), hint);
        Stop
    }

    fn finish(self) -> Option<Node> {
        if self.refused {
            return None;
        }
        match self.root {
            Some(root) if !matches!(root.value, Value::Null) => Some(root),
            _ => {
                let hint = "begin with `apiVersion: score.dev/v1b1`";
                self.findings.error(
                    Place::new(1, 1),
                    Code::ScoreDocuments,
                    "the file holds no YAML document",
                    hint,
                );
                None
            }
        }
    }
}

/// What is wrong with a text that is to be a key; `what` it is called in the file.
pub(crate) fn too_long(key: &str, what: &str) -> Option<String> {
    let over = key.len() > LONGEST_KEY;
    over.then(|| format!("{what} `{}` has {} bytes, more than {LONGEST_KEY}", show(key), key.len()))
}

fn place(marker: &Marker) -> Place {
    Place::new(marker.line(), marker.col() + 1)
}

fn bytes(span: &Span) -> Range<usize> {
    span.byte_range().unwrap_or_default()
}
