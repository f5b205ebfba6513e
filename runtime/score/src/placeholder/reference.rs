//! What stands in a placeholder.

use std::fmt;

use innominatus_model::{Code, Coded};

use crate::findings::show;

/// Where a reference begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// The workload's `metadata`.
    Metadata,
    /// The workload's `resources`.
    Resources,
}

impl Root {
    /// The word as written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Resources => "resources",
        }
    }
}

/// A placeholder that can be read: `${resources.db.host}` has the root `resources` and the path `db`, `host`.
/// Shown as written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Where it begins.
    pub root: Root,
    /// What follows, at least one segment and none empty; `\.` in the text is a dot within a segment.
    pub path: Vec<String>,
}

impl Reference {
    /// Reads what stands between `${` and `}`.
    pub fn parse(inner: &str) -> Result<Self, InvalidPlaceholder> {
        let bad = |make: fn(String) -> InvalidPlaceholder| Err(make(inner.to_owned()));
        if inner.is_empty() {
            return Err(InvalidPlaceholder::Empty);
        }
        if inner.contains("${") {
            return bad(InvalidPlaceholder::Nested);
        }
        let segments = split(inner);
        let root = match segments[0].as_str() {
            "metadata" => Root::Metadata,
            "resources" => Root::Resources,
            first if matches!(first.trim(), "metadata" | "resources") => {
                return bad(InvalidPlaceholder::Space);
            }
            first if segments.len() == 1 && is_shell(first) => return bad(InvalidPlaceholder::Shell),
            _ => return bad(InvalidPlaceholder::UnknownRoot),
        };
        let path = segments[1..].to_vec();
        if path.is_empty() {
            return bad(InvalidPlaceholder::NoKey);
        }
        if path.iter().any(|segment| segment.is_empty()) {
            return bad(InvalidPlaceholder::EmptySegment);
        }
        if path.iter().any(|segment| segment.trim() != segment) {
            return bad(InvalidPlaceholder::Space);
        }
        Ok(Self { root, path })
    }

    /// The name of the resource it refers to, if it refers to one.
    pub fn resource(&self) -> Option<&str> {
        match self.root {
            Root::Resources => self.path.first().map(String::as_str),
            Root::Metadata => None,
        }
    }

    /// What it wants of that resource; empty for the resource itself (`${resources.data}`).
    pub fn output(&self) -> &[String] {
        match self.root {
            Root::Resources => self.path.get(1..).unwrap_or_default(),
            Root::Metadata => &[],
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{{}", self.root.as_str())?;
        for segment in &self.path {
            write!(f, ".{}", segment.replace('.', "\\."))?;
        }
        f.write_str("}")
    }
}

/// At dots, except after a backslash. Never empty.
fn split(inner: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        let last = segments.last_mut().expect("it begins with one segment");
        match c {
            '\\' if chars.peek() == Some(&'.') => last.extend(chars.next()),
            '.' => segments.push(String::new()),
            c => last.push(c),
        }
    }
    segments
}

/// `FOO`, `FOO:-x`, `FOO%%x`, `#FOO`, `1`, `@`: what shells understand.
fn is_shell(text: &str) -> bool {
    let text = text.strip_prefix(['#', '!']).unwrap_or(text);
    let name: usize =
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').map(char::len_utf8).sum();
    if name == 0 {
        return matches!(text, "@" | "*" | "?" | "$" | "-");
    }
    text[name..].is_empty()
        || text[name..].starts_with([':', '-', '=', '?', '+', '#', '%', '/', '^', ',', '[', '@'])
}

/// Why a placeholder cannot be read. Carries what stands between `${` and `}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlaceholder {
    /// `${` without `}`; carries the rest of the text.
    #[error("`{}` is never closed", show(.0))]
    Unclosed(String),
    /// `${}`.
    #[error("`${{}}` is empty")]
    Empty,
    /// `${…${…}`.
    #[error("`${{{}}}` holds another placeholder", show(.0))]
    Nested(String),
    /// `${ resources.db.host }`.
    #[error("`${{{}}}` holds white space", show(.0))]
    Space(String),
    /// `${resources}`.
    #[error("`${{{}}}` ends after its root", show(.0))]
    NoKey(String),
    /// `${resources..host}`.
    #[error("`${{{}}}` has an empty segment", show(.0))]
    EmptySegment(String),
    /// `${HOME}`, `${PORT:-8080}`.
    #[error("`${{{}}}` looks like a shell variable", show(.0))]
    Shell(String),
    /// `${db.host}`.
    #[error("`${{{}}}` begins with neither `metadata` nor `resources`", show(.0))]
    UnknownRoot(String),
}

impl InvalidPlaceholder {
    /// Whether it was probably meant for another reader than Score: it begins with none of Score's roots.
    pub(crate) fn is_foreign(&self) -> bool {
        match self {
            Self::Unclosed(_) | Self::Empty | Self::Nested(_) | Self::Shell(_) | Self::UnknownRoot(_) => true,
            Self::Space(_) | Self::NoKey(_) | Self::EmptySegment(_) => false,
        }
    }
}

impl Coded for InvalidPlaceholder {
    fn code(&self) -> Code {
        match self {
            Self::Shell(_) => Code::PlaceholderShell,
            Self::UnknownRoot(_) => Code::PlaceholderRoot,
            _ => Code::PlaceholderSyntax,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Unclosed(_) => "close it with `}`, or write `$${` if it is text".into(),
            Self::Empty => "write `$${}` if it is text".into(),
            Self::Nested(_) => "write one placeholder after the other; they cannot be nested".into(),
            Self::Space(inner) => {
                let bare: String = inner.chars().filter(|c| !c.is_whitespace()).collect();
                format!("write `${{{}}}`", show(&bare))
            }
            Self::NoKey(inner) if inner == "metadata" => "say which key, such as `${metadata.name}`".into(),
            Self::NoKey(_) => "say which resource and output, such as `${resources.db.host}`".into(),
            Self::EmptySegment(_) => {
                "write one `.` between two names, and `\\.` for a dot within a name".into()
            }
            Self::Shell(inner) => {
                let shown = show(inner);
                format!(
                    "write `$${{{shown}}}` to leave it to a shell, or refer to `${{resources.<name>.<output>}}`"
                )
            }
            Self::UnknownRoot(inner) => {
                let shown = show(inner);
                format!(
                    "refer to `${{resources.<name>.<output>}}` or `${{metadata.<key>}}`; `$${{{shown}}}` is text"
                )
            }
        })
    }
}
