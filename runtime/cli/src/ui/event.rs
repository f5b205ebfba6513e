//! Events, one line each.

use innominatus_api::wire::EventView;

use super::View;
use super::style::{BOLD, DIM, of_severity, paint};
use super::text::show;

/// Finds the name of a resource by its id.
pub(crate) type Names<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Time, kind, subject, message; the line ended.
pub(crate) fn line(view: &View, event: &EventView, names: &Names<'_>) -> String {
    let style = of_severity(event.severity.as_deref());
    let kind = paint(style, format!("{:<22}", show(&event.kind)));
    let subject = subject(event, names).map(|subject| format!("  {subject}")).unwrap_or_default();
    let time = paint(DIM, view.clock.moment(&event.at));
    format!("{time}  {kind}{subject}  {}\n", show(&event.message))
}

/// What an event is about, as narrow as it says.
pub(crate) fn subject(event: &EventView, names: &Names<'_>) -> Option<String> {
    if let Some(resource) = &event.resource {
        return Some(show(&names(resource).unwrap_or_else(|| resource.clone())));
    }
    event.application.as_ref().or(event.platform.as_ref()).or(event.run.as_ref()).map(|name| show(name))
}

/// Under a heading; nothing when there are none.
pub(crate) fn section(view: &View, events: &[EventView], names: &Names<'_>) -> String {
    if events.is_empty() {
        return String::new();
    }
    let lines: String = events.iter().map(|event| format!("  {}", line(view, event, names))).collect();
    format!("\n{}\n{lines}", paint(BOLD, "events"))
}
