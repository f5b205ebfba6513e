//! Applications: in a list, and one with all there is to know.

use std::collections::HashMap;

use innominatus_api::wire::{ApplicationDetail, ApplicationSummary, EventView, ResourceDetail, StepView};

use super::style::{BOLD, DIM, of_word, paint};
use super::table::{cell, render, styled};
use super::text::show;
use super::tree::{self, Item};
use super::{View, event, plan, receipt, resource, run};

/// How many of the last events are shown.
const EVENTS: usize = 10;

/// A table.
pub(crate) fn list(view: &View, items: &[ApplicationSummary]) -> String {
    let rows = items.iter().map(|item| {
        vec![
            cell(&item.name),
            styled(of_word(&item.phase), &item.phase),
            cell(format!("{}/{}", item.ready, item.resources)),
            cell(item.workloads.join(", ")),
            cell(&item.golden_path),
            cell(&item.environment),
            styled(DIM, view.clock.ago(&item.updated_at)),
        ]
    });
    let header = ["APPLICATION", "PHASE", "READY", "WORKLOADS", "GOLDEN PATH", "ENVIRONMENT", "UPDATED"];
    render(view, &header, rows.collect())
}

/// Everything. `events` may reach further back than the application's own, for what the guests said.
pub(crate) fn describe(view: &View, application: &ApplicationDetail, events: &[EventView]) -> String {
    let summary = &application.summary;
    let mut text = String::new();
    let mut field = |label: &str, value: &str| text.push_str(&format!("{label:<13}{value}\n"));
    field("application", &paint(BOLD, show(&summary.name)));
    field("id", &show(&summary.id));
    field("environment", &show(&summary.environment));
    let phase = paint(of_word(&summary.phase), show(&summary.phase));
    let ready = match summary.resources {
        0 => "no resources".to_owned(),
        all => format!("{} of {all} resources ready", summary.ready),
    };
    field("phase", &format!("{phase} ({ready})"));
    field("generation", &summary.generation.to_string());
    field("workloads", &show(&summary.workloads.join(", ")));
    field("golden path", &show(&summary.golden_path));
    let parameters = plan::parameters(&application.parameters);
    if !parameters.is_empty() {
        field("parameters", &parameters);
    }
    if !application.files.is_empty() {
        field("files", &show(&application.files.join(", ")));
    }
    field("updated", &view.clock.ago(&summary.updated_at));
    if let Some(last) = &application.last_run {
        field("last run", &run::one_line(view, last));
    }
    if !application.resources_detail.is_empty() {
        text.push_str(&format!("\n{}\n", paint(BOLD, "resources")));
        text.push_str(&resources(view, &application.resources_detail, events));
    }
    let names: HashMap<&str, &str> = names(&application.resources_detail);
    if let Some(last) = &application.last_run {
        // What the tree tells of is not told again.
        let told = |step: &StepView| step.resource.as_deref().is_some_and(|id| names.contains_key(id));
        text.push_str(&run::failures(last, |step| !told(step)));
    }
    let told = |event: &EventView| {
        let in_the_tree = event.kind == "guest.log" || event::is_effect(event);
        in_the_tree && event.resource.as_deref().is_some_and(|id| names.contains_key(id))
    };
    let events: Vec<_> = application.events.iter().filter(|event| !told(event)).cloned().collect();
    let last = &events[events.len().saturating_sub(EVENTS)..];
    text.push_str(&event::section(view, last, &|id| names.get(id).map(|&uid| uid.to_owned())));
    text.push_str(&receipt::next(&application.next));
    text
}

/// The tree.
pub(crate) fn resources(view: &View, resources: &[ResourceDetail], events: &[EventView]) -> String {
    let items: Vec<Item> = resources
        .iter()
        .map(|resource| Item {
            uid: resource.summary.uid.clone(),
            depends_on: resource.depends_on.clone(),
            head: resource::head(resource),
            details: resource::details(view, resource, events),
        })
        .collect();
    tree::render(&items)
}

/// After a run: what is there and how to use it.
pub(crate) fn made(view: &View, resources: &[ResourceDetail]) -> String {
    let rows = resources.iter().map(|resource| {
        let summary = &resource.summary;
        vec![
            cell(&summary.uid),
            styled(of_word(&summary.phase), &summary.phase),
            cell(&summary.provisioner),
            cell(&summary.id),
        ]
    });
    let mut text = render(view, &["RESOURCE", "PHASE", "PROVISIONER", "ID"], rows.collect());
    let hints: Vec<_> = resources
        .iter()
        .flat_map(|resource| resource.hints.iter().map(move |hint| (resource, hint)))
        .map(|(resource, hint)| {
            vec![
                cell(&resource.summary.uid),
                styled(DIM, &hint.label),
                // Several lines of a hint are for `describe`.
                cell(hint.value.lines().next().unwrap_or_default()),
            ]
        })
        .collect();
    if !hints.is_empty() {
        text.push('\n');
        text.push_str(&render(view, &["RESOURCE", "HINT", "VALUE"], hints));
    }
    text
}

fn names(resources: &[ResourceDetail]) -> HashMap<&str, &str> {
    resources.iter().map(|resource| (resource.summary.id.as_str(), resource.summary.uid.as_str())).collect()
}
