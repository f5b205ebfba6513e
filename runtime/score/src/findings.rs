//! Collects what is wrong with one Score file, in any order, and hands it back in the order of the file.

use innominatus_model::{Code, Diagnostic, Severity};

use crate::tree::Place;

/// More than this is not shown: nobody reads it, and a hostile file must not make megabytes of text.
const SHOWN: usize = 100;

#[derive(Debug)]
pub(crate) struct Findings {
    file: String,
    list: Vec<Diagnostic>,
    dropped: usize,
}

impl Findings {
    pub(crate) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), list: Vec::new(), dropped: 0 }
    }

    /// The Score file, as the person named it.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// Whether more findings would only be counted. Ask before computing an expensive suggestion.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= 3 * SHOWN
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.dropped > 0 || self.list.iter().any(|finding| finding.severity == Severity::Error)
    }

    pub(crate) fn error(
        &mut self,
        at: Place,
        code: Code,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let file = self.file.clone();
        self.push(file, at, Severity::Error, code, message.into(), hint.into());
    }

    pub(crate) fn warning(
        &mut self,
        at: Place,
        code: Code,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let file = self.file.clone();
        self.push(file, at, Severity::Warning, code, message.into(), hint.into());
    }

    /// An error in another file than the Score file itself.
    pub(crate) fn error_in(
        &mut self,
        file: &str,
        at: Place,
        code: Code,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(file.to_owned(), at, Severity::Error, code, message.into(), hint.into());
    }

    fn push(
        &mut self,
        file: String,
        at: Place,
        severity: Severity,
        code: Code,
        message: String,
        hint: String,
    ) {
        if self.is_full() {
            self.dropped += 1;
            return;
        }
        let Place { line, column } = at;
        self.list.push(Diagnostic { file, line, column, severity, code, message, hint: Some(hint) });
    }

    /// Everything found, ordered by position, the Score file first.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        let at_least = if self.is_full() { "at least " } else { "" };
        let has_errors = self.has_errors();
        let own = self.file;
        self.list.sort_by(|a, b| {
            let key = |d: &Diagnostic| (d.file != own, d.line, d.column);
            key(a).cmp(&key(b)).then_with(|| a.file.cmp(&b.file))
        });
        self.list.dedup();
        let more = self.list.len().saturating_sub(SHOWN) + self.dropped;
        if more > 0 {
            // What is cut off may hold the only error; the closing line stands in for it.
            let severity = if has_errors { Severity::Error } else { Severity::Warning };
            self.list.truncate(SHOWN);
            self.list.push(Diagnostic {
                file: own,
                line: 0,
                column: 0,
                severity,
                code: Code::ScoreBudget,
                message: format!("{at_least}{more} more findings are not shown"),
                hint: Some("correct the ones above and validate again".into()),
            });
        }
        self.list
    }
}

/// Text of a person as it may stand in a message: short, on one line, nothing invisible.
pub(crate) fn show(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => escape(&text[..end]) + "…",
        None => escape(text),
    }
}

/// On one line, nothing invisible.
pub(crate) fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let invisible = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}')
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if c.is_control() || invisible {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}
