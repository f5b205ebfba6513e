//! Patterns for texts with slashes: `*` stands for anything within a part, `**` for anything.

use std::fmt;

/// A pattern. Everything but stars stands for itself; a text matches as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glob(String);

impl Glob {
    /// Takes any text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text is one of those that are meant.
    pub fn matches(&self, text: &str) -> bool {
        matches(self.0.as_bytes(), text.as_bytes())
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// By a table of what can be reached, so that no pattern takes long: pattern times text, whatever the stars.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    // Whether the pattern up to here matches the text up to each place.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        let stars = pattern[at..].iter().take_while(|byte| **byte == b'*').count();
        if stars == 0 {
            for place in (1..=text.len()).rev() {
                reached[place] = reached[place - 1] && text[place - 1] == pattern[at];
            }
            reached[0] = false;
            at += 1;
            continue;
        }
        for place in 1..=text.len() {
            let crosses = stars > 1 || text[place - 1] != b'/';
            reached[place] = reached[place] || (reached[place - 1] && crosses);
        }
        at += stars;
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_stays_in_its_part_and_two_go_on() {
        for (pattern, text, expected) in [
            ("a/*", "a/b", true),
            ("a/*", "a/", true),
            ("a/*", "a/b/c", false),
            ("a/**", "a/b/c", true),
            ("a/**/c", "a/b/b/c", true),
            ("a*c", "abc", true),
            ("a*c", "ab/c", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("**", "a/b", true),
            ("refs/tags/*", "refs/tags/v1", true),
            ("refs/tags/v1", "refs/tags/v1.0", false),
            ("a", "aa", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_long_time() {
        let pattern = "*a".repeat(500);
        assert!(!Glob::new(pattern).matches(&"a".repeat(499)));
    }
}
