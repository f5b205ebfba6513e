//! Texts over several lines: base64 is broken after 64 or 76 digits by many writers, and what is inside of it is none
//! the less there.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use super::REDACTED;

/// The text without what `forms` finds across its line breaks, if there is any. What stands on one line is left to
/// others.
pub(super) fn without(forms: &AhoCorasick, text: &str) -> Option<String> {
    let joined = Joined::of(text)?;
    let mut out = String::new();
    let mut from = 0;
    for found in forms.find_iter(&joined.text) {
        let (start, end) = (joined.origin(found.start()), joined.origin(found.end() - 1) + 1);
        if end - start == found.len() {
            continue;
        }
        out.push_str(&text[from..start]);
        out.push_str(REDACTED);
        from = end;
    }
    (from > 0).then(|| out + &text[from..])
}

/// A text as if it were one line.
struct Joined {
    text: String,
    /// Where each piece begins: in the one line, and in the text.
    pieces: Vec<(usize, usize)>,
}

impl Joined {
    /// None if it is one line.
    fn of(text: &str) -> Option<Self> {
        // As they are, and escaped in a string; with the indentation that follows.
        static BREAK: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"(?:(?:[\r\n]|\\+[rn])[ \t]*)+").ok());
        let mut breaks = BREAK.as_ref()?.find_iter(text).peekable();
        breaks.peek()?;
        let mut joined = Self { text: String::with_capacity(text.len()), pieces: Vec::new() };
        let mut from = 0;
        for found in breaks {
            joined.add(text, from..found.start());
            from = found.end();
        }
        joined.add(text, from..text.len());
        Some(joined)
    }

    fn add(&mut self, text: &str, piece: Range<usize>) {
        self.pieces.push((self.text.len(), piece.start));
        self.text.push_str(&text[piece]);
    }

    fn origin(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|(start, _)| *start <= at) - 1;
        let (start, origin) = self.pieces[piece];
        origin + at - start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_into_lines_is_found_and_the_rest_stays() {
        let forms = AhoCorasick::new(["abcdefgh", "whole"]).unwrap();
        for (text, expected) in [
            ("x abc\ndefgh y", "x [redacted] y"),
            ("x ab\r\n  cdef\r\n  gh\ny whole", "x [redacted]\ny whole"),
            (r#""x ab\ncdef\r\ngh y""#, r#""x [redacted] y""#),
            (r#""\"x ab\\ncdefgh y\"""#, r#""\"x [redacted] y\"""#),
        ] {
            assert_eq!(without(&forms, text).as_deref(), Some(expected), "{text:?}");
        }
        for text in ["abcdefgh", "abcdef\n", "abc def\ngh", ""] {
            assert_eq!(without(&forms, text), None, "{text:?}");
        }
    }
}
