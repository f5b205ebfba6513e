//! A text with placeholders, split in one pass.

use std::fmt;

/// A text split at its placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Segment>);

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// As it stands, escapes undone.
    Text(String),
    /// `${…}`
    Reference(Reference),
}

/// The inside of `${…}`, split at dots; `\.` is a dot in a part.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference(Vec<String>);

/// A `${` without `}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{rest}` begins a placeholder that does not end; write `$$` for a literal `$`")]
pub struct SyntaxError {
    /// From the `${` on, shortened.
    pub rest: String,
}

impl Template {
    /// Splits. `$$` is a literal `$`, `$${x}` a literal `${x}`; a `$` before anything else stands for itself.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut segments = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            literal.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(inside) = rest.strip_prefix("${") {
                let Some(end) = inside.find('}') else {
                    return Err(SyntaxError { rest: rest.chars().take(40).collect() });
                };
                if !literal.is_empty() {
                    segments.push(Segment::Text(std::mem::take(&mut literal)));
                }
                segments.push(Segment::Reference(Reference::parse(&inside[..end])));
                rest = &inside[end + 1..];
            } else {
                literal.push('$');
                rest = rest.strip_prefix("$$").unwrap_or(&rest[1..]);
                // The escape covers the braces too: what is inside is not looked at.
                if literal_braces(text, rest)
                    && let Some(end) = rest.find('}')
                {
                    literal.push_str(&rest[..=end]);
                    rest = &rest[end + 1..];
                }
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            segments.push(Segment::Text(literal));
        }
        Ok(Self(segments))
    }

    /// The parts, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The references, in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Reference(reference) => Some(reference),
            Segment::Text(_) => None,
        })
    }

    /// The reference, if the text is one reference and nothing else.
    pub fn sole_reference(&self) -> Option<&Reference> {
        match self.0.as_slice() {
            [Segment::Reference(reference)] => Some(reference),
            _ => None,
        }
    }
}

/// Whether `rest` stands right behind `$$` and begins with a brace.
fn literal_braces(text: &str, rest: &str) -> bool {
    rest.starts_with('{') && text[..text.len() - rest.len()].ends_with("$$")
}

impl Reference {
    fn parse(inside: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut characters = inside.chars().peekable();
        while let Some(character) = characters.next() {
            let last = parts.last_mut().expect("there is always a part");
            match character {
                '\\' if characters.peek() == Some(&'.') => last.extend(characters.next()),
                '.' => parts.push(String::new()),
                other => last.push(other),
            }
        }
        Self(parts)
    }

    /// The reference of the first `parts` parts.
    #[must_use]
    pub fn prefix(&self, parts: usize) -> Self {
        Self(self.0.iter().take(parts).cloned().collect())
    }

    /// The parts between the dots; at least one.
    pub fn parts(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.0.iter().map(|part| part.replace('.', "\\.")).collect();
        write!(f, "${{{}}}", parts.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let template = Template::parse(text).unwrap();
        let segments = template.segments().iter().map(|segment| match segment {
            Segment::Text(text) => format!("[{text}]"),
            Segment::Reference(reference) => format!("<{}>", reference.parts().join("|")),
        });
        segments.collect()
    }

    #[test]
    fn escapes_are_undone_in_one_pass() {
        let cases = [
            ("", ""),
            ("plain", "[plain]"),
            ("$", "[$]"),
            ("$x", "[$x]"),
            ("$$", "[$]"),
            ("$$$", "[$$]"),
            ("$$$$", "[$$]"),
            ("$${a.b}", "[${a.b}]"),
            ("$$_$${fizz}", "[$_${fizz}]"),
            ("$$${metadata.name}", "[$]<metadata|name>"),
            ("$$$${a}", "[$${a}]"),
            ("${metadata.name}", "<metadata|name>"),
            ("a${metadata.name}b$${c}", "[a]<metadata|name>[b${c}]"),
            ("${metadata.annotations.a\\.b/c}", "<metadata|annotations|a.b/c>"),
            ("${}", "<>"),
            ("$${open", "[${open]"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn an_open_brace_is_an_error() {
        let error = Template::parse("a ${resources.db").unwrap_err();
        assert_eq!(error.rest, "${resources.db");
    }

    #[test]
    fn a_reference_is_shown_as_written() {
        let template = Template::parse("${metadata.a\\.b.c}").unwrap();
        assert_eq!(template.sole_reference().unwrap().to_string(), "${metadata.a\\.b.c}");
    }
}
