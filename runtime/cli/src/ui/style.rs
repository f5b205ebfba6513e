//! What colours mean. They repeat what words say, so that nothing is lost without them.

use anstyle::{AnsiColor, Style};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
pub(crate) const BUSY: Style = AnsiColor::Cyan.on_default();
pub(crate) const PLAIN: Style = Style::new();

/// The text between the style's sequences.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Of a phase, a state or another word that says how something is.
pub(crate) fn of_word(word: &str) -> Style {
    match word {
        "ready" | "succeeded" | "valid" | "created" | "create" => GOOD,
        "failed" | "in-doubt" | "error" | "delete" => BAD,
        "degraded" | "deleting" | "interrupted" | "superseded" | "warning" | "retrying" | "withhold" => WARN,
        "provisioning" | "updating" | "progressing" | "running" | "update" | "resume" => BUSY,
        "unchanged" | "deleted" | "skipped" | "waiting" => DIM,
        _ => PLAIN,
    }
}

/// Of an event's severity.
pub(crate) fn of_severity(severity: Option<&str>) -> Style {
    match severity {
        Some("error") => BAD,
        Some("warning") => WARN,
        _ => PLAIN,
    }
}
