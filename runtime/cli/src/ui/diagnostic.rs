//! Findings in files: `file:line:column: severity[code]: message`, as editors parse them.

use innominatus_api::wire::DiagnosticView;

use super::style::{DIM, of_word, paint};
use super::text::{show, show_lines};

/// The finding and its hint, each line ended.
pub(crate) fn text(diagnostic: &DiagnosticView) -> String {
    let DiagnosticView { file, line, column, severity, code, message, hint } = diagnostic;
    let place = if *line == 0 { show(file) } else { format!("{}:{line}:{column}", show(file)) };
    let severity = paint(of_word(severity), format!("{}[{}]", show(severity), show(code)));
    let mut text = format!("{place}: {severity}: {}\n", show(message));
    if let Some(hint) = hint {
        text.push_str(&hint_lines("  ", hint));
    }
    text
}

/// `hint: …`, further lines below the first word.
pub(super) fn hint_lines(indent: &str, hint: &str) -> String {
    let mut text = String::new();
    for (index, line) in show_lines(hint).iter().enumerate() {
        let label = if index == 0 { paint(DIM, "hint:") } else { "     ".into() };
        text.push_str(&format!("{indent}{label} {line}\n"));
    }
    text
}
