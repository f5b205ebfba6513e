//! Replaces what differs from run to run, so that a transcript of the command line can be a golden.

use std::collections::HashMap;
use std::path::Path;

use regex::{Captures, Regex};

/// What is recognised, in the order in which it is tried. The name is the placeholder's.
const PATTERNS: &[(&str, &str)] = &[
    // A path ends where a sentence, a quotation or a table cell goes on.
    ("tmp", r#"(?:/private)?(?:/var/folders|/var/tmp|/tmp|/dev/shm)/[^\s'"`,:;)\]}>]+"#),
    ("digest", r"\bsha256:[0-9a-f]{12,64}\b"),
    ("time", r"\b\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"),
    ("id", r"\b(?P<prefix>res|app|plan|run|evt)_[0-9a-f]{32}\b"),
    ("token", r"inmt[a-z2-7]{52}"),
    // The blanks after a duration pad a column: their number depends on it.
    ("duration", r"\b(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d)(?: |\b))+(?P<pad> *)"),
];

/// Replaces ids, digests, tokens and paths of temporary folders by placeholders numbered by first
/// occurrence (`<res-1>`, `<digest-2>`, `<tmp-1>`): the same value gets the same placeholder for as long as
/// the redactor lives. Timestamps and durations become `<time>` and `<duration>` without a number, because
/// whether two of them are equal depends on the clock. Blanks at line ends are dropped.
#[derive(Debug)]
pub struct Redactor {
    pattern: Regex,
    known: Vec<(String, String)>,
    placeholders: HashMap<String, String>,
    counts: HashMap<String, usize>,
}

impl Redactor {
    /// Knows the patterns and no values yet.
    pub fn new() -> Self {
        let alternatives: Vec<_> =
            PATTERNS.iter().map(|(name, pattern)| format!("(?P<{name}>{pattern})")).collect();
        let pattern = Regex::new(&alternatives.join("|")).expect("the patterns are constant");
        Self { pattern, known: Vec::new(), placeholders: HashMap::new(), counts: HashMap::new() }
    }

    /// Also replaces this very text, before anything else: `with("4711", "<port>")`.
    pub fn with(mut self, text: impl Into<String>, placeholder: impl Into<String>) -> Self {
        self.known.push((text.into(), placeholder.into()));
        // A path that contains another known path goes first.
        self.known.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        self
    }

    /// Also replaces this path, as written and as the file system resolves it.
    pub fn with_path(self, path: impl AsRef<Path>, placeholder: impl Into<String>) -> Self {
        let path = path.as_ref();
        let placeholder = placeholder.into();
        let resolved = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        self.with(path.to_string_lossy(), placeholder.clone()).with(resolved.to_string_lossy(), placeholder)
    }

    /// The text with placeholders.
    pub fn redact(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (known, placeholder) in &self.known {
            text = text.replace(known.as_str(), placeholder);
        }
        let Self { pattern, placeholders, counts, .. } = self;
        let text = pattern.replace_all(&text, |found: &Captures<'_>| {
            if found.name("time").is_some() {
                return "<time>".to_owned();
            }
            if found.name("duration").is_some() {
                // One blank parts words and stands; more are padding.
                let whole = &found[0];
                let blanks = whole.len() - whole.trim_end_matches(' ').len();
                return format!("<duration>{}", " ".repeat(blanks.min(2)));
            }
            let kind = match found.name("prefix") {
                Some(prefix) => prefix.as_str(),
                None => PATTERNS
                    .iter()
                    .map(|(name, _)| *name)
                    .find(|name| found.name(name).is_some())
                    .expect("an alternative matched"),
            };
            placeholders
                .entry(found[0].to_owned())
                .or_insert_with(|| {
                    let count = counts.entry(kind.to_owned()).or_default();
                    *count += 1;
                    format!("<{kind}-{count}>")
                })
                .clone()
        });
        let trimmed: Vec<_> = text.split('\n').map(str::trim_end).collect();
        trimmed.join("\n")
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RES: &str = "res_0192f0c1d2e37abc8def0123456789ab";
    const OTHER: &str = "res_0192f0c1d2e37abc8def0123456789ac";
    const RUN: &str = "run_0192f0c1d2e37abc8def0123456789ab";

    #[test]
    fn the_same_value_keeps_its_number() {
        let mut redactor = Redactor::new();
        let text = format!("{OTHER} {RES} {RUN} {OTHER}.");
        assert_eq!(redactor.redact(&text), "<res-1> <res-2> <run-1> <res-1>.");
        assert_eq!(redactor.redact(RES), "<res-2>");
    }

    #[test]
    fn digests_times_tokens_and_temporary_paths_are_replaced() {
        let digest = format!("sha256:{}", "0f".repeat(32));
        let token = format!("inmt{}", "a2".repeat(26));
        let text = format!(
            "at 2026-11-20T23:48:01.5Z {digest} `{token}` in /tmp/.tmpX1/home/store, '/tmp/.tmpX1/home/store'"
        );
        assert_eq!(Redactor::new().redact(&text), "at <time> <digest-1> `<token-1>` in <tmp-1>, '<tmp-1>'");
    }

    #[test]
    fn durations_take_the_padding_of_their_column_along() {
        let mut redactor = Redactor::new();
        let short = redactor.redact("ready  2s       postgres\nin 1m 30s.");
        let long = redactor.redact("ready  12.5s    postgres\nin 31s.");
        assert_eq!(short, "ready  <duration>  postgres\nin <duration>.");
        assert_eq!(short, long);
        assert_eq!(redactor.redact("took 350ms in all"), "took <duration> in all");
    }

    #[test]
    fn what_only_looks_alike_stands() {
        for text in ["res_0192", "res_db", "v1.0.0", "15s3", "postgres-15", "sha256:abc", "2026-11-20", "a5s"]
        {
            assert_eq!(Redactor::new().redact(text), text);
        }
    }

    #[test]
    fn known_texts_go_first_and_line_ends_are_trimmed() {
        let mut redactor = Redactor::new().with("/tmp/home", "<home>").with_path("/tmp/home/deep", "<deep>");
        assert_eq!(redactor.redact("/tmp/home/deep/x  \n/tmp/home/y\n"), "<deep>/x\n<home>/y\n");
    }
}
