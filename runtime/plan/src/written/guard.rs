//! What a template may not do, found in its tokens: whatever makes texts grow by themselves. The engine counts
//! instructions, not bytes; without these, a text is never longer than a value, or than what a filter of ours allows.

use std::collections::BTreeSet;

use minijinja::machinery::{Token, WhitespaceConfig, tokenize};

use super::filters::{FILTERS, TESTS};

/// What is wrong, in which line of the template (from 1). The error is a fragment.
pub(super) fn check(template: &str) -> Result<(), (usize, String)> {
    let mut state = Guard::default();
    for token in tokenize(template, false, Default::default(), WhitespaceConfig::default()) {
        let (token, span) =
            token.map_err(|error| (error.line().unwrap_or(0), super::template::words(&error)))?;
        state.see(&token).map_err(|what| (usize::from(span.start_line), what))?;
    }
    Ok(())
}

/// Words that begin a block and stand for something that keeps its output, or another template.
const BLOCKS: &[(&str, &str)] = &[
    ("macro", "write it out where it is needed"),
    ("call", "write it out where it is needed"),
    ("filter", "apply the filter to a value: `{{ value | upper }}`"),
    ("include", "write it out: a golden path has no other templates"),
    ("import", "write it out: a golden path has no other templates"),
    ("from", "write it out: a golden path has no other templates"),
    ("extends", "write it out: a golden path has no other templates"),
    ("block", "write it out: a golden path has no other templates"),
    ("autoescape", "use a filter: `json`, `yaml`, `dotenv` or `shell`"),
];

#[derive(Default)]
struct Guard {
    /// The word that the current block begins with.
    block: Option<String>,
    begins: bool,
    depth: usize,
    assigned: bool,
    /// What the next word is.
    next: Next,
}

#[derive(Default, PartialEq, Clone, Copy)]
enum Next {
    #[default]
    Anything,
    Filter,
    Test,
}

impl Guard {
    fn see(&mut self, token: &Token<'_>) -> Result<(), String> {
        let next = std::mem::take(&mut self.next);
        match token {
            Token::BlockStart => *self = Self { begins: true, ..Self::default() },
            Token::BlockEnd => {
                if self.block.as_deref() == Some("set") && !self.assigned {
                    return Err("`set` without `=` is not allowed; write `{% set name = value %}`".into());
                }
                *self = Self::default();
            }
            Token::Ident(word) if self.begins => {
                self.begins = false;
                if let Some((_, instead)) = BLOCKS.iter().find(|(known, _)| known == word) {
                    return Err(format!("`{word}` is not allowed; {instead}"));
                }
                self.block = Some((*word).to_owned());
            }
            Token::Ident("recursive") if self.block.as_deref() == Some("for") && self.depth == 0 => {
                return Err("`recursive` is not allowed; write one loop in another".into());
            }
            Token::Ident(word) if next == Next::Filter => known(word, "filter", FILTERS)?,
            Token::Ident("not") if next == Next::Test => self.next = Next::Test,
            Token::Ident(word) if next == Next::Test => known(word, "test", TESTS)?,
            Token::Ident("is") => self.next = Next::Test,
            Token::Pipe => self.next = Next::Filter,
            Token::Assign if self.depth == 0 => self.assigned = true,
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => self.depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                self.depth = self.depth.saturating_sub(1);
            }
            Token::Tilde | Token::Plus | Token::Mul | Token::Pow => {
                return Err("`~`, `+`, `*` and `**` are not allowed; write one value after the other, or use the filter \
                     `join`"
                    .into());
            }
            _ => {}
        }
        Ok(())
    }
}

fn known(word: &str, what: &str, known: &[&str]) -> Result<(), String> {
    if known.contains(&word) {
        return Ok(());
    }
    let nearest = known.iter().map(|known| (strsim::jaro_winkler(word, known), known));
    let nearest = nearest.filter(|(score, _)| *score >= 0.85).max_by(|a, b| a.0.total_cmp(&b.0));
    Err(match nearest {
        Some((_, near)) => format!("there is no {what} `{}`; did you mean `{near}`?", word.escape_debug()),
        None => {
            let listed: Vec<_> = known.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
            format!("there is no {what} `{}`; there are {}", word.escape_debug(), listed.join(", "))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_grow_is_refused_where_it_stands() {
        for (template, word) in [
            ("\n{{ a ~ a }}", "`~`"),
            ("\n{{ {'a': {'b': 1}} + x }}", "`+`"),
            ("\n{% set x = [1, 2 * 3] %}", "`*`"),
            ("\n{{ 2 ** 9 }}", "`**`"),
            ("\n{% set x %}{{ a }}{% endset %}", "`set`"),
            ("\n{%- set x | indent(width=3) %}{% endset %}", "`set`"),
            ("\n{% macro f(x) %}{% endmacro %}", "`macro`"),
            ("\n{%+ filter upper %}{% endfilter %}", "`filter`"),
            ("\n{% for x in y recursive %}{% endfor %}", "`recursive`"),
            ("\n{% include 'x' %}", "`include`"),
            ("\n{{ x | tojsn }}", "did you mean `tojson`"),
            ("\n{{ x is not defind }}", "did you mean `defined`"),
        ] {
            let (line, message) = check(template).unwrap_err();
            assert!(line == 2 && message.contains(word), "{template}: {line} {message}");
        }
    }

    #[test]
    fn what_is_text_or_cannot_grow_is_fine() {
        for template in [
            "a ~ b + c * d",
            "{{ 'a ~ b' }}{# {{ a ~ b }} #}{%- set x = {'recursive': a == b} -%}{%+ if x is not none %}{% endif %}",
            "{% raw %}{{ a ~ b }}{% endraw %}{{ xs | selectattr('type', 'eq', 'dns') | map(attribute='name') | join(',') }}",
        ] {
            assert_eq!(check(template), Ok(()), "{template}");
        }
    }
}
