//! One resource: in a list, in an application's tree, alone.

use innominatus_api::wire::{
    ConditionView, ErrorView, EventView, HintView, OutputView, ResourceDetail, ResourceSummary,
};

use super::style::{BAD, DIM, WARN, of_severity, of_word, paint};
use super::table::{cell, render, styled};
use super::text::{show, show_lines, show_value};
use super::{View, diagnostic, event};

/// What a withheld value looks like.
pub(crate) const WITHHELD: &str = "(sensitive)";

/// A table.
pub(crate) fn list(view: &View, items: &[ResourceSummary]) -> String {
    let rows = items.iter().map(|item| {
        vec![
            cell(&item.uid),
            styled(of_word(&item.phase), &item.phase),
            cell(&item.application),
            cell(&item.provisioner),
            cell(&item.id),
            styled(DIM, view.clock.ago(&item.updated_at)),
        ]
    });
    render(view, &["RESOURCE", "PHASE", "APPLICATION", "PROVISIONER", "ID", "UPDATED"], rows.collect())
}

/// The line in a tree.
pub(crate) fn head(resource: &ResourceDetail) -> String {
    let ResourceSummary { uid, phase, provisioner, .. } = &resource.summary;
    let phase = paint(of_word(phase), show(phase));
    let by = paint(DIM, format!("{} {}", show(provisioner), show(&resource.platform_version)));
    format!("{}  {phase}{}  {by}", show(uid), lag(&resource.summary))
}

/// Everything, under a heading.
pub(crate) fn describe(view: &View, resource: &ResourceDetail, events: &[EventView]) -> String {
    let summary = &resource.summary;
    let mut text = String::new();
    let mut field = |label: &str, value: &str| text.push_str(&format!("{label:<13}{value}\n"));
    field("resource", &show(&summary.uid));
    field("id", &show(&summary.id));
    field("name", &show(&summary.name));
    field(
        "application",
        &format!("{} (environment {})", show(&summary.application), show(&summary.environment)),
    );
    field("claimed by", &show(&summary.workloads.join(", ")));
    let phase = paint(of_word(&summary.phase), show(&summary.phase));
    field("phase", &format!("{phase} (generation {}{})", summary.generation, lag(summary)));
    let component = resource.component.get(..19).unwrap_or(&resource.component);
    field(
        "provisioner",
        &format!(
            "{} {} {}",
            show(&summary.provisioner),
            show(&resource.platform_version),
            paint(DIM, show(component))
        ),
    );
    field("created", &view.clock.ago(&summary.created_at));
    field("updated", &view.clock.ago(&summary.updated_at));
    if !resource.depends_on.is_empty() {
        field("needs", &show(&resource.depends_on.join(", ")));
    }
    field("params", &show_value(&resource.params));
    if !resource.handle.is_null() {
        field("handle", &show_value(&resource.handle));
    }
    let details = details(view, resource, events);
    if !details.is_empty() {
        text.push('\n');
    }
    for line in details {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str(&event::section(view, events, &|id| (id == summary.id).then(|| summary.uid.clone())));
    text
}

/// What a person should know of it: what is wrong, what it gives, what its component said.
pub(crate) fn details(view: &View, resource: &ResourceDetail, events: &[EventView]) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(resource.conditions.iter().filter(|condition| !is_fine(condition)).map(condition));
    if let Some(error) = &resource.last_error
        && resource.summary.phase != "ready"
    {
        lines.extend(self::error(error));
    }
    if resource.attempts > 1 || resource.next_attempt_at.is_some() {
        let next = resource.next_attempt_at.as_ref();
        let next = next.map(|at| format!(", the next {}", view.clock.ago(at))).unwrap_or_default();
        lines.push(format!("{} {} made{next}", label("attempts"), resource.attempts));
    }
    lines.extend(resource.outputs.iter().map(output));
    lines.extend(resource.hints.iter().flat_map(hint));
    let shown = if resource.summary.phase == "ready" { 3 } else { 10 };
    let of_it: Vec<_> =
        events.iter().filter(|event| event.resource.as_ref() == Some(&resource.summary.id)).collect();
    let last = |wanted: fn(&EventView) -> bool| {
        let all: Vec<&EventView> = of_it.iter().copied().filter(|event| wanted(event)).collect();
        all[all.len().saturating_sub(shown)..].to_vec()
    };
    lines.extend(last(event::is_effect).into_iter().map(|event| effect(view, event)));
    lines.extend(last(is_log).into_iter().flat_map(|event| log(view, event)));
    lines
}

