//! A plan, before anything is done.

use innominatus_api::wire::{PlanAction, PlanView};
use serde_json::Value;

use super::View;
use super::style::{DIM, of_word, paint};
use super::table::{cell, render, styled};
use super::text::{show, show_value};

/// Whether carrying it out would do anything.
pub(crate) fn has_changes(plan: &PlanView) -> bool {
    plan.summary.has_changes() || plan.renders
}

/// What it does to which resource, and why.
pub(crate) fn text(view: &View, plan: &PlanView) -> String {
    let PlanView { application, golden_path, generation, resources, .. } = plan;
    let mut text =
        format!("plan for application `{}`, generation {generation}: {}\n", show(application), sum(plan));
    text.push_str(&paint(
        DIM,
        format!("golden path {}, environment {}\n", show(golden_path), show(&plan.environment)),
    ));
    let parameters = parameters(&plan.parameters);
    if !parameters.is_empty() {
        text.push_str(&paint(DIM, format!("parameters {parameters}\n")));
    }
    if !resources.is_empty() {
        text.push('\n');
    }
    let rows = resources.iter().map(|resource| {
        let action = resource.action.as_str();
        let by = format!("{} {}", resource.provisioner, resource.platform_version);
        let by = by.trim_end();
        vec![styled(of_word(action), action), cell(&resource.uid), cell(by), cell(&resource.reason)]
    });
    text.push_str(&render(view, &["ACTION", "RESOURCE", "PROVISIONER", "REASON"], rows.collect()));
    if plan.renders {
        text.push_str("\nfiles are rendered anew\n");
    }
    text
}

/// `name=value`, as they would be given; nothing when there are none.
pub(crate) fn parameters(parameters: &Value) -> String {
    let entries = parameters.as_object().into_iter().flatten();
    entries
        .map(|(name, value)| format!("{}={}", show(name), show_value(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `2 to create, 1 unchanged`, or that nothing changes.
fn sum(plan: &PlanView) -> String {
    if !has_changes(plan) {
        return "nothing to change".into();
    }
    let summary = &plan.summary;
    let counts = [
        (summary.create, PlanAction::Create),
        (summary.update, PlanAction::Update),
        (summary.resume, PlanAction::Resume),
        (summary.delete, PlanAction::Delete),
    ];
    let mut parts: Vec<String> = counts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, action)| paint(of_word(action.as_str()), format!("{number} to {}", action.as_str())))
        .collect();
    if summary.unchanged > 0 {
        parts.push(format!("{} unchanged", summary.unchanged));
    }
    if parts.is_empty() {
        parts.push("only files to render".into());
    }
    parts.join(", ")
}
