//! The receipt of a mutation: what was asked for, what is there, how to go on.

use innominatus_api::wire::{Change, NextStep, Receipt};

use super::style::{BOLD, DIM, of_word, paint};
use super::text::show;
use super::{View, diagnostic, plan};

/// Whether nothing had to be done.
pub(crate) fn is_unchanged(receipt: &Receipt) -> bool {
    let Receipt { requested, plan, run, .. } = receipt;
    match (requested.subject.as_str(), requested.operation.as_str()) {
        ("platform", _) => {
            !requested.changes.is_empty()
                && requested.changes.iter().all(|change| change.action == "unchanged")
        }
        ("secret" | "key", _) | (_, "resolve") => false,
        (_, "apply") => run.is_none() || plan.as_ref().is_some_and(|plan| !plan::has_changes(plan)),
        _ => run.is_none(),
    }
}

/// All of it. Warnings about files stand first, as they would in a compiler's output.
pub(crate) fn text(view: &View, receipt: &Receipt) -> String {
    let mut text: String = receipt.diagnostics.iter().map(diagnostic::text).collect();
    let requested = &receipt.requested;
    let subject = format!("{} `{}`", show(&requested.subject), show(&requested.name));
    let generation = requested.generation.map(|number| format!(", generation {number}")).unwrap_or_default();
    let unchanged = is_unchanged(receipt);
    let verdict = if unchanged { "unchanged" } else { "accepted" };
    let verdict = paint(of_word(verdict), paint(BOLD, verdict));
    text.push_str(&format!("{verdict}  {} of {subject}{generation}\n", show(&requested.operation)));
    // What a new platform may do is told at length elsewhere; what it asked for and may not is told here.
    let told = |change: &&Change| requested.operation != "install" || change.action == "withhold";
    for (index, change) in requested.changes.iter().filter(told).enumerate() {
        let label = if index == 0 { "requested" } else { "" };
        let action = paint(of_word(&change.action), format!("{:<9}", show(&change.action)));
        let reason =
            if change.reason.is_empty() { String::new() } else { format!(": {}", show(&change.reason)) };
        text.push_str(&format!("  {}{action} {}{reason}\n", heading(label), show(&change.subject)));
    }
    let observed = &receipt.observed;
    let phase = paint(of_word(&observed.phase), show(&observed.phase));
    let at = paint(DIM, format!("({}, may lag)", view.clock.ago(&observed.at)));
    text.push_str(&format!("  {}{phase}: {} {at}\n", heading("observed"), show(&observed.message)));
    if let Some(run) = receipt.run.as_ref().filter(|_| !unchanged) {
        text.push_str(&format!("  {}{}\n", heading("run"), show(run)));
    }
    for (index, step) in receipt.next.iter().enumerate() {
        let label = if index == 0 { "next" } else { "" };
        text.push_str(&format!("  {}{}\n", heading(label), command(step)));
    }
    text
}

/// Commands to go on with, under a heading; nothing when there are none.
pub(crate) fn next(steps: &[NextStep]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let lines: String = steps.iter().map(|step| format!("  {}\n", command(step))).collect();
    format!("\n{}\n{lines}", paint(BOLD, "next"))
}

fn command(step: &NextStep) -> String {
    let line = format!("innominatus {}", show(&step.command));
    format!("{line}  {}", paint(DIM, format!("# {}", show(&step.purpose))))
}

fn heading(label: &str) -> String {
    paint(DIM, format!("{label:<10} "))
}