/// Name and value of outputs.
pub(crate) fn outputs(view: &View, outputs: &[OutputView]) -> String {
    let rows = outputs.iter().map(|output| {
        let value = if output.redacted { styled(DIM, WITHHELD) } else { cell(show_value_raw(output)) };
        vec![cell(&output.name), value]
    });
    render(view, &["NAME", "VALUE"], rows.collect())
}

/// A hint as `label: value`, further lines below.
pub(crate) fn hint(hint: &HintView) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, line) in show_lines(&hint.value).into_iter().enumerate() {
        match index {
            0 => lines.push(format!("{} {}: {line}", label("hint"), show(&hint.label))),
            _ => lines.push(format!("{} {line}", label(""))),
        }
    }
    lines
}

/// What went wrong, with the guest's own code and what to do.
pub(crate) fn error(error: &ErrorView) -> Vec<String> {
    let reason = error.reason.as_ref().map(|reason| format!("{}: ", show(reason))).unwrap_or_default();
    let code = paint(BAD, format!("error[{}]", show(&error.code)));
    let mut lines = vec![format!("{code}: {reason}{}", show(&error.message))];
    if let Some(hint) = &error.hint {
        lines.extend(diagnostic::hint_lines("  ", hint).lines().map(str::to_owned));
    }
    lines
}

/// Says so when the phase tells of an older wish.
fn lag(summary: &ResourceSummary) -> String {
    if summary.observed_generation == summary.generation {
        return String::new();
    }
    paint(WARN, format!(", observed {}", summary.observed_generation))
}

fn label(text: &str) -> String {
    paint(DIM, format!("{text:<10}"))
}

fn is_fine(condition: &ConditionView) -> bool {
    let expected = match condition.kind.as_str() {
        "Degraded" | "Stalled" | "Deleting" => "False",
        _ => "True",
    };
    condition.status == expected
}

fn condition(condition: &ConditionView) -> String {
    let ConditionView { kind, status, reason, message, .. } = condition;
    let what = paint(WARN, format!("{}={}", show(kind), show(status)));
    format!("{} {what} {}: {}", label("condition"), show(reason), show(message))
}

fn output(output: &OutputView) -> String {
    let value = if output.redacted { paint(DIM, WITHHELD) } else { show(&show_value_raw(output)) };
    format!("{} {} = {value}", label("output"), show(&output.name))
}

fn show_value_raw(output: &OutputView) -> String {
    output.value.as_str().map_or_else(|| output.value.to_string(), str::to_owned)
}

fn is_log(event: &EventView) -> bool {
    event.kind == "guest.log"
}

/// What was done to the world: why, how, where, and what came of it.
fn effect(view: &View, event: &EventView) -> String {
    let painted = paint(of_severity(event::level(event)), show(&event.message));
    format!("{} {} {painted}", label("effect"), view.clock.moment(&event.at))
}

/// A log line of a guest; what it wrote on further lines stands below.
fn log(view: &View, event: &EventView) -> Vec<String> {
    let level = event::level(event);
    let word = level.map(|level| format!("{}: ", show(level))).unwrap_or_default();
    let mut lines = Vec::new();
    for (index, line) in show_lines(&event.message).into_iter().enumerate() {
        let painted = paint(of_severity(level), &line);
        match index {
            0 => lines.push(format!("{} {} {word}{painted}", label("log"), view.clock.moment(&event.at))),
            _ => lines.push(format!("{} {painted}", label(""))),
        }
    }
    lines
}
