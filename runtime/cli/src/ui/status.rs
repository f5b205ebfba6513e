//! Short answers: the server's state, and one line about a thing.

use innominatus_api::wire::{ApplicationSummary, ResourceSummary, RunDetail, ServerStatus};

use super::style::{of_word, paint};
use super::text::show;
use super::{View, run};

/// The server about itself.
pub(crate) fn server(view: &View, status: &ServerStatus) -> String {
    let mut text = String::new();
    let mut field = |label: &str, value: &str| text.push_str(&format!("{label:<13}{value}\n"));
    field("version", &show(&status.version));
    field("contracts", &show(&status.contracts.join(", ")));
    field("store", &format!("{}, revision {}", show(&status.store), status.revision));
    field("platforms", &status.platforms.to_string());
    field("applications", &status.applications.to_string());
    field("resources", &format!("{} ({} not ready)", status.resources, status.unready));
    let interrupted = match status.interrupted {
        0 => String::new(),
        count => format!(", {count} interrupted: `innominatus wait <run>` goes on with one"),
    };
    field("runs", &format!("{} at work{interrupted}", status.runs));
    field("process", &format!("{}, started {}", status.pid, view.clock.ago(&status.started_at)));
    text
}

/// One line.
pub(crate) fn application(view: &View, application: &ApplicationSummary) -> String {
    let ApplicationSummary { name, phase, ready, resources, generation, updated_at, .. } = application;
    let phase = paint(of_word(phase), show(phase));
    let updated = view.clock.ago(updated_at);
    format!("{}  {phase}  {ready}/{resources} ready  generation {generation}  {updated}\n", show(name))
}

/// One line.
pub(crate) fn resource(view: &View, resource: &ResourceSummary) -> String {
    let ResourceSummary { uid, id, phase, generation, observed_generation, updated_at, .. } = resource;
    let phase = paint(of_word(phase), show(phase));
    let updated = view.clock.ago(updated_at);
    format!(
        "{}  {}  {phase}  generation {observed_generation} of {generation}  {updated}\n",
        show(uid),
        show(id)
    )
}

/// One line.
pub(crate) fn run(view: &View, detail: &RunDetail) -> String {
    let line = run::one_line(view, detail);
    format!("{line}  {}  {} steps\n", show(&detail.application), run::steps_done(detail))
}
