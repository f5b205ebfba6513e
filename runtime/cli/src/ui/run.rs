//! Runs: in a list, alone, and why one failed.

use innominatus_api::wire::{EventView, RunDetail, RunState, StepView};
use serde_json::Value;

use super::style::{BOLD, DIM, of_severity, of_word, paint};
use super::table::{cell, render, styled};
use super::text::{count, show};
use super::{View, event, resource, time};

/// A table.
pub(crate) fn list(view: &View, items: &[RunDetail]) -> String {
    let rows = items.iter().map(|item| {
        vec![
            cell(&item.id),
            styled(of_word(item.state.as_str()), item.state.as_str()),
            cell(&item.application),
            cell(steps_done(item)),
            cell(view.clock.ago(&item.started_at)),
            cell(took(item).unwrap_or_default()),
        ]
    });
    render(view, &["RUN", "STATE", "APPLICATION", "STEPS", "STARTED", "TOOK"], rows.collect())
}

/// `run_… succeeded 3s ago`.
pub(crate) fn one_line(view: &View, run: &RunDetail) -> String {
    let at = run.ended_at.as_ref().unwrap_or(&run.started_at);
    let state = paint(of_word(run.state.as_str()), run.state.as_str());
    format!("{} {state} {}", show(&run.id), view.clock.ago(at))
}

/// Everything. Of `events`, those that tell what the run did to the world.
pub(crate) fn describe(view: &View, run: &RunDetail, events: &[EventView]) -> String {
    let mut text = String::new();
    let mut field = |label: &str, value: &str| text.push_str(&format!("{label:<13}{value}\n"));
    field("run", &show(&run.id));
    field("application", &format!("{} (environment {})", show(&run.application), show(&run.environment)));
    field("plan", &show(&run.plan));
    field("state", &paint(of_word(run.state.as_str()), run.state.as_str()));
    field("started", &view.clock.ago(&run.started_at));
    if let Some(took) = took(run) {
        field("took", &took);
    }
    if !run.steps.is_empty() {
        text.push_str(&format!("\n{}\n{}", paint(BOLD, "steps"), steps(view, &run.steps)));
    }
    text.push_str(&failures(run, |_| true));
    text.push_str(&effects(view, run, events));
    if !run.artifacts.is_empty() {
        let rows = run.artifacts.iter().map(|artifact| {
            let note = if artifact.sensitive { "holds secrets" } else { "" };
            vec![
                cell(&artifact.name),
                cell(&artifact.media_type),
                cell(format!("{} bytes", artifact.size)),
                cell(note),
            ]
        });
        text.push_str(&format!("\n{}\n{}", paint(BOLD, "files"), render(view, &[], rows.collect())));
    }
    text
}

/// What it did to the world, in the order in which it is known.
fn effects(view: &View, run: &RunDetail, events: &[EventView]) -> String {
    let name = |id: &str| {
        let step = run.steps.iter().find(|step| step.resource.as_deref() == Some(id))?;
        step.uid.clone()
    };
    let rows = events.iter().filter(|event| event::is_effect(event)).map(|event| {
        let resource = event.resource.as_deref().and_then(name).unwrap_or_default();
        let text = |name: &str| event.details.get(name).and_then(Value::as_str).unwrap_or_default();
        let took = event.details.get("tookMs").and_then(Value::as_u64);
        vec![
            styled(DIM, view.clock.moment(&event.at)),
            cell(resource),
            cell(text("purpose")),
            cell(text("method")),
            cell(text("host")),
            styled(of_severity(event::level(event)), text("outcome")),
            styled(DIM, took.map(|took| format!("{took} ms")).unwrap_or_default()),
        ]
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    let header = ["TIME", "RESOURCE", "PURPOSE", "METHOD", "HOST", "OUTCOME", "TOOK"];
    format!("\n{}\n{}", paint(BOLD, "effects"), render(view, &header, rows))
}

/// Why it failed: that of every failed step that is wanted, or the run's own error where no step failed.
pub(crate) fn failures(run: &RunDetail, wanted: impl Fn(&StepView) -> bool) -> String {
    let mut text = String::new();
    let failed: Vec<_> =
        run.steps.iter().filter(|step| step.error.is_some() && step.state == "failed").collect();
    for step in failed.iter().filter(|step| wanted(step)) {
        let what = step.uid.as_ref().unwrap_or(&step.name);
        text.push_str(&format!(
            "  {} {}\n",
            paint(BOLD, show(what)),
            paint(DIM, format!("({})", show(&step.kind)))
        ));
        for line in step.error.iter().flat_map(resource::error) {
            text.push_str(&format!("    {line}\n"));
        }
    }
    // Otherwise the run's own error says no more than its steps.
    if failed.is_empty()
        && run.state == RunState::Failed
        && let Some(error) = &run.error
    {
        resource::error(error).iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    }
    if text.is_empty() { text } else { format!("\n{}\n{text}", paint(BOLD, "failed")) }
}

/// `3/5`.
pub(crate) fn steps_done(run: &RunDetail) -> String {
    let done =
        run.steps.iter().filter(|step| matches!(step.state.as_str(), "succeeded" | "unchanged")).count();
    format!("{done}/{}", run.steps.len())
}

/// `1 of 5 steps failed`.
pub(crate) fn failed_steps(run: &RunDetail) -> String {
    let failed = run.steps.iter().filter(|step| step.state == "failed").count();
    format!("{failed} of {} failed", count(run.steps.len(), "step"))
}

/// How long it took, once it has ended.
pub(crate) fn took(run: &RunDetail) -> Option<String> {
    time::between(&run.started_at, run.ended_at.as_ref()?)
}

fn steps(view: &View, steps: &[StepView]) -> String {
    let rows = steps.iter().map(|step| {
        vec![
            cell(&step.name),
            styled(DIM, &step.kind),
            styled(of_word(&step.state), &step.state),
            cell(step.uid.as_deref().unwrap_or_default()),
            cell(step.message.as_deref().unwrap_or_default()),
        ]
    });
    render(view, &["STEP", "KIND", "STATE", "RESOURCE", "MESSAGE"], rows.collect())
}
