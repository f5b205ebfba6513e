//! Events, one line each.

use innominatus_api::wire::EventView;
use serde_json::Value;

use super::View;
use super::style::{BOLD, DIM, of_severity, paint};
use super::text::show;

/// Finds the name of a resource by its id.
pub(crate) type Names<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Time, kind, subject, message; the line ended.
pub(crate) fn line(view: &View, event: &EventView, names: &Names<'_>) -> String {
    let kind = paint(of_severity(level(event)), format!("{:<22}", show(&event.kind)));
    let time = paint(DIM, view.clock.moment(&event.at));
    format!("{time}  {kind}  {}\n", said(event, names))
}

/// The message, with its subject before it where it does not name that itself.
fn said(event: &EventView, names: &Names<'_>) -> String {
    let mut message = show(&event.message);
    if let Some(level) = level(event).filter(|_| event.kind == "guest.log") {
        message = format!("{}: {message}", show(level));
    }
    match subject(event, names) {
        Some(subject) if !message.contains(&subject) => format!("{subject}: {message}"),
        _ => message,
    }
}

/// How much a person should look: the event's severity, or the level at which a guest logged.
pub(crate) fn level(event: &EventView) -> Option<&str> {
    let logged = || event.details.get("level").and_then(Value::as_str);
    match event.severity.as_deref().or_else(logged) {
        Some("warn") => Some("warning"),
        level => level,
    }
}

/// What an event is about, as narrow as it says.
fn subject(event: &EventView, names: &Names<'_>) -> Option<String> {
    if let Some(resource) = &event.resource {
        // What the host says names the resource; what a guest says does not.
        let nameless =
            || matches!(event.kind.as_str(), "guest.log" | "guest.progress").then(|| resource.clone());
        return names(resource).or_else(nameless).map(|name| show(&name));
    }
    event.application.as_ref().or(event.platform.as_ref()).or(event.run.as_ref()).map(|name| show(name))
}

/// Whether it tells what was done to the world.
pub(crate) fn is_effect(event: &EventView) -> bool {
    event.kind.starts_with("effect.")
}

/// Under a heading; nothing when there are none.
pub(crate) fn section(view: &View, events: &[EventView], names: &Names<'_>) -> String {
    if events.is_empty() {
        return String::new();
    }
    let lines: String = events.iter().map(|event| format!("  {}", line(view, event, names))).collect();
    format!("\n{}\n{lines}", paint(BOLD, "events"))
}
