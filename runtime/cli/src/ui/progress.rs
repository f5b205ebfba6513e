//! A run while it is at work: a line for each thing that happens, and on a terminal a bar below them.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use innominatus_api::wire::{EventView, RunDetail};

use super::style::{BAD, BUSY, DIM, GOOD, PLAIN, WARN, of_severity, paint};
use super::text::show;
use super::{Ui, event};

/// Tells of one run.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    ui: &'a Ui,
    uids: HashMap<String, String>,
    total: usize,
    done: usize,
}

impl<'a> Progress<'a> {
    /// Begins; the run's steps give resources their names.
    pub(crate) fn begin(ui: &'a Ui, run: &RunDetail) -> Self {
        let uids = run.steps.iter().filter_map(|step| Some((step.resource.clone()?, step.uid.clone()?)));
        let progress = Self { ui, uids: uids.collect(), total: run.steps.len(), done: 0 };
        if ui.can_show_progress() {
            let style =
                ProgressStyle::with_template("{spinner} {msg} [{elapsed}]").expect("a constant template");
            let bar = ProgressBar::new_spinner().with_style(style).with_message("begins");
            bar.enable_steady_tick(Duration::from_millis(120));
            ui.show_progress(bar);
        }
        progress
    }

    /// Tells of one event of the run.
    pub(crate) fn event(&mut self, event: &EventView) {
        if matches!(
            event.kind.as_str(),
            "provision.succeeded" | "deprovision.succeeded" | "artifacts.rendered"
        ) {
            self.done += 1;
            self.ui.set_progress(format!("{} of {} steps done", self.done.min(self.total), self.total));
        }
        if let Some(line) = line(event, &self.uids, self.ui.verbose() > 0) {
            self.ui.talk(&line);
        }
    }

    /// Ends.
    pub(crate) fn end(self) {
        self.ui.clear_progress();
    }
}

/// The line for an event; none for what only the curious want to know.
fn line(event: &EventView, uids: &HashMap<String, String>, verbose: bool) -> Option<String> {
    let (style, word) = match event.kind.as_str() {
        "provision.started" => (BUSY, "making"),
        "provision.pending" => (BUSY, "waiting"),
        "provision.succeeded" => (GOOD, "made"),
        "provision.failed" => (BAD, "failed"),
        "retry.scheduled" => (WARN, "retry"),
        "deprovision.started" => (BUSY, "removing"),
        "deprovision.succeeded" => (GOOD, "removed"),
        "deprovision.failed" => (BAD, "failed"),
        "guest.fault" => (BAD, "fault"),
        "guest.progress" => (DIM, "progress"),
        "guest.log" if verbose || matches!(event::level(event), Some("warning" | "error")) => {
            (of_severity(event::level(event)), "log")
        }
        "artifacts.rendered" => (GOOD, "files"),
        "run.resumed" => (WARN, "resumed"),
        kind if verbose => (PLAIN, kind),
        _ => return None,
    };
    // Which application it is about is known; which resource is not.
    let resource = event.resource.as_ref().and_then(|id| uids.get(id)).map(|uid| show(uid));
    let message = show(&event.message);
    let said = match resource {
        Some(uid) if !message.contains(&uid) => format!("{uid}: {message}"),
        _ => message,
    };
    Some(format!("  {} {said}", paint(style, format!("{:<9}", show(word)))))
}

#[cfg(test)]
mod tests {
    use innominatus_model::EventKind;
    use serde_json::Value;

    use super::*;

    fn event(kind: &str, severity: Option<&str>) -> EventView {
        EventView {
            id: "evt_1".into(),
            cursor: "1".into(),
            kind: kind.into(),
            severity: severity.map(str::to_owned),
            environment: "default".into(),
            application: Some("shop".into()),
            resource: Some("res_1".into()),
            run: Some("run_1".into()),
            platform: None,
            message: "a\u{1b}b".into(),
            details: Value::Null,
            at: "2026-11-20T11:59:57Z".into(),
        }
    }

    #[test]
    fn a_line_names_the_resource_and_escapes_what_guests_say() {
        let uids = HashMap::from([("res_1".to_owned(), "postgres.default#shop.db".to_owned())]);
        let line = line(&event("provision.failed", Some("error")), &uids, false).unwrap();
        let plain = anstream::adapter::strip_str(&line).to_string();
        assert_eq!(plain, r"  failed    postgres.default#shop.db: a\u{1b}b");
    }

    #[test]
    fn whatever_a_person_should_look_at_has_a_line() {
        for kind in EventKind::ALL.iter().filter(|kind| {
            let word = kind.as_str();
            word.starts_with("provision.") || word.starts_with("deprovision.") || word == "guest.fault"
        }) {
            assert!(line(&event(kind.as_str(), None), &HashMap::new(), false).is_some(), "{}", kind.as_str());
        }
        assert!(line(&event("guest.log", None), &HashMap::new(), false).is_none());
        assert!(line(&event("guest.log", Some("warning")), &HashMap::new(), false).is_some());
        assert!(line(&event("from.tomorrow", None), &HashMap::new(), true).is_some());
    }
}
