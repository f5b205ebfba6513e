//! Placeholders of written golden paths: `${parameters.size}`, `${application}`, `${need.params.size}`. Those of Score
//! (`${resources.…}`, `${metadata.…}`) and escapes (`$$`, `$${…}`) are kept apart, because Score reads them later.

use std::fmt;

/// One part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text without anything special in it.
    Text(&'a str),
    /// `$$` or `$${…}`, as written.
    Escape(&'a str),
    /// A placeholder of Score, as written.
    Score(&'a str),
    /// A placeholder that is filled when steps are made.
    Value(Source),
}

/// Where a value comes from. Paths have at least one segment, and none is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `${parameters.a.b}`
    Parameter(Vec<String>),
    /// `${application}`
    Application,
    /// `${environment}`
    Environment,
    /// `${tenant}`
    Tenant,
    /// `${need.name}`
    NeedName,
    /// `${need.params.a.b}`
    NeedParam(Vec<String>),
}

/// As written.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (root, path): (&str, &[String]) = match self {
            Self::Parameter(path) => ("parameters", path),
            Self::Application => ("application", &[]),
            Self::Environment => ("environment", &[]),
            Self::Tenant => ("tenant", &[]),
            Self::NeedName => ("need.name", &[]),
            Self::NeedParam(path) => ("need.params", path),
        };
        write!(f, "${{{root}")?;
        for segment in path {
            write!(f, ".{}", segment.replace('.', "\\.").escape_debug())?;
        }
        f.write_str("}")
    }
}

/// Why a placeholder cannot be read. Carries what it is, as written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPlaceholder {
    /// `${` without `}`.
    #[error("`{}` is never closed", shown(.0))]
    Unclosed(String),
    /// It begins with a word that is not known.
    #[error("`{}` is not a placeholder of golden paths", shown(.0))]
    Unknown(String),
}

impl BadPlaceholder {
    /// What to write instead.
    pub fn remedy(&self) -> String {
        match self {
            Self::Unclosed(_) => "close it with `}`, or write `$${` if it is text".into(),
            Self::Unknown(_) => {
                "write `${parameters.<name>}`, `${application}`, `${environment}`, `${tenant}`, \
                 `${need.name}` or `${need.params.<name>}`; `$${…}` is text"
                    .into()
            }
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect::<String>().escape_debug().to_string()
}

/// The parts of a text, from left to right; together they are the text.
pub fn parts(text: &str) -> Result<Vec<Part<'_>>, BadPlaceholder> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        let (before, at) = rest.split_at(dollar);
        if !before.is_empty() {
            found.push(Part::Text(before));
        }
        let (length, part) = special(at)?;
        found.push(part);
        rest = &at[length..];
    }
    if !rest.is_empty() {
        found.push(Part::Text(rest));
    }
    Ok(found)
}

/// What begins with this dollar sign, and how many bytes it has.
fn special(at: &str) -> Result<(usize, Part<'_>), BadPlaceholder> {
    if let Some(escaped) = at.strip_prefix("$$") {
        let length = match escaped.strip_prefix('{').and_then(|inner| inner.find('}')) {
            Some(end) => end + 4,
            None => 2,
        };
        return Ok((length, Part::Escape(&at[..length])));
    }
    let Some(inner) = at.strip_prefix("${") else { return Ok((1, Part::Text(&at[..1]))) };
    let Some(end) = inner.find('}') else { return Err(BadPlaceholder::Unclosed(at.to_owned())) };
    let (whole, inner) = (&at[..end + 3], &inner[..end]);
    let root = inner.split('.').next().unwrap_or_default();
    let part = if matches!(root, "resources" | "metadata") && inner.len() > root.len() {
        Part::Score(whole)
    } else {
        Part::Value(source(inner).ok_or_else(|| BadPlaceholder::Unknown(whole.to_owned()))?)
    };
    Ok((whole.len(), part))
}

fn source(inner: &str) -> Option<Source> {
    let segments = segments(inner);
    if segments.iter().any(|segment| segment.is_empty() || segment.trim() != segment) {
        return None;
    }
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    let owned = |path: &[&str]| path.iter().map(|&segment| segment.to_owned()).collect();
    Some(match words.as_slice() {
        ["application"] => Source::Application,
        ["environment"] => Source::Environment,
        ["tenant"] => Source::Tenant,
        ["parameters", path @ ..] if !path.is_empty() => Source::Parameter(owned(path)),
        ["need", "name"] => Source::NeedName,
        ["need", "params", path @ ..] if !path.is_empty() => Source::NeedParam(owned(path)),
        _ => return None,
    })
}

/// At dots; `\.` is a dot within a segment, as in Score.
fn segments(inner: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, segments.last_mut()) {
            ('\\', Some(last)) if chars.peek() == Some(&'.') => last.extend(chars.next()),
            ('.', _) => segments.push(String::new()),
            (c, Some(last)) => last.push(c),
            (_, None) => {}
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_into_what_is_filled_now_and_what_is_left() {
        let parameter = |path: &[&str]| {
            Part::Value(Source::Parameter(path.iter().map(|&segment| segment.to_owned()).collect()))
        };
        let text = "a${parameters.x\\.y.z}$$$${b}${resources.db.host}${metadata.name}$5${need.name}";
        let expected = [
            Part::Text("a"),
            parameter(&["x.y", "z"]),
            Part::Escape("$$"),
            Part::Escape("$${b}"),
            Part::Score("${resources.db.host}"),
            Part::Score("${metadata.name}"),
            Part::Text("$"),
            Part::Text("5"),
            Part::Value(Source::NeedName),
        ];
        assert_eq!(parts(text).unwrap(), expected);
        assert_eq!(parts("").unwrap(), []);
    }

    #[test]
    fn what_is_no_placeholder_is_refused() {
        for bad in [
            "${}",
            "${HOME}",
            "${parameters}",
            "${parameters.}",
            "${ application }",
            "${need}",
            "${need.id}",
            "${need.params}",
            "${application.name}",
            "${resources}",
        ] {
            assert_eq!(parts(bad), Err(BadPlaceholder::Unknown(bad.to_owned())));
        }
        assert_eq!(parts("a ${parameters.x"), Err(BadPlaceholder::Unclosed("${parameters.x".to_owned())));
    }
}
